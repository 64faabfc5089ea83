"""What is compared: one module each, with `make_ready(database, workers)`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from benchmarks.steps import Script


class Absent(Exception):  # noqa: N818
    """A part that cannot be measured now, with the reason in plain words."""


@dataclass(frozen=True, slots=True)
class Server:
    """One command to start, with what it needs in its environment, and the port on which it answers."""

    command: Sequence[str]
    env: Mapping[str, str]
    port: int


@dataclass(frozen=True, slots=True)
class Ready:
    """A peer that is ready to start: its servers, its journey, and the SQL that counts its cases."""

    servers: tuple[Server, ...]
    script: Script
    count_cases: str


MISSED_BIN: tuple[tuple[str, str], ...] = (
    ("line1", "{n} High Street"),
    ("town", "Solihull"),
    ("postcode", "B91 3QT"),
)
"""The address that every peer's person gives."""


def last_weekday() -> date:
    """The last weekday before today: a day on which a bin can have been missed."""
    day = date.today() - timedelta(days=1)  # noqa: DTZ011 - the server's own day is what the rule compares with
    while day.weekday() >= 5:
        day -= timedelta(days=1)
    return day
