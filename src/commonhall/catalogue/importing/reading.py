"""Bring in a form from a file: which system it is from is seen by what is in it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NoReturn

from commonhall.catalogue.importing.defra import is_defra_form, read_defra_form
from commonhall.catalogue.importing.form import Form, FormRefused, Note
from commonhall.catalogue.importing.govuk_forms import is_govuk_form, read_govuk_form
from commonhall.catalogue.importing.open_forms import MEMBERS, read_open_form
from commonhall.catalogue.importing.package import service_id, write_package
from commonhall.engine.source import read_yaml
from commonhall.engine.working_days import Calendar

MOST_BYTES = 2_000_000
"""Of a file that is brought in, unpacked."""
_HELP = "Choose the JSON of GOV.UK Forms, the JSON or YAML of DEFRA forms, or the ZIP of Open Forms."


@dataclass(frozen=True, slots=True)
class Imported:
    """A draft: the files of its package, the service's id, and what is not in it as it was."""

    service: str
    system: str
    files: Mapping[str, str]
    pages: int
    questions: int
    notes: tuple[Note, ...]


def is_zip(content: bytes) -> bool:
    """Whether a file begins as a ZIP does."""
    return content[:2] == b"PK"


def holds_open_form(content: bytes) -> bool:
    """Whether a ZIP is an export of Open Forms, and not a package."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return MEMBERS[0] in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return False


def read_form(content: bytes) -> Form:
    """The form in a file of any of the three systems. Raises `FormRefused`."""
    if len(content) > MOST_BYTES:
        raise FormRefused(f"The file is over {MOST_BYTES // 1_000_000} MB. Split the form.")
    if is_zip(content):
        return read_open_form(_unzipped(content))
    data = _parsed(_decoded(content))
    if is_govuk_form(data):
        return read_govuk_form(data)
    if is_defra_form(data):
        return read_defra_form(data)
    raise FormRefused(f"This is not a form of a system that is known here. {_HELP}")


def bring_in(
    content: bytes,
    codes: Callable[[Form], tuple[int, int]],
    calendars: Mapping[str, Calendar],
    today: date,
    service: str = "",
) -> Imported:
    """A form as the draft of a package. `codes` gives the national codes, LGSL and LGIL, for the form that was read.

    Raises `FormRefused`.
    """
    form = read_form(content)
    name = service or service_id(form.name.en)
    files = write_package(form, name, *codes(form), calendars, today)
    pages = [step for step in form.steps if not step.exit]
    questions = sum(len(step.questions) for step in pages)
    return Imported(name, form.system, files, len(pages), questions, tuple(dict.fromkeys(form.notes)))


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormRefused(f"The file is not UTF-8 text. {_HELP}") from error


def _parsed(text: str) -> Any:
    """JSON, or the YAML that a service may use: no aliases, no tags, no key twice."""
    if text.lstrip()[:1] in {"{", "["}:
        return _json(text, "The file")
    source, problems = read_yaml("the file", text)
    if problems:
        raise FormRefused(f"The file cannot be read: {problems[0]}.")
    return source.data


def _json(text: str, what: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise FormRefused(
            f"{what} is not JSON: line {error.lineno}, column {error.colno}: {error.msg}."
        ) from error
    except (ValueError, RecursionError) as error:
        raise FormRefused(f"{what} holds numbers or nesting that nothing can read.") from error


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _unzipped(content: bytes) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            inside = [info for info in archive.infolist() if info.filename in MEMBERS]
            if sum(info.file_size for info in inside) > MOST_BYTES:
                raise FormRefused(f"The form is over {MOST_BYTES // 1_000_000} MB. Split the form.")
            texts = {}
            for info in inside:
                with archive.open(info) as source:
                    texts[info.filename] = source.read(MOST_BYTES + 1).decode("utf-8-sig")
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        if isinstance(error, UnicodeDecodeError):
            raise FormRefused("A file in the ZIP is not UTF-8 text.") from error
        raise FormRefused(f"This cannot be read as a ZIP ({error}). {_HELP}") from error
    if MEMBERS[0] not in texts:
        raise FormRefused(f"The ZIP is no export of Open Forms: it has no {MEMBERS[0]}. {_HELP}")
    return {name: _json(text, name) for name, text in texts.items()}
