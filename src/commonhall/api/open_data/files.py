"""Rows as the bytes of a CSV or a Parquet file: the same rows give the same bytes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date

from arro3.core import Array, DataType, Field, Schema, Table
from arro3.io import write_parquet

from commonhall.api.open_data.schema import COLUMNS, LICENCE
from commonhall.casework.moving_extras import harmless
from commonhall.reporting.open_data import Row

EPOCH = date(1970, 1, 1)
_TYPES = {
    "date": DataType.date32(),
    "boolean": DataType.bool(),
    "string": DataType.utf8(),
    "integer": DataType.int64(),
    "number": DataType.float64(),
}


def as_csv(rows: Iterable[Row]) -> bytes:
    """The rows under their columns' names (RFC 4180, lines end with a line feed). Nothing for what is hidden."""
    return csv_of([column.name for column in COLUMNS], ([_cell(value) for value in row] for row in rows))


def csv_of(header: Sequence[str], lines: Iterable[Sequence[str]]) -> bytes:
    """Lines of cells under their names. No cell is one that a spreadsheet would run."""
    page = io.StringIO()
    sheet = csv.writer(page, lineterminator="\n")
    sheet.writerow(header)
    sheet.writerows([harmless(cell) for cell in line] for line in lines)
    return page.getvalue().encode()


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case date():
            return value.isoformat()
        case _:
            return str(value)


def as_parquet(rows: Sequence[Row]) -> bytes:
    """The rows as Parquet, each column with its description, the file with its licence."""
    columns = list(zip(*rows, strict=True)) or [()] * len(COLUMNS)
    fields = [
        Field(
            column.name,
            _TYPES[column.kind],
            nullable=not column.required,
            metadata={"description": column.about},
        )
        for column in COLUMNS
    ]
    arrays = [_array(column.kind, values) for column, values in zip(COLUMNS, columns, strict=True)]
    schema = Schema(fields, metadata={"licence": LICENCE["path"]})
    file = io.BytesIO()
    write_parquet(
        Table.from_arrays(arrays, schema=schema),
        file,
        compression="zstd(3)",
        key_value_metadata={"licence": LICENCE["path"]},
    )
    return file.getvalue()


def _array(kind: str, values: Sequence[object]) -> Array:
    if kind == "date":
        days = [(value - EPOCH).days for value in values if isinstance(value, date)]
        return Array(days, DataType.int32()).cast(DataType.date32())
    return Array(values, _TYPES[kind])
