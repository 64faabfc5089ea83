"""A case as other systems read it, in JSON."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from commonhall.api.v1.problems import Problem
from commonhall.casework.attachments import AttachmentRow
from commonhall.casework.exchange import RecordedRow, WholeCase
from commonhall.engine.back_office import CaseLocation, CaseStatus, Contact


def case_json(found: WholeCase, here: str) -> dict[str, Any]:
    """A case; `here` is the address of all cases. Times are UTC, answers have the shapes of the contract."""
    row, definition = found.row, found.adopted.service.definition
    address = f"{here}/{row.reference}"
    return {
        "reference": row.reference,
        "service": {
            "id": definition.id,
            "version": definition.version,
            "name": found.adopted.texts.need("en", "name"),
            "lgsl": definition.lgsl,
            "lgil": definition.lgil,
        },
        "status": row.status,
        "channel": row.channel,
        "language": row.language,
        "summary": row.summary,
        "submitted_at": time_json(row.submitted_at),
        "target_on": row.target_on.isoformat() if row.target_on else None,
        "answers": dict(row.answers),
        "details": [{"question": question, "answer": answer} for question, answer in row.details],
        "contact": asdict(Contact(**row.contact)),
        "location": asdict(CaseLocation(**row.location)),
        "history": [entry_json(one) for one in found.history],
        "attachments": [file_json(one, here) for one in found.files],
        "delivery": _delivery(found),
        "links": {"self": address},
    }


def entry_json(row: RecordedRow) -> dict[str, Any]:
    """An entry of a case's history."""
    return {
        "sequence": row.sequence,
        "status": row.status,
        "note": row.note,
        "at": time_json(row.at),
        "recorded_at": row.recorded_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "source": row.source,
    }


def _delivery(found: WholeCase) -> dict[str, Any] | None:
    """Where it stands with the system that reads it, if that comes for it."""
    held = found.held
    if held is None:
        return None
    if held.delivered_at is not None:
        state = "taken"
    elif held.failed_at is not None:
        state = "refused"
    else:
        state = "held" if held.held_until is not None else "waiting"
    return {
        "state": state,
        "id": held.external_id,
        "held_by": held.held_by,
        "held_until": time_json(held.held_until) if held.held_until else None,
    }


def file_json(row: AttachmentRow, here: str) -> dict[str, Any]:
    """What a file of a case is, and where it is to be had."""
    return {
        "id": row.attachment,
        "name": row.name,
        "media_type": row.media_type,
        "size": row.size,
        "sha256": row.digest,
        "added_at": time_json(row.added_at),
        "source": row.source,
        "href": f"{here}/{row.reference}/attachments/{row.attachment}",
    }


def status_named(word: str) -> CaseStatus:
    """A status by its word. Raises `Problem`."""
    try:
        return CaseStatus(word)
    except ValueError:
        raise Problem("bad-request", f"'status' is one of {', '.join(CaseStatus)}.") from None


def time_json(moment: datetime) -> str:
    """A time to the second, as RFC 3339 has it."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"
