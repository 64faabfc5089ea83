"""A chart: one picture in two widths, words for those who do not see it, and the figures that it is drawn from."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any, Literal

import msgspec

Kind = Literal["text", "count", "share", "fine share", "number", "rate"]


class Gap(Enum):
    """Why a figure is not there, by the signs of the Government Analysis Function for data tables."""

    SMALL = "[c]"
    """Kept back: it is small, or would tell a small one."""
    NOTHING = "[x]"
    """There is none: nothing was counted that it could be worked out from."""


Cell = str | int | float | Gap


@dataclass(frozen=True, slots=True)
class Column:
    """A column of figures: `key` for machines, `title` for people; a `share` is 0.0 to 1.0, a `rate` is per 100,000."""

    key: str
    title: str
    kind: Kind = "count"


@dataclass(frozen=True, slots=True)
class Table:
    """The figures of a chart; the first column names the rows. `gaps` says whether a cell is kept back."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def has(self, gap: Gap) -> bool:
        """Whether some cell is missing for this reason."""
        return any(cell is gap for row in self.rows for cell in row)

    def as_csv(self) -> bytes:
        """The figures as RFC 4180 has them, in UTF-8, under the columns' keys."""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(column.key for column in self.columns)
        for row in self.rows:
            writer.writerow(_plain(cell) for cell in row)
        return out.getvalue().encode()

    def as_rows(self) -> list[dict[str, str | int | float | None]]:
        """The figures by their columns' keys; what is missing is None."""
        return [
            {
                column.key: None if isinstance(cell, Gap) else cell
                for column, cell in zip(self.columns, row, strict=True)
            }
            for row in self.rows
        ]


def _plain(cell: Cell) -> str | int | float:
    if isinstance(cell, Gap):
        return cell.value
    # A spreadsheet would run what begins like a formula.
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in tuple("=+-@\t\r") else cell


@dataclass(frozen=True)
class Chart:
    """One chart. `wide` and `narrow` are Vega-Lite specifications; `alt` says what they show, `about` what is counted."""

    name: str
    title: str
    alt: str
    about: str
    wide: Mapping[str, Any]
    narrow: Mapping[str, Any]
    table: Table
    language: str = "en"
    note: str = ""

    def spec(self, size: str) -> Mapping[str, Any]:
        """The specification of a width."""
        return self.narrow if size == "narrow" else self.wide

    @cached_property
    def digest(self) -> str:
        """A name of what is drawn and of its figures: other figures have another."""
        content = [self.wide, self.narrow, self.language, self.title, self.about, self.table.as_rows()]
        return hashlib.blake2b(msgspec.json.encode(content, order="deterministic"), digest_size=8).hexdigest()

    def as_json(self) -> bytes:
        """The figures with what they are, for machines."""
        return msgspec.json.encode(
            {
                "name": self.name,
                "title": self.title,
                "about": self.about,
                "note": self.note,
                "columns": [
                    {"key": column.key, "title": column.title, "kind": column.kind}
                    for column in self.table.columns
                ],
                "rows": self.table.as_rows(),
                "kept_back": self.table.has(Gap.SMALL),
            }
        )
