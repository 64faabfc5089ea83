"""The two CloudEvents 1.0 of a case (structured JSON mode, cloudevents.io): submitted goes out, updated comes in.

Webhooks and queues carry the same events.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from commonhall.connectors.http import storable
from commonhall.engine.back_office import CaseFile, CaseForDelivery, CaseStatus, StatusUpdate, UpdateRefused

SUBMITTED = "uk.commonhall.case.submitted"
UPDATED = "uk.commonhall.case.updated"
MEDIA_TYPE = "application/cloudevents+json"
LONGEST_ID = 200
LONGEST_NOTE = 4000


def case_data(case: CaseForDelivery) -> dict[str, Any]:
    """The data of a submitted case's event.

    `answers` are always the service's contract. Where the council has names of its own for them, `fields` has every
    answer once more under the name that this back office gave it, a council's own questions beside the others. `files`
    says which files the case has; their content is fetched by their `id` from the case API.
    """
    data: dict[str, Any] = {
        "reference": case.reference,
        "council": {"slug": case.council, "gss": case.council_gss},
        "service": {
            "id": case.service,
            "name": case.service_name,
            "version": case.version,
            "lgsl": case.lgsl,
            "lgil": case.lgil,
        },
        "channel": case.channel,
        "language": case.language,
        "submitted_at": _iso(case.submitted_at),
        "target_on": case.target_on.isoformat() if case.target_on else None,
        "summary": case.summary,
        "answers": dict(case.answers),
        "details": [{"question": question, "answer": answer} for question, answer in case.details],
        "contact": asdict(case.contact),
        "location": asdict(case.location),
        "files": [_file(file) for file in case.files],
    }
    if case.names:
        data["fields"] = case.fields
    return data


def submitted_event(case: CaseForDelivery, idempotency_key: str, updates_url: str | None = None) -> bytes:
    """The event of a submitted case, in UTF-8. Its id is the idempotency key, its subject our reference."""
    data = case_data(case)
    if updates_url:
        data["updates_url"] = updates_url
    event = {
        "specversion": "1.0",
        "id": idempotency_key,
        "source": f"urn:gss:{case.council_gss}",
        "type": SUBMITTED,
        "subject": case.reference,
        "time": _iso(case.submitted_at),
        "datacontenttype": "application/json",
        "data": data,
    }
    return json.dumps(event, ensure_ascii=False).encode("utf-8", "replace")


def _file(file: CaseFile) -> dict[str, Any]:
    return {
        "id": file.digest[:32],
        "name": file.name,
        "media_type": file.media_type,
        "size": file.size,
        "sha256": file.digest,
    }


def updated_event(body: bytes) -> StatusUpdate:
    """Read the event of an update. Raises `UpdateRefused` with what is wrong in it."""
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        raise UpdateRefused("the message is not JSON") from None
    if not isinstance(event, dict) or event.get("specversion") != "1.0":
        raise UpdateRefused("the message is not a CloudEvent of specversion 1.0")
    if event.get("type") != UPDATED:
        raise UpdateRefused(f"the event's type is not {UPDATED}")
    data = event.get("data")
    if not isinstance(data, dict):
        raise UpdateRefused("the event's data is not a map")
    reference, external = _words(data, "reference"), _words(data, "id")
    if not (reference or external):
        raise UpdateRefused("the data name no case: give our reference or your own id")
    update_id = _words(event, "id")
    if not update_id:
        raise UpdateRefused("the event has no id: without it, taking it twice would not be noticed")
    word = _words(data, "status")
    if word not in set(CaseStatus):
        raise UpdateRefused(f"'{(word or '')[:40]}' is not a status: {', '.join(CaseStatus)}")
    note = _words(data, "note", LONGEST_NOTE) or ""
    at = _moment(_words(event, "time") or "")
    return StatusUpdate(update_id, CaseStatus(word), at, note, reference, external)


def _words(found: dict[str, Any], name: str, longest: int = LONGEST_ID) -> str | None:
    value = found.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > longest:
        raise UpdateRefused(f"the event's {name} is not words of at most {longest} characters")
    return storable(value) or None


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise UpdateRefused("the event's time is not a date and time as RFC 3339 has it") from None


def _iso(moment: datetime) -> str:
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"
