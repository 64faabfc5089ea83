"""The shapes of answers: records, periods, groups, groups with their periods, and the same flat; as JSON and as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import msgspec

from commonhall.casework.moving_extras import harmless
from commonhall.reporting.asking import (
    Asked,
    QueryRefused,
    RecordRow,
    TallyRow,
    Values,
    order_of,
    together,
    value_of,
)
from commonhall.reporting.periods import PERIODS, moved, start_of

Row = dict[str, Any]
NOTHING = Values(0, 0, None, None)


def records(rows: Iterable[RecordRow]) -> list[Row]:
    """Records as they were sent, each with the periods that it lies in."""
    found = []
    # Many records are of the same hour.
    periods: dict[datetime, dict[str, str]] = {}
    for row in rows:
        own: Row = {"_id": row.record, "_updated_at": _time(row.updated_at)}
        if row.at is not None:
            own["_timestamp"] = _time(row.at)
            hour = start_of("hour", row.at)
            if hour not in periods:
                periods[hour] = {f"_{period}_start_at": _time(start_of(period, hour)) for period in PERIODS}
            own |= periods[hour]
        found.append(dict(sorted((own | row.body).items())))
    return found


def tally(asked: Asked, rows: Sequence[TallyRow], *, flat: bool = False) -> list[Row]:
    """What was counted: groups with their periods in them, or with `flat` a row for each of both."""
    ordered = sorted(rows, key=lambda row: ([order_of(key) for key in row.keys], order_of(row.start)))
    if asked.period is None:
        return _picked(asked, [_group(asked, row) | _counts(asked, [row]) for row in ordered])
    if not asked.groups:
        found = _filled(asked, ordered)
        return found if asked.limit is None else found[: asked.limit]
    together_by_keys = [(list(group)) for _, group in groupby(ordered, key=lambda row: repr(row.keys))]
    if flat:
        groups = [
            [_group(asked, group[0]) | row for row in _filled(asked, group)] for group in together_by_keys
        ]
        in_time = sorted((row for group in groups for row in group), key=lambda row: str(row["_start_at"]))
        return _picked(asked, in_time)
    return _picked(
        asked,
        [
            _group(asked, group[0])
            | _counts(asked, group)
            | {"_group_count": len(group), "values": _filled(asked, group)}
            for group in together_by_keys
        ],
    )


def as_csv(rows: Sequence[Row]) -> bytes:
    """A table with a column for every field of any row; values of a set stand in one cell, a comma between."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    page = io.StringIO()
    sheet = csv.writer(page, lineterminator="\n")
    sheet.writerow(columns)
    sheet.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    return page.getvalue().encode()


def as_json(rows: Sequence[Row]) -> bytes:
    """The rows in the envelope that all answers have."""
    return msgspec.json.encode({"data": rows})


def _group(asked: Asked, row: TallyRow) -> Row:
    return dict(zip(asked.groups, row.keys, strict=True))


def _counts(asked: Asked, rows: Sequence[TallyRow]) -> Row:
    found: Row = {"_count": sum(row.many for row in rows)}
    for name, method in asked.collect:
        place = asked.fields.index(name)
        value = value_of(method, together([row.fields[place] for row in rows]))
        found[f"{name}:{'set' if method == 'default' else method}"] = value
        if method == "default":
            found[name] = value
    return found


def _filled(asked: Asked, rows: Sequence[TallyRow]) -> list[Row]:
    """A group's periods in the order of time: where both ends are known all of them, else those that have records."""
    known = {row.start: row for row in rows}
    found = []
    for start in asked.starts() or sorted(start for start in known if start is not None):
        row = known.get(start)
        # Nothing was counted where there is no record: that is no zero of what records would have said.
        empty = {f"{name}:{'set' if method == 'default' else method}": None for name, method in asked.collect}
        found.append(_period(asked, start) | (_counts(asked, [row]) if row else {"_count": 0, **empty}))
    return found


def _period(asked: Asked, start: datetime) -> Row:
    assert asked.period is not None
    return {"_start_at": _time(start), "_end_at": _time(moved(asked.period, start, 1))}


def _picked(asked: Asked, rows: list[Row]) -> list[Row]:
    """In the order that was asked for, as many as were asked for."""
    if asked.sort is not None:
        by, descending = asked.sort
        if rows and not any(by in row for row in rows):
            raise QueryRefused(f"sort_by: the answer has no field {by[:60]}")
        key: Callable[[Row], Any] = lambda row: order_of(_scalar(row.get(by)))  # noqa: E731
        # Those that have nothing to sort by come last, whichever way the others stand.
        rows = sorted((row for row in rows if row.get(by) is not None), key=key, reverse=descending) + [
            row for row in rows if row.get(by) is None
        ]
    return rows if asked.limit is None else rows[: asked.limit]


def _scalar(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float) or value is None:
        return value
    return harmless(_scalar(value))


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
