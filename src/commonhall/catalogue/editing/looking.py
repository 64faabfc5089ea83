"""A service being written, as one looks at it: what is wrong and where, and its journey as a drawing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path as Folder
from typing import Any

from commonhall.catalogue.editing import parts
from commonhall.catalogue.editing.choices import slug
from commonhall.catalogue.editing.conditions import from_cel
from commonhall.catalogue.editing.edit import EXAMPLES, SERVICE, WELSH, Edit
from commonhall.catalogue.editing.menus import in_words, subjects_of
from commonhall.catalogue.editing.patching import CannotEdit, Path
from commonhall.catalogue.packages import NationalCodes, check_files
from commonhall.engine.adoption import Adopter, adopt, defaults
from commonhall.engine.examples import Played
from commonhall.engine.package import Adopted, Service
from commonhall.engine.problems import Problem, ServiceRefused
from commonhall.engine.reader import FILES
from commonhall.engine.working_days import Calendar


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong: the part that it is in, the box of the part's form, and what to do. `part` is () for no form."""

    part: Path
    box: str
    message: str
    remedy: str
    useless: Path = ()
    """Where a mark or a place stands that leads nowhere: it can only be taken away."""


@dataclass(frozen=True, slots=True)
class Look:
    """A service being written as it stands. Without faults there is a `service`; `played` are its examples."""

    edit: Edit
    faults: tuple[Fault, ...]
    service: Service | None
    played: tuple[Played, ...]

    def faults_of(self, part: Path) -> list[Fault]:
        """What is wrong in a part itself."""
        return [fault for fault in self.faults if fault.part == part]


def look(
    files: Mapping[str, str], calendars: Mapping[str, Calendar], codes: NationalCodes | None = None
) -> Look:
    """Check a service exactly as `commonhall check` does, and say of every problem in which form it is."""
    edit = Edit(files)
    package = {name: text for name, text in files.items() if name in FILES}
    checked = check_files(package, Folder("service"), calendars, codes)
    known = set(parts.parts_of(edit))
    faults = tuple(_fault(edit, problem, known) for problem in checked.problems)
    return Look(edit, faults, checked.service, checked.played)


def _fault(edit: Edit, problem: Problem, known: set[Path]) -> Fault:
    file = problem.file.partition("/")[2]
    about, end = problem.about, ""
    useless: Path = ()
    if file == EXAMPLES:
        about = ("examples", *about) if about else ()
    elif file == WELSH:
        about, end = _from_key(edit, [str(step) for step in about]), ".cy"
    elif about[:1] == ("wording",):
        about, end, useless = _from_key(edit, str(edit.at(about)).split(".")), ".own", about
    elif about[:1] == ("places",):
        page = (edit.at(about[:2]) or {}).get("after")
        at = next((i for i, one in enumerate(edit.pages) if one.get("id") == page), None)
        useless = about[:2] if at is None else ()
        about = ("pages", at, "place") if at is not None else ()
    part = next((about[:n] for n in range(len(about), 0, -1) if about[:n] in known), None)
    if part is None or part == ("start",):
        top, rest = str(about[0]) if about else "", [str(step) for step in about]
        part = {"start": ("start",), "case": ("end",), "confirmation": ("end",)}.get(top, ("about",))
        part = part if file in {SERVICE, WELSH} else ()
    else:
        rest, useless = [str(step) for step in about[len(part) :]], ()
    message = f"{problem.message[:1].upper()}{problem.message[1:]}"
    return Fault(part, _box(rest, end), message, problem.remedy, useless)


def _box(rest: list[str], end: str) -> str:
    if rest[:1] in (["options"], ["default"]) and len(rest) > 1:
        return ".".join(rest[:2])
    if rest[:1] == ["start"] and rest[1:2] == ["need"]:
        return f"start.need{end}"
    return "".join([".".join(rest), end]) if rest else ""


def _from_key(edit: Edit, steps: list[str]) -> Path:
    """The path of a text in `service.yaml` by its key; as far as there is one."""
    where: list[str | int] = []
    for step in steps:
        here: Any = edit.at(tuple(where))
        if isinstance(here, list):
            names = [str(one.get("id") or one.get("code")) if isinstance(one, dict) else "" for one in here]
            found = (
                names.index(step)
                if step in names
                else int(step)
                if step.isdigit() and int(step) < len(here)
                else None
            )
            if found is None:
                break
            where.append(found)
        elif len(where) == 2 and where[0] == "settings" and step == "options":
            where.append("default")
        else:
            where.append(step)
    return tuple(where)


# -- the journey drawn -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """One box of the drawing: `kind` is start, page, exit or end; `when` says in words for whom, '' for everybody."""

    kind: str
    part: Path
    title: str
    id: str = ""
    when: str = ""
    asks: tuple[tuple[Path, str], ...] = ()
    place: bool = False
    faults: int = 0
    walked: bool = field(default=False)


def draw(seen: Look, walked: Iterable[str] = ()) -> list[Step]:
    """The journey from its start to its end; `walked` are the pages of an example that is shown in it."""
    edit, met = seen.edit, set(walked)
    data = edit.data()
    faults = _counted(seen)
    name = str(edit.at(("name",)) or "Service")
    steps = [Step("start", ("start",), name, "start", faults=faults.get(("start",), 0), walked=bool(met))]
    for i, page in enumerate(edit.pages):
        where: Path = ("pages", i)
        asks = tuple(
            (
                (*where, "fields", j),
                str(one.get("label") or parts.TYPES.get(str(one.get("type")), "Question")),
            )
            for j, one in enumerate(page.get("fields") or ())
        )
        own = sum(count for part, count in faults.items() if part[:2] == where)
        steps.append(
            Step(
                "exit" if page.get("exit") else "page",
                where,
                str(page.get("question") or page.get("id") or "New page"),
                str(page.get("id")),
                _when(str(page.get("when") or ""), data, i),
                asks,
                edit.place_after(str(page.get("id"))) is not None,
                own,
                str(page.get("id")) in met,
            )
        )
    last = "submitted" in met
    return [*steps, Step("end", ("end",), "Check answers, send, what happens next", "end", faults=faults.get(("end",), 0), walked=last)]  # fmt: skip


def _counted(seen: Look) -> dict[Path, int]:
    counts: dict[Path, int] = {}
    for fault in seen.faults:
        counts[fault.part] = counts.get(fault.part, 0) + 1
    return counts


def _when(text: str, data: Mapping[str, Any], upto: int) -> str:
    subjects = subjects_of(data, upto)
    rows = from_cel(text, subjects)
    return " ".join(text.split()) if rows is None else in_words(rows, subjects)


def adopted_alone(service: Service, nation: str, calendars: Mapping[str, Calendar]) -> Adopted | None:
    """The service as it is by itself, to be seen and played; what every council must say is filled in for trying.

    None where it cannot be adopted.
    """
    given = {
        name: _sample(setting)
        for name, setting in service.definition.settings.items()
        if getattr(setting, "default", None) is None
    }
    adopter = Adopter(nation, tuple(service.definition.languages))
    try:
        return adopt(service, defaults(service, given), adopter, calendars)
    except ServiceRefused:
        return None


def _sample(setting: Any) -> Any:
    """A value that a setting takes, for trying the service before any council has said its own."""
    samples = {
        "email": "name@example.com",
        "phone": "01632 960 001",
        "url": "https://example.com",
        "text": "…",
        "boolean": False,
    }
    if setting.type in samples:
        return samples[setting.type]
    if setting.type == "options":
        labels = [f"Option {n}" for n in range(1, max(2, setting.min) + 1)]
        return [{"code": slug(label), "label": {"en": label, "cy": label}} for label in labels]
    low = 1 if setting.min is None else setting.min
    return low if setting.max is None else min(low, setting.max)


def title_of(edit: Edit, part: Path) -> str:
    """What a part is called in headings and lists."""
    data = edit.at(parts.file_path(part), EXAMPLES if part[:1] == ("examples",) else SERVICE) or {}
    match parts.kind_of(part):
        case "about":
            return "About the service"
        case "start":
            return "Start page"
        case "end":
            return "Case and confirmation"
        case "page":
            return str(data.get("question") or data.get("id") or "New page")
        case "field" | "column":
            return str(data.get("label") or parts.TYPES.get(str(data.get("type"))) or "Question")
        case "check":
            return f"Check: {data.get('message') or 'new'}"
        case "setting":
            return str(data.get("label") or part[1])
        case "example":
            return str(data.get("name") or "Example")
    return "Files"


__all__ = ["CannotEdit", "Fault", "Look", "Step", "adopted_alone", "draw", "look", "title_of"]
