"""The journey: from a definition and the answers so far to where the person is. Nothing else is stored.

The path is worked out anew every time, so going back and changing an answer can never leave a stale one:
an answer that is not on the path is not seen by any condition and is never submitted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from commonhall.engine.back_office import CaseLocation, Contact
from commonhall.engine.expressions import Expression, as_timestamp
from commonhall.engine.fields.base import CompiledField, Fault, Form, Parsed
from commonhall.engine.package import Adopted, CompiledPage
from commonhall.engine.texts import fill

Answers = Mapping[str, Any]
"""Answers by field id, in the shapes of the contract; `None` is an optional question left empty."""

MAX_TARGET_DAYS = 1000


@dataclass(frozen=True, slots=True)
class Path:
    """Where a person is. `pages` are those that are satisfied, in order; `current` is the first that is not.

    `exit` is the page that ends the journey kindly. With neither `current` nor `exit` it can be submitted.
    `answers` are those on the path; `faults` say why `current` is not satisfied though it was answered.
    """

    pages: tuple[CompiledPage, ...]
    current: CompiledPage | None
    exit: CompiledPage | None
    answers: Answers
    faults: tuple[Fault, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every question on the path has an accepted answer."""
        return self.current is None and self.exit is None

    def reaches(self, page_id: str) -> bool:
        """Whether the person may be on this page now."""
        ends = (page for page in (self.current, self.exit) if page is not None)
        return any(page.id == page_id for page in (*self.pages, *ends))

    def before(self, page_id: str) -> CompiledPage | None:
        """The page that a back link leads to; None for the first page."""
        previous = None
        for page in self.pages:
            if page.id == page_id:
                return previous
            previous = page
        return previous

    def after(self, page_id: str) -> CompiledPage | None:
        """The page to go on to from a page that is satisfied; None for check answers."""
        seen = False
        for page in self.pages:
            if seen:
                return page
            seen = page.id == page_id
        return self.current or self.exit


class JourneyIncomplete(Exception):  # noqa: N818
    """A journey cannot be submitted yet; `path` says where it stands."""

    def __init__(self, path: Path) -> None:
        super().__init__("the journey has unanswered questions or has ended at an exit")
        self.path = path


def walk(adopted: Adopted, answers: Answers, today: date) -> Path:
    """Walk the pages in order with the answers given, up to the first page that needs the person."""
    values: dict[str, Any] = {**adopted.bound, "today": as_timestamp(today)}
    kept: dict[str, Any] = {}
    done: list[CompiledPage] = []
    for page in adopted.pages:
        if page.when is not None and not page.when.holds(adopted.nation, values):
            continue
        if page.exit:
            return Path(tuple(done), None, page, kept)
        if not all(part.id in answers for part in page.fields):
            return Path(tuple(done), page, None, kept)
        for part in page.fields:
            values |= part.bind(answers[part.id])
        faults = failed_checks(adopted, page, values)
        if faults:
            return Path(tuple(done), page, None, kept, faults)
        for part in page.fields:
            kept[part.id] = answers[part.id]
        done.append(page)
    return Path(tuple(done), None, None, kept)


def failed_checks(adopted: Adopted, page: CompiledPage, values: Mapping[str, Any]) -> tuple[Fault, ...]:
    """The page's own rules that do not hold; one that cannot be known has nothing to check."""
    return tuple(
        Fault(check.field.id, first_input(check.field), check.message)
        for check in page.checks
        if check.require.value(adopted.nation, values) is False
    )


def first_input(part: CompiledField) -> str:
    """The form input to go to for a fault of the whole field."""
    first = {"date": "-day", "address": "-line1", "map-location": "-description"}.get(part.type, "")
    return f"{part.id}-0-{part.fields[0].id}" if part.fields else f"{part.id}{first}"


def parse_page(page: CompiledPage, form: Form, today: date) -> tuple[dict[str, Any], tuple[Fault, ...]]:
    """Read a page's form: the accepted answers, or every fault on it."""
    answers: dict[str, Any] = {}
    faults: list[Fault] = []
    for part in page.fields:
        parsed: Parsed = part.parse(form, today)
        faults += parsed.faults
        answers[part.id] = parsed.value
    return ({}, tuple(faults)) if faults else (answers, ())


@dataclass(frozen=True, slots=True)
class Detail:
    """One row of check answers: the page to change it on, the question and the answer's lines."""

    page: CompiledPage
    field: CompiledField
    question: str
    lines: tuple[str, ...]


def details(adopted: Adopted, path: Path, language: str) -> list[Detail]:
    """The answers on the path as a person reads them."""
    return [
        Detail(
            page,
            part,
            label_of(adopted, page, part, language),
            tuple(part.show(path.answers[part.id], language)),
        )
        for page in path.pages
        for part in page.fields
    ]


def label_of(adopted: Adopted, page: CompiledPage, part: CompiledField, language: str) -> str:
    """What a field is called: its label, or the page's question where it is the only one."""
    return adopted.texts.get(language, f"{part.key}.label") or adopted.texts.need(
        language, f"{page.key}.question"
    )


@dataclass(frozen=True, slots=True)
class Submission:
    """What a complete journey becomes: the contract's answers and what a case needs to know."""

    answers: Mapping[str, Any]
    summary: str
    target_on: date | None
    contact: Contact
    location: CaseLocation
    details: tuple[tuple[str, str], ...]
    postcodes: tuple[str, ...]


def submission(adopted: Adopted, answers: Answers, today: date) -> Submission:
    """Make the submission of a complete journey. Raises `JourneyIncomplete`."""
    path = walk(adopted, answers, today)
    if not path.complete:
        raise JourneyIncomplete(path)
    return Submission(
        answers=contract_answers(path.answers),
        summary=show_text(adopted, "case.summary", path.answers, "en"),
        target_on=target(adopted, path.answers, today),
        contact=_contact(adopted, path.answers),
        location=_location(adopted, path.answers),
        details=tuple((row.question, ", ".join(row.lines)) for row in details(adopted, path, "en")),
        postcodes=_postcodes(path.answers),
    )


def contract_answers(answers: Answers) -> dict[str, Any]:
    """Answers as the data contract has them: without empty ones, a council's own under `local`."""
    shared = {
        name: value for name, value in answers.items() if value is not None and not name.startswith("local.")
    }
    own = {
        name.removeprefix("local."): value
        for name, value in answers.items()
        if value is not None and name.startswith("local.")
    }
    return {**shared, "local": own} if own else shared


def flat_answers(contract: Answers) -> dict[str, Any]:
    """The contract's answers by field id again: a council's own beside the others."""
    own = contract.get("local")
    if not isinstance(own, Mapping):
        return dict(contract)
    shared = {name: value for name, value in contract.items() if name != "local"}
    return shared | {f"local.{name}": value for name, value in own.items()}


def show_text(
    adopted: Adopted, key: str, answers: Answers, language: str, dress: Callable[[str], str] = str
) -> str:
    """A text with the answers that it names, in words; `dress` makes each answer fit for where the text goes."""

    def words(name: str) -> str:
        field_id, _, part = name.removeprefix("answers.").partition(".")
        compiled = adopted.fields.get(name if name.startswith("local.") else field_id)
        value = answers.get(compiled.id) if compiled else None
        if compiled is None or value is None:
            return ""
        if part and compiled.id == field_id:
            return dress(str(value.get(part, "")))
        return dress(", ".join(compiled.show(value, language)))

    return fill(adopted.texts.need(language, key), words)


def target(adopted: Adopted, answers: Answers, today: date) -> date | None:
    """The day by which the council means to have done it: so many working days after today."""
    rule = adopted.service.target
    if rule is None:
        return None
    days: Any = rule
    if isinstance(rule, Expression):
        values: dict[str, Any] = {**adopted.bound, "today": as_timestamp(today)}
        for name, value in answers.items():
            values |= adopted.fields[name].bind(value)
        days = rule.value(adopted.nation, values)
    if not isinstance(days, int) or not 0 <= days <= MAX_TARGET_DAYS:
        return None
    return adopted.service.dialect.calendars[adopted.nation].add_working_days(today, days)


def _contact(adopted: Adopted, answers: Answers) -> Contact:
    fields = adopted.service.definition.case.contact
    return Contact(
        *(answers.get(name) if name else None for name in (fields.name, fields.email, fields.phone))
    )


def _location(adopted: Adopted, answers: Answers) -> CaseLocation:
    name = adopted.service.definition.case.location
    value = answers.get(name) if name else None
    if not value:
        return CaseLocation()
    words = value.get("description") or ", ".join(
        value[p] for p in ("line1", "line2", "town") if value.get(p)
    )
    return CaseLocation(
        words or None, value.get("postcode"), value.get("uprn"), value.get("lat"), value.get("long")
    )


def _postcodes(answers: Answers) -> tuple[str, ...]:
    """Every postcode given, by any of which the person may later ask after the case."""
    found = [
        value["postcode"] for value in answers.values() if isinstance(value, dict) and value.get("postcode")
    ]
    return tuple(dict.fromkeys(found))


def can_be_followed(adopted: Adopted, answers: Answers) -> bool:
    """Whether something was given by which the person can later show that a case is theirs."""
    contact = _contact(adopted, answers)
    return bool(contact.email or contact.phone or _postcodes(answers))
