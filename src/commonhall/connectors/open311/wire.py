"""What goes over the wire in Open311 GeoReport v2: the form of a request, and answers in JSON or XML.

Source: the GeoReport v2 specification (wiki.open311.org/GeoReport_v2) and, for servicerequestupdates, the
extension that UK councils use (the Open311 extensions of FixMyStreet).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

from commonhall.connectors.http import Answer, storable
from commonhall.engine.back_office import CaseForDelivery, CaseStatus, DeliveryFailed, StatusUpdate

OURS = frozenset({"external_id", "channel"})
"""The attribute codes that we give ourselves; an answer of the same name goes as `answer.NAME`."""
_STATUSES = {status.value: status for status in CaseStatus}


def timestamp(moment: datetime) -> str:
    """A moment as the standard writes it: YYYY-MM-DDThh:mm:ssZ."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def request_form(
    case: CaseForDelivery, service_code: str, attributes: Mapping[str, str], jurisdiction_id: str | None
) -> list[tuple[str, str]]:
    """The form of a service request. `attributes` renames our answers; the rest keep their own names.

    A list becomes one attribute for each of its items; the parts of an address or a place, and a council's
    own questions, become `attribute[home.postcode]`, `attribute[local.gate]`. The description is cut at the
    standard's 4,000 characters; the attributes hold every answer whole.
    """
    first, _, last = " ".join((case.contact.name or "").split()).rpartition(" ")
    lines = [case.summary, ""] + [_line(question, answer) for question, answer in case.details if answer]
    place = case.location
    pairs = [
        ("jurisdiction_id", jurisdiction_id),
        ("service_code", service_code),
        ("lat", None if place.lat is None else f"{place.lat:.6f}"),
        ("long", None if place.long is None else f"{place.long:.6f}"),
        ("address_string", _address(place.description, place.postcode)),
        ("address_id", place.uprn),
        ("email", case.contact.email),
        ("phone", case.contact.phone),
        ("first_name", first or last),
        ("last_name", last if first else None),
        ("description", "\n".join(lines).strip()[:4000]),
        ("attribute[external_id]", case.reference),
        ("attribute[channel]", case.channel),
    ]
    form = [(name, text) for name, text in pairs if text]
    for name, text in _flat(case.answers):
        form.append((f"attribute[{_code(name, attributes)}]", text))
    return form


def _line(question: str, answer: str) -> str:
    return f"{question} {answer}" if question.endswith(("?", ":")) else f"{question}: {answer}"


def _address(description: str | None, postcode: str | None) -> str:
    parts = [description] if description else []
    if postcode and postcode not in (description or ""):
        parts.append(postcode)
    return ", ".join(parts)


def _code(name: str, attributes: Mapping[str, str]) -> str:
    parts = name.split(".")
    # The longest that is named: `local.home.postcode` is a part of `local.home`, which is a field of its own.
    heads = (".".join(parts[:count]) for count in range(len(parts), 0, -1))
    head = next((head for head in heads if head in attributes), None)
    code = attributes[head] + name.removeprefix(head) if head else name
    return f"answer.{code}" if code in OURS else code


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _flat(part, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list | tuple):
        for item in value:
            yield name, _text(item)
    elif value is not None:
        yield name, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return str(value)


def read_items(answer: Answer, name: str) -> list[dict[str, str]]:
    """The items of an answer, as flat maps of text. `name` is the XML element of one item.

    Raises `DeliveryFailed` for what is neither the standard's JSON nor its XML.
    """
    text = answer.body.decode("utf-8-sig", "replace").strip()
    if text.startswith("<") and not answer.is_page:
        return list(_from_xml(text, name))
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise DeliveryFailed("the answer is neither JSON nor XML as Open311 has them") from None
    items = data.get(f"{name}s", data.get("errors", [data])) if isinstance(data, dict) else data
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise DeliveryFailed("the answer is not a list as Open311 has it")
    return [
        {key: storable(_text(value)) for key, value in item.items() if value is not None} for item in items
    ]


def _from_xml(text: str, name: str) -> Iterator[dict[str, str]]:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise DeliveryFailed("the answer's XML declares a document type, which is not allowed")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - no document type, so no entities to expand
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise DeliveryFailed(f"the answer is not whole XML ({error})") from None
    if not any(word in _local(root.tag) for word in ("request", "token", "error")):
        raise DeliveryFailed(f"the answer is XML, but not Open311's (it begins with {_local(root.tag)[:40]})")
    for item in root.iter():
        if _local(item.tag) in {name, "error"} and len(item):
            yield {_local(child.tag): (child.text or "").strip() for child in item}


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def explain(answer: Answer) -> str:
    """The back office's own words for an error: the standard's (code, description) pairs, or nothing."""
    try:
        items = read_items(answer, "error")
    except DeliveryFailed:
        return ""
    # The standard's code is the status again; a back office's own code is worth telling.
    for item in items:
        if item.get("code") == str(answer.status):
            del item["code"]
    said = (": ".join(item[key] for key in ("code", "description") if item.get(key)) for item in items)
    return "; ".join(words for words in said if words)


def read_update(item: Mapping[str, str]) -> StatusUpdate | None:
    """One service request update; None where it lacks what it must have. An unknown status keeps its word."""
    status, note = _status(item.get("status", ""), item.get("description", ""))
    at = _moment(item.get("updated_datetime", ""))
    update_id, external = item.get("update_id"), item.get("service_request_id")
    if not (update_id and external and at):
        return None
    return StatusUpdate(update_id, status, at, note, None, external)


def read_request(item: Mapping[str, str]) -> StatusUpdate | None:
    """A service request's own state as an update: its id is made of what it says, so the same state is one update.

    None where there is nothing to tell: it lacks what it must have, or it is open as it was when it came in.
    """
    status, note = _status(item.get("status", ""), item.get("status_notes", ""))
    external = item.get("service_request_id")
    asked, changed = _moment(item.get("requested_datetime", "")), _moment(item.get("updated_datetime", ""))
    at = changed or asked
    if not (external and at):
        return None
    if status is CaseStatus.OPEN and not note and changed in {None, asked}:
        return None
    return StatusUpdate(f"{external}:{status}:{timestamp(at)}", status, at, note, None, external)


def _status(word: str, note: str) -> tuple[CaseStatus, str]:
    known = _STATUSES.get(word.strip().lower().replace(" ", "_").replace("-", "_"))
    if known is not None or not word.strip():
        return known or CaseStatus.OPEN, note
    return CaseStatus.OPEN, f"{word.strip()}. {note}".strip()


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
