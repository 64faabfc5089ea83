"""Queries of the pool itself."""

from __future__ import annotations

from commonhall.storage.queries import Query

SPEAK_FOR = Query(
    "speak_for",
    "From now on row-level security shows this connection one council's rows, and no other's.",
    "select set_config('commonhall.council', $1, false)",
)
