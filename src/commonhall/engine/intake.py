"""Answers that come all at once, in the shape of the contract: read by the same rules as a journey's pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from commonhall.engine.fields.base import CompiledField, Fault, Form
from commonhall.engine.journey import Answers, Path, first_input, label_of, parse_page, walk
from commonhall.engine.messages import message
from commonhall.engine.package import Adopted, CompiledPage

LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with answers: `where` is a path into the contract's data, `says` what to do, for a person.

    `input` is the box of a form that it is about; '' where it is about none."""

    where: tuple[str, ...]
    says: str
    input: str = ""


@dataclass(frozen=True, slots=True)
class Intake:
    """Answers as a journey keeps them, with the path they take. They can be submitted where nothing is wrong.

    `path.exit` is the page at which a person with these answers would have been told that it ends.
    """

    answers: Mapping[str, Any]
    path: Path
    wrong: tuple[Wrong, ...]


def take_in(adopted: Adopted, given: Mapping[str, Any], today: date, language: str = "en") -> Intake:
    """Read answers in the contract's shape (a council's own questions under `local`), and walk the journey with them.

    Questions that are not on the path are not looked at, as a person would not have been asked them; an answer to no
    question at all is wrong. What is wrong is told of the page at which the walk stands still: which pages follow it
    depends on its answers.
    """
    everything = {part.id for page in adopted.pages for part in page.fields}
    wrong = list(_unknown(adopted, given, everything))
    answers: dict[str, Any] = {}
    read: dict[str, tuple[Fault, ...]] = {}
    for page in adopted.pages:
        for part in page.fields:
            parsed = part.accepts(_value(given, part.id), today)
            read[part.id] = parsed.faults
            if not parsed.faults:
                answers[part.id] = parsed.value
    path = walk(adopted, answers, today)
    if path.current is not None:
        page = path.current
        faults = [fault for part in page.fields for fault in read[part.id]] or list(path.faults)
        wrong += [_told(adopted, page, fault, language) for fault in faults]
    return Intake(answers, path, tuple(wrong))


def read_page(
    adopted: Adopted,
    page: CompiledPage,
    given: Mapping[str, Any],
    before: Mapping[str, Any],
    today: date,
    language: str = "en",
) -> tuple[dict[str, Any], tuple[Wrong, ...]]:
    """Read the answers to one page, in the contract's shape, beside those given `before`: what is accepted, or what is
    wrong."""
    asked = {part.id for part in page.fields}
    wrong = list(_unknown(adopted, given, asked))
    accepted: dict[str, Any] = {}
    faults: list[Fault] = []
    for part in page.fields:
        parsed = part.accepts(_value(given, part.id), today)
        faults += parsed.faults
        accepted[part.id] = parsed.value
    if not faults:
        faults += _unmet(adopted, page, {**before, **accepted}, today)
    wrong += [_told(adopted, page, fault, language) for fault in faults]
    return ({}, tuple(wrong)) if wrong else (accepted, ())


def read_typed(
    adopted: Adopted, page: CompiledPage, typed: Form, before: Answers, today: date, language: str = "en"
) -> tuple[dict[str, Any], tuple[Wrong, ...]]:
    """Read what was typed into the boxes of one page, as a form of the site's own would be read."""
    accepted, faults = parse_page(page, typed, today)
    found = list(faults) or _unmet(adopted, page, {**before, **accepted}, today)
    return ({}, tell(adopted, page, found, language)) if found else (accepted, ())


def tell(
    adopted: Adopted, page: CompiledPage, faults: Iterable[Fault], language: str = "en"
) -> tuple[Wrong, ...]:
    """The faults of a page in words, with their places."""
    return tuple(_told(adopted, page, fault, language) for fault in faults)


def _unmet(adopted: Adopted, page: CompiledPage, answers: Answers, today: date) -> list[Fault]:
    """Why a page is not satisfied though each of its answers is."""
    path = walk(adopted, answers, today)
    return list(path.faults) if path.current is not None and path.current.id == page.id else []


def _value(given: Mapping[str, Any], field_id: str) -> Any:
    holder: Any = given.get(LOCAL) if field_id.startswith(f"{LOCAL}.") else given
    return holder.get(field_id.removeprefix(f"{LOCAL}.")) if isinstance(holder, Mapping) else None


def _unknown(adopted: Adopted, given: Mapping[str, Any], known: set[str]) -> Iterator[Wrong]:
    own = given.get(LOCAL)
    if own is not None and not isinstance(own, Mapping):
        yield Wrong((LOCAL,), "The council's own answers must be an object")
        own = None
    names: list[tuple[str, tuple[str, ...]]] = [(name, (name,)) for name in given if name != LOCAL]
    names += [(f"{LOCAL}.{name}", (LOCAL, name)) for name in own or ()]
    for name, where in names:
        if name not in known:
            asks = "page" if len(known) < len(adopted.fields) else "service"
            yield Wrong(where, f"The {asks} does not ask '{where[-1]}'")


def _told(adopted: Adopted, page: CompiledPage, fault: Fault, language: str) -> Wrong:
    part = next(one for one in page.fields if one.id == fault.field)
    label = label_of(adopted, page, part, language)
    return Wrong(where_of(part, fault), message(adopted, part, label, fault, language), fault.input)


def where_of(part: CompiledField, fault: Fault) -> tuple[str, ...]:
    """Where a fault is in the contract's data: its field, then the part of it or the row and column of a list."""
    steps = tuple(part.id.split("."))
    rest = fault.input.removeprefix(part.id).strip("-")
    if not rest or fault.input == first_input(part):
        return steps
    row, _, column = rest.partition("-")
    if part.fields and row.isdigit():
        return (*steps, row, *column.split("-")[:1]) if column else (*steps, row)
    return (*steps, rest) if part.schema.get("type") == "object" else steps
