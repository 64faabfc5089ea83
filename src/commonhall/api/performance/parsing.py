"""The parameters of a question: each read, held to its form, and to the others. What is wrong is said in words."""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time

from commonhall.reporting.asking import MOST_ROWS, Asked, QueryRefused, Sort
from commonhall.reporting.periods import EARLIEST, LATEST, PERIODS, moved, start_of
from commonhall.reporting.records import FIELD_NAME, read_moment

REPEATABLE = ("filter_by", "filter_by_prefix", "group_by", "collect")
SINGLE = ("start_at", "end_at", "duration", "period", "sort_by", "limit", "flatten", "inclusive", "format")
METHODS = ("sum", "count", "set", "mean")
FORMATS = ("json", "csv")
MOST = {"filter_by": 10, "filter_by_prefix": 5, "group_by": 4, "collect": 6}
"""How often each may be given."""
LONGEST_QUERY = 4_000
LONGEST_DURATION = MOST_ROWS
OWN = {"_timestamp", "_id", "_updated_at"}
"""Fields of records that are not sent, by which they may be sorted."""

Given = Sequence[tuple[str, str]]


def parse(given: Given, now: datetime, *, raw_allowed: bool) -> Asked:
    """The question of a query's parameters, in their order. Raises `QueryRefused`."""
    _check_names(given)
    one = dict(given)
    period = _one_of(one, "period", PERIODS)
    start, end, duration = _span(one, period, now)
    asked = Asked(
        start=start,
        end=end,
        inclusive=_flag(one, "inclusive"),
        period=period,
        duration=duration,
        filters=_pairs(given, "filter_by"),
        prefixes=_pairs(given, "filter_by_prefix"),
        groups=_groups(given),
        collect=_collect(given),
        sort=_sort(one),
        limit=_whole(one, "limit", MOST_ROWS) or None,
        flatten=_flag(one, "flatten"),
    )
    _check_together(asked)
    if not raw_allowed:
        _check_is_counted(asked)
    return asked


def wants_csv(given: Given, accept: str) -> bool:
    """Whether the answer is to be a table. Raises `QueryRefused`."""
    wanted = _one_of(dict(given), "format", FORMATS)
    return wanted == "csv" or (
        wanted is None and accept.partition(",")[0].partition(";")[0].strip() == "text/csv"
    )


def _check_names(given: Given) -> None:
    if sum(len(name) + len(value) for name, value in given) > LONGEST_QUERY:
        raise QueryRefused(f"the question is longer than {LONGEST_QUERY:,} characters")
    counts = Counts(name for name, _ in given)
    if unknown := sorted(counts.keys() - set(REPEATABLE) - set(SINGLE)):
        known = ", ".join((*SINGLE, *REPEATABLE))
        raise QueryRefused(f"unknown parameter: {unknown[0][:40]}. There are {known}")
    for name, many in counts.items():
        if many > MOST.get(name, 1):
            often = f"{MOST[name]} times at most" if name in MOST else "once"
            raise QueryRefused(f"{name} may be given {often}")
    if any("\0" in value for _, value in given):
        raise QueryRefused("a value has a character (U+0000) that no record has")


def _span(
    one: dict[str, str], period: str | None, now: datetime
) -> tuple[datetime | None, datetime | None, int]:
    start, end = _moment(one, "start_at"), _moment(one, "end_at")
    duration = _whole(one, "duration", LONGEST_DURATION)
    if duration is not None:
        if duration == 0:
            raise QueryRefused("duration must be 1 or more")
        if period is None:
            raise QueryRefused("duration counts periods: give a period, too")
        if start and end:
            raise QueryRefused("duration says where a span ends: leave out start_at or end_at")
        at = start_of(period, start or end or now)
        try:
            start, end = (at, moved(period, at, duration)) if start else (moved(period, at, -duration), at)
        except (ValueError, OverflowError):
            start, end = None, None
        if start is None or end is None or start.year < EARLIEST or end.year > LATEST:
            raise QueryRefused("duration leads to a year that there are no figures of")
        return start, end, duration if "start_at" in one else -duration
    if start and end and end < start:
        raise QueryRefused("end_at is before start_at")
    return start, end, 0


def _moment(one: dict[str, str], name: str) -> datetime | None:
    if name not in one:
        return None
    # A plus that was not escaped in an address arrives as a space.
    found = read_moment(one[name].replace(" ", "+"))
    if found is None:
        raise QueryRefused(
            f"{name} is not a date and time: write it with its offset, as 2014-10-01T00:00:00Z, in the years"
            f" {EARLIEST} to {LATEST}"
        )
    return found


def _whole(one: dict[str, str], name: str, most: int) -> int | None:
    if name not in one:
        return None
    text = one[name]
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise QueryRefused(f"{name} must be a whole number, 0 or more")
    if int(text) > most:
        raise QueryRefused(f"{name} may be {most:,} at most")
    return int(text)


def _one_of(one: dict[str, str], name: str, words: Sequence[str]) -> str | None:
    if name in one and one[name] not in words:
        raise QueryRefused(f"{name} must be one of {', '.join(words)}")
    return one.get(name)


def _flag(one: dict[str, str], name: str) -> bool:
    return _one_of(one, name, ("true", "false")) == "true"


def _name(text: str, parameter: str, *, own: bool = False) -> str:
    if not FIELD_NAME.fullmatch(text):
        raise QueryRefused(f"{parameter}: '{text[:40]}' cannot be a field's name")
    if text.startswith("_") and not own:
        raise QueryRefused(f"{parameter}: fields that begin with _ are made here, and cannot be asked for")
    return text


def _values(given: Given, name: str) -> list[str]:
    return [value for key, value in given if key == name]


def _pairs(given: Given, name: str) -> tuple[tuple[str, str], ...]:
    found = []
    for value in _values(given, name):
        key, colon, wanted = value.partition(":")
        if not colon:
            raise QueryRefused(f"{name} must be a field and a value with a colon between, as channel:paper")
        found.append((_name(key, name), wanted))
    return tuple(found)


def _groups(given: Given) -> tuple[str, ...]:
    found = tuple(_name(value, "group_by") for value in _values(given, "group_by"))
    if len(set(found)) < len(found):
        raise QueryRefused("group_by names a field twice")
    return found


def _collect(given: Given) -> tuple[tuple[str, str], ...]:
    found = []
    for value in _values(given, "collect"):
        key, colon, method = value.partition(":")
        if colon and method not in METHODS:
            raise QueryRefused(f"collect: a method must be one of {', '.join(METHODS)}, as count:sum")
        found.append((_name(key, "collect"), method or "default"))
    return tuple(dict.fromkeys(found))


def _sort(one: dict[str, str]) -> Sort | None:
    if "sort_by" not in one:
        return None
    # The field may be a collected one, as count:sum.
    key, colon, direction = one["sort_by"].rpartition(":")
    if not colon or direction not in {"ascending", "descending"}:
        raise QueryRefused(
            "sort_by must be a field and ascending or descending with a colon between, as channel:ascending"
        )
    _name(key.partition(":")[0], "sort_by", own=True)
    return Sort(key, direction == "descending")


def _check_together(asked: Asked) -> None:
    if asked.is_raw:
        if asked.collect:
            raise QueryRefused("collect needs a period or group_by: there is nothing to collect from records")
        if asked.sort and ":" in asked.sort.by:
            raise QueryRefused("sort_by: records have no collected fields")
        if asked.sort and asked.sort.by.startswith("_") and asked.sort.by not in OWN:
            raise QueryRefused(f"sort_by: of fields that begin with _, records have {', '.join(sorted(OWN))}")
    elif asked.sort and asked.period and not asked.groups:
        raise QueryRefused(
            "sort_by: periods are always in the order of time; give group_by, too, or leave it out"
        )
    if asked.period and not asked.flatten and "values" in (*asked.groups, *asked.fields):
        raise QueryRefused("groups have `values` of their own, their periods: give flatten=true, too")
    both = [name for name, _ in asked.collect if name in asked.groups]
    if both:
        raise QueryRefused(f"collect: {both[0]} is what is grouped by")


def _check_is_counted(asked: Asked) -> None:
    """A data set whose records may not be read as they are is read in whole periods, too: no span is so short that it
    holds one record."""
    if asked.is_raw:
        raise QueryRefused("this data set's records are not read one by one: give a period or group_by")
    for name, moment in (("start_at", asked.start), ("end_at", asked.end)):
        if moment is None:
            continue
        if moment.astimezone(UTC).time() != time(0):
            raise QueryRefused(f"{name} must be midnight in UTC")
        wrong, words = _BOUNDARIES.get(asked.period or "", (_never, ""))
        if wrong(moment):
            raise QueryRefused(f"{name} must be {words} where the period is {asked.period}")


def _never(_moment: datetime) -> bool:
    return False


_BOUNDARIES: dict[str, tuple[Callable[[datetime], bool], str]] = {
    "week": (lambda moment: moment.weekday() != 0, "a Monday"),
    "month": (lambda moment: moment.day != 1, "the first of a month"),
    "quarter": (
        lambda moment: (moment.month % 3, moment.day) != (1, 1),
        "the first of January, April, July or October",
    ),
    "year": (lambda moment: (moment.month, moment.day) != (1, 1), "the first of January"),
}
