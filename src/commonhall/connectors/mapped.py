"""A mapping that is followed: compiled once, then filled for each case and each answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from commonhall.connectors.asking import (
    LONGEST_ID,
    Answered,
    Asker,
    MappingCompiler,
    as_number,
    filled,
    later,
    looked_up,
)  # fmt: skip
from commonhall.connectors.dialect import as_text
from commonhall.connectors.http import storable
from commonhall.connectors.mapped_files import MappedFiles
from commonhall.connectors.mapping import Deliver, MappingOf, MappingRefused, Updates, merged
from commonhall.connectors.templates import Template, Unfilled, as_values
from commonhall.engine.back_office import CaseForDelivery, CaseStatus, DeliveryFailed, Receipt, StatusUpdate

MOST_PAGES = 50
LONGEST_NOTE = 4000
_LONDON = ZoneInfo("Europe/London")
_KNOWN = ("case", "fields", "key", "now", "values", "tables")
_SENDING = (*_KNOWN, "secret")
_DELIVERING = (*_SENDING, "files", "uploaded")
_HEARING = (*_KNOWN, "answer")
"""No secret can come into what is kept of an answer."""
_ASKING = ("since", "next", "now", "values", "tables", "secret")
_NEWS = ("since", "next", "now", "values", "tables", "answer")


@dataclass(frozen=True, slots=True)
class _Delivering:
    ask: Template
    id: Template | None
    note: Template | None
    accepted: Template | None
    refused: Template | None
    reason: Template | None
    statuses: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class _Updating:
    ask: Template
    items: Template
    next: Template | None
    each: Mapping[str, Template]


class Mapped:
    """A compiled mapping: delivers, and asks for updates, through whatever makes its requests.

    Raises `MappingRefused` with everything that is wrong in it, and with the values that a council has not filled in.
    """

    def __init__(
        self,
        mapping: MappingOf[Any],
        *,
        values: Mapping[str, Any],
        tables: Mapping[str, Any],
        secret: Mapping[str, Any],
    ) -> None:
        compiler = MappingCompiler()
        self._deliver = _delivering(mapping.deliver, compiler)
        self._find = self._find_id = None
        if mapping.find is not None:
            self._find = compiler.ask(("find", "ask"), mapping.find.ask, _SENDING)
            self._find_id = compiler.need(("find", "id"), mapping.find.id, _HEARING)
        self._files = MappedFiles(mapping, compiler, _KNOWN)
        self._updates = _updating(mapping.updates, compiler) if mapping.updates else None
        missing = [
            f"values.{name} is missing: {one.label}"
            for name, one in mapping.values.items()
            if one.default is None and values.get(name) in (None, "")
        ]
        unknown = [
            f"values.{name} is not known to this mapping; there are {', '.join(mapping.values) or 'none'}"
            for name in values
            if name not in mapping.values
        ]
        if compiler.faults or missing or unknown:
            raise MappingRefused(compiler.faults[:10], [*missing, *unknown])
        self._given = {
            "values": {name: values.get(name, one.default) for name, one in mapping.values.items()},
            "tables": merged(mapping.tables, tables),
            "secret": {name: part for name, part in secret.items() if part is not None},
        }

    @property
    def has_updates(self) -> bool:
        """Whether the back office is asked for progress."""
        return self._updates is not None

    async def deliver(self, case: CaseForDelivery, key: str, now: datetime, ask: Asker) -> Receipt:
        """Send a case, unless the back office has it. Raises `DeliveryFailed`."""
        values = as_values(case=case_values(case), fields=case.fields, key=key, now=now, **self._given)
        receipt = await self._found(values, ask) or await self._sent(case, values, key, ask)
        await self._files.after(case, receipt.external_id, values, ask)
        return receipt

    async def _found(self, values: Mapping[str, Any], ask: Asker) -> Receipt | None:
        if self._find is None or self._find_id is None:
            return None
        number = await looked_up(self._find, self._find_id, values, ask)
        return Receipt(number) if number else None

    async def _sent(self, case: CaseForDelivery, values: Mapping[str, Any], key: str, ask: Asker) -> Receipt:
        sending = {**values, **await self._files.before(case, values, ask)}
        answered = await ask(filled(self._deliver.ask, sending), key)
        if self._deliver.statuses.get(answered.status) != "known":
            return self._receipt({**values, "answer": answered.values}, answered)
        receipt = await self._found(values, ask)
        if receipt is None:
            raise DeliveryFailed(
                f"it says that it has the case already ({answered.status}), but it is not found there"
            )
        return receipt

    def _receipt(self, values: Mapping[str, Any], answered: Answered) -> Receipt:
        said = self._deliver
        failure = _as_told(answered, said.statuses)
        if _holds(said.refused, values):
            raise DeliveryFailed(_reason(said.reason, values, "the back office said no"), permanent=True)
        if failure is not None:
            own = _reason(said.reason, values, "")
            words = f"{failure.reason}: {own}" if own and own not in failure.reason else failure.reason
            raise DeliveryFailed(words[:1000], permanent=failure.permanent, retry_after=failure.retry_after)
        if said.accepted is not None and not _holds(said.accepted, values):
            raise DeliveryFailed(_reason(said.reason, values, "the answer does not say that it was accepted"))
        try:
            number = as_number(said.id.fill(values)) if said.id else ""
            note = said.note.text(values) if said.note else ""
        except Unfilled as why:
            raise DeliveryFailed(f"the answer has no number where the mapping looks for it: {why}") from None
        if said.id is not None and not number:
            raise DeliveryFailed("the answer has no number where the mapping looks for it")
        return Receipt(number or None, storable(note)[:LONGEST_NOTE])

    async def updates(self, since: datetime, now: datetime, ask: Asker) -> list[StatusUpdate]:
        """What has happened since then, oldest first. Raises `DeliveryFailed` where it cannot be had whole."""
        if self._updates is None:
            return []
        found: list[StatusUpdate] = []
        following: Any = None
        for _ in range(MOST_PAGES):
            values = as_values(since=since, now=now, next=following, **self._given)
            answered = await ask(filled(self._updates.ask, values))
            if answered.failure is not None:
                raise later(answered.failure)
            values = {**values, "answer": answered.values}
            found += self._read(values)
            try:
                following = self._updates.next.fill(values) if self._updates.next else None
            except Unfilled as why:
                raise DeliveryFailed(f"whether there is another page cannot be read: {why}") from None
            if following in (None, ""):
                return sorted(found, key=lambda one: one.at)
        raise DeliveryFailed(f"its news fill more than {MOST_PAGES} pages: narrow what is asked")

    def _read(self, values: Mapping[str, Any]) -> list[StatusUpdate]:
        assert self._updates is not None
        try:
            items = self._updates.items.fill(values)
        except Unfilled as why:
            raise DeliveryFailed(f"its news cannot be found in its answer: {why}") from None
        if items is None:
            return []
        if not isinstance(items, list):
            raise DeliveryFailed("its news are no list where the mapping looks for them")
        read = [self._one({**values, "item": item}) for item in items]
        if items and all(one is None for one in read):
            raise DeliveryFailed("none of its news can be read with the mapping")
        return [one for one in read if isinstance(one, StatusUpdate)]

    def _one(self, values: Mapping[str, Any]) -> StatusUpdate | Literal["passed over"] | None:
        """What one record says; None where it lacks something."""
        assert self._updates is not None
        try:
            said = {name: template.fill(values) for name, template in self._updates.each.items()}
            at = moment_of(said["at"])
        except (Unfilled, ValueError):
            return None
        update_id = as_text(said["id"])[:LONGEST_ID]
        reference, external = as_text(said.get("reference"))[:LONGEST_ID], as_text(said.get("external_id"))
        if not update_id or not (reference or external):
            return None
        status = as_text(said["status"])
        if status not in set(CaseStatus):
            return "passed over"
        note = storable(as_text(said.get("note")))[:LONGEST_NOTE]
        return StatusUpdate(
            storable(update_id),
            CaseStatus(status),
            at,
            note,
            storable(reference) or None,
            as_number(external) or None,
        )


def _delivering(deliver: Deliver[Any], compiler: MappingCompiler) -> _Delivering:
    def part(name: str) -> Template | None:
        return compiler.make(("deliver", name), getattr(deliver, name), _HEARING)

    return _Delivering(
        ask=compiler.ask(("deliver", "ask"), deliver.ask, _DELIVERING),
        id=part("id"),
        note=part("note"),
        accepted=part("accepted"),
        refused=part("refused"),
        reason=part("reason"),
        statuses=deliver.statuses,
    )


def _updating(updates: Updates[Any], compiler: MappingCompiler) -> _Updating:
    each = {
        name: compiler.need(("updates", "each", name), text, (*_NEWS, "item"))
        for name, text in updates.each.model_dump(exclude_none=True).items()
    }
    return _Updating(
        compiler.ask(("updates", "ask"), updates.ask, _ASKING),
        compiler.need(("updates", "items"), updates.items, _NEWS),
        compiler.make(("updates", "next"), updates.next, _NEWS),
        each,
    )


def case_values(case: CaseForDelivery) -> dict[str, Any]:
    """A case as templates see it: dates and times become texts, details maps of question and answer.

    `description` has every question with its answer, a line each; `first_name` and `last_name` part the name at its last
    space; `files` say what they are.
    """
    first, _, last = (case.contact.name or "").strip().rpartition(" ")
    lines = [f"{question} {answer}" for question, answer in case.details if answer]
    return {
        "council": case.council,
        "council_gss": case.council_gss,
        "reference": case.reference,
        "service": case.service,
        "service_name": case.service_name,
        "version": case.version,
        "lgsl": case.lgsl,
        "lgil": case.lgil,
        "channel": case.channel,
        "language": case.language,
        "submitted_at": case.submitted_at,
        "target_on": case.target_on,
        "summary": case.summary,
        "description": "\n".join(lines),
        "answers": case.answers,
        "details": [{"question": question, "answer": answer} for question, answer in case.details],
        "name": case.contact.name,
        "first_name": first or last,
        "last_name": last if first else "",
        "email": case.contact.email,
        "phone": case.contact.phone,
        "address": case.location.description,
        "postcode": case.location.postcode,
        "uprn": case.location.uprn,
        "lat": case.location.lat,
        "long": case.location.long,
        "files": [
            {"name": one.name, "media_type": one.media_type, "size": one.size, "sha256": one.digest}
            for one in case.files
        ],
    }


def _holds(template: Template | None, values: Mapping[str, Any]) -> bool:
    try:
        return template is not None and template.fill(values) is True
    except Unfilled:
        return False


def _maybe(template: Template | None, values: Mapping[str, Any]) -> Any:
    try:
        return template.fill(values) if template else None
    except Unfilled:
        return None


def _reason(template: Template | None, values: Mapping[str, Any], otherwise: str) -> str:
    return storable(as_text(_maybe(template, values)))[:500] or otherwise


def _as_told(answered: Answered, statuses: Mapping[int, str]) -> DeliveryFailed | None:
    """What an answer's status means, by the mapping's own word where it has one."""
    word, failure = statuses.get(answered.status), answered.failure
    if word is None:
        return failure
    if word == "accepted":
        return None
    reason = failure.reason if failure else f"the back office answered {answered.status}"
    return DeliveryFailed(
        reason, permanent=word == "no", retry_after=failure.retry_after if failure else None
    )


def moment_of(value: Any) -> datetime:
    """A moment as back offices write it: ISO 8601 (London's where no zone is said), or seconds or milliseconds since 1970.

    Raises `ValueError`.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        # Seconds since 1970, or milliseconds.
        try:
            return datetime.fromtimestamp(value / 1000 if value > 1e11 else value, UTC)
        except (OverflowError, OSError) as error:
            raise ValueError(str(error)) from error
    found = datetime.fromisoformat(as_text(value).strip())
    try:
        return (found if found.tzinfo else found.replace(tzinfo=_LONDON)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(str(error)) from error
