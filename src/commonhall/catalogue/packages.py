"""Packages in folders: read, check, and tell what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from commonhall.engine.examples import Played, play_defaults
from commonhall.engine.package import Service
from commonhall.engine.problems import Problem, ServiceRefused
from commonhall.engine.reader import FILES, read_service
from commonhall.engine.working_days import Calendar


@dataclass(frozen=True, slots=True)
class Checked:
    """What checking one package found. Without problems there is a service."""

    folder: Path
    service: Service | None
    problems: tuple[Problem, ...]
    played: tuple[Played, ...]


NationalCodes = Callable[[int, int], str | None]
"""Answers why an LGSL and LGIL pair is not in the national lists, or None where it is."""
_HEADING = re.compile(r"(#{1,6})\s+(.*)")


def read_folder(folder: Path) -> dict[str, str]:
    """The files of a package by name. A file that is not UTF-8 text is a problem (`ServiceRefused`)."""
    there = [name for name in FILES if (folder / name).is_file()]
    return {name: read_text(folder / name, f"{folder.name}/{name}") for name in there}


def read_text(path: Path, name: str) -> str:
    """A file as text; `name` is how problems call it. Raises `ServiceRefused` where it cannot be read as UTF-8."""
    try:
        raw = path.read_bytes()
        return raw.decode("utf-8-sig")
    except OSError as error:
        problem = Problem(
            name, 1, 1, f"this cannot be read: {error.strerror}", "check the path and its rights"
        )
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        problem = Problem(name, line, 1, "this is not UTF-8 text", "save it as UTF-8")
    raise ServiceRefused((problem,))


def check_folder(
    folder: Path, calendars: Mapping[str, Calendar], codes: NationalCodes | None = None
) -> Checked:
    """Read a package and play its examples. Problems are collected, never raised."""
    try:
        files = read_folder(folder)
    except ServiceRefused as refused:
        return Checked(folder, None, refused.problems, ())
    return check_files(files, folder, calendars, codes)


def check_files(
    files: Mapping[str, str],
    folder: Path,
    calendars: Mapping[str, Calendar],
    codes: NationalCodes | None = None,
) -> Checked:
    """Read a package's files (name to text) and play its examples; `folder` begins the problems' paths."""
    try:
        service = read_service(files, calendars, folder.name)
    except ServiceRefused as refused:
        return Checked(folder, None, refused.problems, ())
    problems = []
    wrong = codes(service.definition.lgsl, service.definition.lgil) if codes else None
    if wrong:
        problems.append(
            Problem(f"{folder.name}/service.yaml", 1, 1, wrong, "see the national service lists", ("lgsl",))
        )
    played = play_defaults(service, calendars)
    for i, one in enumerate(played):
        problems += [
            Problem(
                f"{folder.name}/journeys.yaml",
                1,
                1,
                f"'{one.example}': {fault}",
                "correct the example or the service",
                (i,),
            )
            for fault in one.faults
        ]
    return Checked(folder, service, tuple(problems), tuple(played))


def find_packages(path: Path) -> list[Path]:
    """The packages at a path: itself, or the folders in it that hold a service.yaml."""
    if (path / "service.yaml").is_file():
        return [path]
    return (
        sorted(child for child in path.iterdir() if (child / "service.yaml").is_file())
        if path.is_dir()
        else []
    )


def changelog_entry(text: str, version: str) -> str:
    """What a changelog says below the heading of a version; '' where it says nothing."""
    lines: list[str] = []
    level = 0
    for line in text.splitlines():
        heading = _HEADING.match(line)
        if heading and level and len(heading[1]) <= level:
            break
        if level:
            lines.append(line)
        elif heading and re.search(rf"(?<![\d.]){re.escape(version)}(?![\d.])", heading[2]):
            level = len(heading[1])
    return "\n".join(lines).strip()
