"""What the columns of the open data are, and the data package (Frictionless) that says so to machines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from commonhall.reporting.open_data import Row
from commonhall.reporting.transactions import Quarter, header

ROOT = "/open-data"
LICENCE = {
    "name": "OGL-UK-3.0",
    "title": "Open Government Licence v3.0",
    "path": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
}
Kind = Literal["date", "boolean", "string", "integer", "number"]
_HIDDEN = "Empty where fewer than 10, or where a smaller one could be worked out from it."


@dataclass(frozen=True, slots=True)
class Column:
    """One column. A `required` one is never empty."""

    name: str
    kind: Kind
    about: str
    required: bool = False


COLUMNS = (
    Column("month", "date", "The first day of the month.", True),
    Column("complete", "boolean", "Whether the month is over. Counts of one that is not are rounded down to tens.", True),
    Column("council", "string", "The council's short name, as in its address here.", True),
    Column("gss", "string", "The council's GSS code (Office for National Statistics).", True),
    Column("council_name", "string", "The council's name in English.", True),
    Column("simulated", "boolean", "Whether no real people are counted: a demonstration, or a simulation.", True),
    Column("service", "string", "The service's id, the same at all councils.", True),
    Column("service_name", "string", "What the council calls the service.", True),
    Column("lgsl", "integer", "The service by the Local Government Service List; empty where it is not run here any more."),
    Column("lgil", "integer", "The interaction by the Local Government Interaction List; empty likewise."),
    Column("channel", "string", "online, phone, in-person, post (staff entered these), or api (another system's page).", True),
    Column("starts", "integer", f"Journeys begun in the month. {_HIDDEN}"),
    Column("completed", "integer", f"Of these, how many were sent, or found not eligible. {_HIDDEN}"),
    Column("not_completed", "integer", f"Of these, how many were led elsewhere, or given up. {_HIDDEN}"),
    Column("sent", "integer", f"Transactions sent in the month, whenever they were begun. {_HIDDEN}"),
    Column("chases", "integer", f"Of these, how many were about something still being worked on. {_HIDDEN}"),
    Column("repeats", "integer", f"Of these, how many were about something closed within the last 28 days. {_HIDDEN}"),
    Column("closed", "integer", f"Cases closed in the month. {_HIDDEN}"),
    Column("in_time", "integer", f"Of these, how many by their target. {_HIDDEN}"),
    Column("late", "integer", f"Of these, how many after it. {_HIDDEN}"),
    Column("fixed", "integer", f"Of these, how many as fixed or done. {_HIDDEN}"),
    Column("fixed_first", "integer", f"Of the fixed, how many were not opened or reported again. {_HIDDEN}"),
    Column("responses", "integer", f"How many scored the service in the month. {_HIDDEN}"),
    Column("satisfaction", "number", "Their mean score: 0 is very dissatisfied, 1 very satisfied. Empty as responses are."),
    Column("mean_seconds", "integer", "Mean seconds from start to sending, of journeys begun in the month; 10 or more."),
    Column("mean_wait_hours", "integer", "Mean hours from sending to closing, of the closed. Empty as closed is."),
)  # fmt: skip
assert tuple(column.name for column in COLUMNS) == Row._fields


def table_schema() -> dict[str, Any]:
    """The columns as a Table Schema."""
    return {
        "fields": [
            {
                "name": column.name,
                "type": column.kind,
                "description": column.about,
                **({"constraints": {"required": True}} if column.required else {}),
            }
            for column in COLUMNS
        ],
        "missingValues": [""],
        "primaryKey": ["month", "council", "service", "channel"],
    }


def data_package(
    name: str, title: str, url: str, months: Sequence[date], quarters: Iterable[Quarter], today: date
) -> dict[str, Any]:
    """The package: every file, what it is, and what may be done with it. `url` is its own page."""
    return {
        "profile": "data-package",
        "name": name,
        "title": title,
        "description": (
            "How councils' transactions are used and how they go, counted from the journeys themselves. "
            "Small counts are hidden. The columns are described in each resource's schema."
        ),
        "homepage": url,
        "version": today.isoformat(),
        "licenses": [LICENCE],
        "keywords": ["local government", "transactions", "performance"],
        "resources": [
            *(_csv(month, today) for month in reversed(months)),
            *(_parquet(month, today) for month in reversed(months)),
            *(_quarter(quarter) for quarter in reversed(list(quarters))),
        ],
    }


def is_of(month: date, today: date) -> bool:
    """Whether a month is the one that is not over."""
    return (month.year, month.month) == (today.year, today.month)


def month_name(month: date) -> str:
    """As addresses name it: 2026-03."""
    return f"{month:%Y-%m}"


def _about(month: date, today: date) -> str:
    so_far = f", up to {today.isoformat()}: not complete" if is_of(month, today) else ""
    return f"Measures of {month:%B %Y}{so_far}"


def _csv(month: date, today: date) -> dict[str, Any]:
    return {
        "profile": "tabular-data-resource",
        "name": f"measures-{month_name(month)}",
        "title": _about(month, today),
        "path": f"{month_name(month)}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": {"lineTerminator": "\n"},
        "schema": table_schema(),
    }


def _parquet(month: date, today: date) -> dict[str, Any]:
    return {
        "profile": "data-resource",
        "name": f"measures-{month_name(month)}-parquet",
        "title": f"{_about(month, today)}, as Parquet",
        "description": f"The same rows and columns as measures-{month_name(month)}.",
        "path": f"{month_name(month)}.parquet",
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
    }


def _quarter(quarter: Quarter) -> dict[str, Any]:
    label = quarter.label.lower()
    return {
        "profile": "tabular-data-resource",
        "name": f"transactions-explorer-{label}",
        "title": f"{quarter.label} in the columns of the Transactions Explorer",
        "path": f"transactions-explorer-{label}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": {"lineTerminator": "\n"},
        "schema": {"fields": [{"name": name, "type": "string"} for name in header([quarter])]},
    }
