"""No table and no column of a council's data is forgotten when the council leaves."""

from __future__ import annotations

from pathlib import Path

from commonhall.storage.moving import COUNTED, LEFT_OUT, SUMMED, TABLES
from commonhall.storage.pool import Store
from tests.storage.town import tenant_tables

DOCS = Path(__file__).resolve().parent.parent.parent / "docs" / "leaving.md"


async def test_every_table_leaves_or_is_left_out_with_a_reason(store: Store) -> None:
    apart = {*LEFT_OUT, *COUNTED, *SUMMED}
    assert {table.name for table in TABLES} | apart == set(await tenant_tables(store))
    assert not {table.name for table in TABLES} & set(LEFT_OUT)


async def test_every_table_and_column_is_described(store: Store) -> None:
    text = DOCS.read_text("utf-8")
    parts = {part.split("`")[1]: part for part in text.split("\n### ")[1:]}
    for table in (*(table.name for table in TABLES), *LEFT_OUT, *COUNTED, *SUMMED):
        assert table in parts, f"docs/leaving.md has no heading for {table}"
    for table in TABLES:
        rows = await store.owner.fetch(
            "select column_name from information_schema.columns where table_name = $1", table.name
        )
        missing = [row[0] for row in rows if f"`{row[0]}`" not in parts[table.name]]
        assert missing == [], f"docs/leaving.md does not describe these columns of {table.name}"
