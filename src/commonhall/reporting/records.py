"""Records as they are sent: read, held to the rules, and made ready to be kept. All that is wrong is told, each with its
record."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from commonhall.reporting.data_types import faults_of
from commonhall.reporting.periods import EARLIEST, LATEST

MOST_RECORDS = 50_000
"""In one request."""
MOST_FIELDS = 60
LONGEST_TEXT = 2_000
MOST_FAULTS = 20
"""More are not told: whoever mends twenty sends again."""
FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:?\d\d)")
_GREATEST = 2**53
"""Beyond it, whole numbers are not the same to every reader of JSON."""
_MAY_BEGIN_SO = {"_id", "_timestamp", "_start_at", "_end_at"}


class RecordsRefused(Exception):  # noqa: N818
    """What was sent cannot be kept, and nothing of it was; `faults` say what is wrong with which record."""

    def __init__(self, message: str, faults: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Records:
    """Records that are right, each id once: ids, times, and the rest of each as JSON."""

    ids: tuple[str, ...]
    moments: tuple[datetime | None, ...]
    bodies: tuple[str, ...]


def read_moment(text: object) -> datetime | None:
    """A moment as ISO 8601 with an offset or Z, in UTC; None for anything else, and for a year that no figures are of."""
    if not isinstance(text, str) or not _MOMENT.fullmatch(text):
        return None
    try:
        found = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if EARLIEST <= found.year < LATEST else None


def read_records(kind: str, sent: object, new_id: Callable[[], str]) -> Records:
    """The records of a request's JSON: one object, or a list of them. One without an `_id` gets a new one; of two with
    the same the later one counts. Raises `RecordsRefused`."""
    rows = sent if isinstance(sent, list) else [sent]
    if len(rows) > MOST_RECORDS:
        raise RecordsRefused(
            f"there are {len(rows):,} records: send at most {MOST_RECORDS:,} at once, in several requests"
        )
    faults: list[str] = []
    found: dict[str, tuple[datetime | None, str]] = {}
    many = len(rows) > 1
    for number, row in enumerate(rows, 1):
        wrong = list(_faults(kind, row))
        if wrong:
            faults += [f"record {number}: {fault}" if many else fault for fault in wrong]
            if len(faults) >= MOST_FAULTS:
                break
        elif not faults:
            record = row["_id"] if "_id" in row else new_id()
            at = read_moment(row["_timestamp"]) if "_timestamp" in row else None
            body = {name: value for name, value in row.items() if name not in {"_id", "_timestamp"}}
            # Taken out first, so that what was sent later stands later.
            found.pop(record, None)
            found[record] = (at, msgspec.json.encode(body).decode())
    if faults:
        raise RecordsRefused("; ".join(faults[:3]), tuple(faults[:MOST_FAULTS]))
    kept = found.values()
    return Records(tuple(found), tuple(at for at, _ in kept), tuple(body for _, body in kept))


def _faults(kind: str, row: Any) -> list[str]:
    if not isinstance(row, Mapping):
        return ["it must be a JSON object"]
    wrong = []
    if len(row) > MOST_FIELDS:
        wrong.append(f"it has more than {MOST_FIELDS} fields")
    for name, value in list(row.items())[:MOST_FIELDS]:
        if not FIELD_NAME.fullmatch(name):
            wrong.append(f"`{_short(name)}` cannot be a field's name: use letters, digits and _")
        elif name == "_timestamp" or name in {"_start_at", "_end_at"}:
            if read_moment(value) is None:
                wrong.append(
                    f"`{name}` must be a date and time with its offset, as 2014-10-01T00:00:00+00:00,"
                    f" between the years {EARLIEST} and {LATEST}"
                )
        elif name == "_id":
            if not isinstance(value, str) or not value or re.search(r"\s|\0", value) or len(value) > 500:
                wrong.append("`_id` must be text without spaces, up to 500 characters")
        elif name.startswith("_") and name not in _MAY_BEGIN_SO:
            wrong.append(f"`{name}` is made here: leave out fields that begin with _")
        elif (fault := _fault_of_value(value)) is not None:
            wrong.append(f"`{name}` {fault}")
    return wrong or list(faults_of(kind, row))


def _fault_of_value(value: Any) -> str | None:
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            return f"is longer than {LONGEST_TEXT:,} characters"
        return "has a character (U+0000) that cannot be kept" if "\0" in value else None
    if isinstance(value, int):
        return None if abs(value) <= _GREATEST else "is too great a number"
    if isinstance(value, float):
        return None if math.isfinite(value) and abs(value) < 1e100 else "is too great a number"
    return "must be text, a number, true, false or null"


def _short(name: str) -> str:
    return name if len(name) <= 40 else f"{name[:40]}…"
