"""Use cases of data sets: make one, give it another token, send figures to it, remove it.

A data set's address is its group and its type. The group begins with the council's short name, so that the address says
whose figures it has, and no council takes another's name.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from commonhall.engine.staff import Actor
from commonhall.reporting.records import Records, RecordsRefused, read_records
from commonhall.storage import data_sets as stored
from commonhall.storage.audit import NewEntry
from commonhall.storage.pool import Store

BEGINS = "chd_"
"""How every token begins, so that a search for leaked secrets finds them."""
_TOKEN = re.compile(r"chd_[A-Za-z0-9_-]{22}")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_NAME = 100
MOST_IN_A_SET = 500_000
"""Records of one data set: as many as a question can go through."""
MAX_AGE, MAX_AGE_REALTIME = 1800, 120
"""Seconds for which an answer may be kept where nobody says otherwise."""
MAX_AGE_MEASURED = 300
MEASURED = frozenset({"transactions-by-channel", "customer-satisfaction", "completion"})
"""Types of our own measures."""
OPERATOR = Actor("", "the operator", "", frozenset())


class DataSetRefused(Exception):  # noqa: N818
    """What was asked of a data set cannot be done; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What these use cases are handed: `new_token` gives 22 URL-safe characters of chance, `councils` are the short names
    of all councils that there are, here or not; `runs` says whether a council runs a service here."""

    store: Store
    clock: Callable[[], datetime]
    new_token: Callable[[], str]
    councils: Collection[str]
    runs: Callable[[str, str], bool] = lambda _council, _service: False


@dataclass(frozen=True, slots=True)
class HeldToken:
    """A token that holds: its last characters, since when, and until when (None: until it is changed)."""

    ending: str
    made_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class DataSet:
    """A data set of a council. `service` is one of this installation's, `lgsl` of the national list.

    With `raw` its records may be read as they are; `max_age` is in seconds. `version` grows with every change. One that is
    `measured` is not sent: it is what is measured of the service here.
    """

    council: str
    group: str
    type: str
    service: str | None
    lgsl: int | None
    raw: bool
    max_age: int
    version: int
    records: int
    written_at: datetime | None
    tokens: tuple[HeldToken, ...] = ()
    measured: bool = False

    @property
    def address(self) -> str:
        """Its group and type, as they stand in its URL."""
        return f"{self.group}/{self.type}"


async def list_data_sets(figures: Figures, council: str) -> list[DataSet]:
    """A council's data sets, by address, each with the tokens that hold."""
    rows = await stored.list_data_sets(figures.store, council, figures.clock())
    return [_data_set(council, row) for row in rows]


async def find_data_set(figures: Figures, group: str, kind: str) -> DataSet | None:
    """The data set at an address, without its tokens: one that figures are sent to, or one of our own measures."""
    if not (_is_name(group) and _is_name(kind)):
        return None
    if (measured := _measured(figures, group, kind)) is not None:
        return measured
    council = await stored.owner_of_data_set(figures.store, group, kind)
    row = await stored.load_data_set(figures.store, council, group, kind) if council else None
    return _data_set(council, row) if council and row else None


async def make_data_set(
    figures: Figures,
    council: str,
    group: str,
    kind: str,
    *,
    service: str | None,
    lgsl: int | None,
    raw: bool = False,
    max_age: int | None = None,
    by: Actor = OPERATOR,
) -> str:
    """Make a data set, and answer its token: it is shown once and kept as a digest. Raises `DataSetRefused`."""
    if max_age is None:
        max_age = MAX_AGE_REALTIME if kind == "realtime" else MAX_AGE
    _check(figures, council, group, kind, max_age)
    if service is None and lgsl is None:
        raise DataSetRefused("say which service the figures are of")
    if _measured(figures, group, kind) is not None:
        raise DataSetRefused(f"{group}/{kind} is what is measured of the service here: choose another group")
    details = {"service": service or "", "lgsl": lgsl or "", "raw": raw, "max_age": max_age}
    entry = _entry(figures, by, "data_set.add", f"{group}/{kind}", details)
    added = await stored.owner_of_data_set(figures.store, group, kind) is None and await stored.add_data_set(
        figures.store, council, group, kind, service, lgsl, raw, max_age, entry
    )
    if not added:
        raise DataSetRefused(f"there is a data set {group}/{kind} already")
    return await another_token(figures, council, group, kind, by=by)


async def change_data_set(
    figures: Figures, council: str, group: str, kind: str, *, raw: bool, max_age: int, by: Actor = OPERATOR
) -> None:
    """Change how a data set may be read. Raises `DataSetRefused`."""
    _check_age(max_age)
    entry = _entry(figures, by, "data_set.change", f"{group}/{kind}", {"raw": raw, "max_age": max_age})
    if not await stored.change_data_set(figures.store, council, group, kind, raw, max_age, entry):
        raise _missing(group, kind)


async def another_token(
    figures: Figures,
    council: str,
    group: str,
    kind: str,
    *,
    by: Actor = OPERATOR,
    other_holds: timedelta = timedelta(0),
) -> str:
    """Give a data set another token and answer it; the one before it holds for a while, so that nothing stops meanwhile.
    Two hold at most. Raises `DataSetRefused`."""
    token = f"{BEGINS}{figures.new_token()}"
    ends = figures.clock() + other_holds
    details = {"ending": token[-4:], "other_ends": ends.isoformat()}
    entry = _entry(figures, by, "data_set.token", f"{group}/{kind}", details)
    if not await stored.add_token(
        figures.store, council, group, kind, digest_of(token), token[-4:], ends, entry
    ):
        raise _missing(group, kind)
    return token


async def remove_data_set(
    figures: Figures, council: str, group: str, kind: str, *, by: Actor = OPERATOR
) -> int:
    """Remove a data set with all its records; answers how many those were. Raises `DataSetRefused`."""
    entry = _entry(figures, by, "data_set.remove", f"{group}/{kind}")
    gone = await stored.remove_data_set(figures.store, council, group, kind, entry)
    if gone is None:
        raise _missing(group, kind)
    return gone


async def may_write(figures: Figures, data_set: DataSet, token: str) -> bool:
    """Whether a token lets somebody send figures to this data set now."""
    if data_set.measured or not _TOKEN.fullmatch(token):
        return False
    return await stored.token_holds(
        figures.store, data_set.council, data_set.group, data_set.type, digest_of(token), figures.clock()
    )


async def send_records(figures: Figures, data_set: DataSet, sent: object) -> tuple[int, int]:
    """Keep what was sent (the request's JSON), all of it or nothing. Answers how many records came, and how many the set
    has now. Raises `RecordsRefused`."""
    # Thousands of records take a while to look through: others are served meanwhile.
    ready: Records = await asyncio.to_thread(read_records, data_set.type, sent, figures.new_token)
    if not ready.ids:
        return 0, data_set.records
    try:
        whole = await stored.keep_records(
            figures.store, data_set.council, data_set.group, data_set.type, ready.ids, ready.moments, ready.bodies,
            MOST_IN_A_SET, figures.clock(),
        )  # fmt: skip
    except stored.SetFull:
        raise RecordsRefused(
            f"the data set would have more than {MOST_IN_A_SET:,} records: send figures for longer periods"
        ) from None
    if whole is None:
        raise RecordsRefused("the data set has just been removed")
    return len(ready.ids), whole


async def empty(figures: Figures, data_set: DataSet) -> bool:
    """Remove all records of a data set."""
    return await stored.empty_data_set(
        figures.store, data_set.council, data_set.group, data_set.type, figures.clock()
    )


def council_of(councils: Collection[str], group: str) -> str | None:
    """Whose a group is by its name: that of the council with the longest short name that it begins with."""
    known = [one for one in councils if group == one or group.startswith(f"{one}-")]
    return max(known, key=len, default=None)


def _measured(figures: Figures, group: str, kind: str) -> DataSet | None:
    """Our own measures of a service: the group is the council's name, a hyphen and the service's id."""
    council = council_of(figures.councils, group) if kind in MEASURED else None
    service = group.removeprefix(f"{council}-") if council else ""
    if council is None or not figures.runs(council, service):
        return None
    return DataSet(
        council, group, kind, service, None, raw=True, max_age=MAX_AGE_MEASURED, version=0, records=0, written_at=None,
        measured=True,
    )  # fmt: skip


def digest_of(token: str) -> bytes:
    """What is stored of a token: it has 128 bits of chance, so a plain SHA-256 cannot be guessed back."""
    return hashlib.sha256(token.encode()).digest()


def _check(figures: Figures, council: str, group: str, kind: str, max_age: int) -> None:
    for what, name in (("group", group), ("type", kind)):
        if not _is_name(name):
            raise DataSetRefused(
                f"'{name[:80]}' cannot be a {what}: use small letters, digits and hyphens, {LONGEST_NAME} at most"
            )
    if council not in figures.councils:
        raise DataSetRefused(f"there is no council '{council}' in the directory")
    owner = council_of(figures.councils, group)
    if owner != council:
        whose = f"'{group}' would be a group of {owner}" if owner else f"'{group}' names no council"
        raise DataSetRefused(f"{whose}: let the group begin with the council's name, as {council}-{group}")
    _check_age(max_age)


def _check_age(max_age: int) -> None:
    if not 0 <= max_age <= 86_400:
        raise DataSetRefused("an answer may be kept for 0 to 86,400 seconds (a day)")


def _is_name(name: str) -> bool:
    return len(name) <= LONGEST_NAME and _NAME.fullmatch(name) is not None


def _missing(group: str, kind: str) -> DataSetRefused:
    return DataSetRefused(f"there is no data set {group}/{kind}")


def _entry(
    figures: Figures, by: Actor, action: str, subject: str, details: Mapping[str, object] | None = None
) -> NewEntry:
    return NewEntry(figures.clock(), by.person or None, by.name, action, subject, details or {})


def _data_set(council: str, row: stored.DataSetRow) -> DataSet:
    tokens = tuple(
        HeldToken(ending, datetime.fromisoformat(made), datetime.fromisoformat(ends) if ends else None)
        for ending, made, ends in row.tokens
    )
    return DataSet(
        council, row.group, row.type, row.service, row.lgsl, row.raw, row.max_age, row.version, row.records,
        row.written_at, tokens,
    )  # fmt: skip
