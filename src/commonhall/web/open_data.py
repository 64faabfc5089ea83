"""The page that lists the files of open data: the same words on a council's site and on the finder."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from commonhall.engine.fields.numbers import MONTHS
from commonhall.reporting.transactions import whole_quarters

Months = Callable[[Sequence[str]], Awaitable[list[date]]]
"""The months that there are files of, of these councils: in order, the last one this month."""
LICENCE = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"


async def no_months(_councils: Sequence[str]) -> list[date]:
    """Where nothing is counted."""
    return []


@dataclass(frozen=True, slots=True)
class DataFile:
    """One line of the page: what it is, and the files of it, by format."""

    title: str
    links: tuple[tuple[str, str], ...]


WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType({
    "en": MappingProxyType({
        "title": "Open data",
        "intro": "How our services are used and how they go, month by month, for anybody to use.",
        "hidden": "Counts below 10 are left out, so that no figure is about a few people.",
        "licence": "Open Government Licence v3.0",
        "licence_before": "You may use it under the",
        "schema": "Every column is described in the data package (datapackage.json).",
        "schema_link": "The data package",
        "months": "Months",
        "quarters": "Quarters, in the columns of the Transactions Explorer",
        "so_far": "{month}, so far: not complete",
        "none": "Nothing has been counted yet.",
    }),
    "cy": MappingProxyType({
        "title": "Data agored",
        "intro": "Sut mae ein gwasanaethau’n cael eu defnyddio a sut maent yn mynd, fis wrth fis, i unrhyw un eu defnyddio.",
        "hidden": "Mae cyfrifon o dan 10 yn cael eu gadael allan, fel nad yw unrhyw ffigur am ychydig o bobl.",
        "licence": "Drwydded Llywodraeth Agored v3.0",
        "licence_before": "Gallwch ei ddefnyddio o dan y",
        "schema": "Disgrifir pob colofn yn y pecyn data (datapackage.json).",
        "schema_link": "Y pecyn data",
        "months": "Misoedd",
        "quarters": "Chwarteri, yng ngholofnau’r Transactions Explorer",
        "so_far": "{month}, hyd yn hyn: heb ei gwblhau",
        "none": "Nid oes dim wedi’i gyfrif eto.",
    }),
})  # fmt: skip


def values(months: Sequence[date], language: str) -> dict[str, Any]:
    """What the page shows: the newest first."""
    words = WORDS[language]
    listed = []
    for month in reversed(months):
        name = f"{MONTHS[language][month.month - 1]} {month.year}"
        title = words["so_far"].format(month=name) if month == months[-1] else name
        address = f"/open-data/{month:%Y-%m}"
        listed.append(DataFile(title, (("CSV", f"{address}.csv"), ("Parquet", f"{address}.parquet"))))
    quarters = []
    for quarter in reversed(whole_quarters(months, months[-1])) if months else ():
        address = f"/open-data/transactions-explorer-{quarter.label.lower()}.csv"
        quarters.append(DataFile(quarter.label, (("CSV", address),)))
    return {"d": words, "months": listed, "quarters": quarters, "licence": LICENCE}
