"""The CSV of local links against GOV.UK's own examples: whoever reads those reads ours."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tests.api.conftest import Outside, office, outside

__all__ = ["office", "outside"]


@pytest.mark.parametrize("example", ["exported_links", "imported_links_few_errors"])
async def test_every_column_that_is_exported_or_imported_is_there(
    standards: Path, outside: Outside, example: str
) -> None:
    with (standards / "govuk" / "local-links-manager" / f"{example}.csv").open(encoding="utf-8") as file:
        theirs = csv.DictReader(file)
        wanted = set(theirs.fieldnames or ()) - {"SNAC"}
        kinds = [row["Supported by GOV.UK"] for row in theirs]
    ours = list(csv.DictReader(io.StringIO((await outside.http.get("/local-links.csv")).text)))
    assert wanted <= ours[0].keys(), "SNAC codes are history: GSS codes took their place"
    if example == "exported_links":
        assert {row["Supported by GOV.UK"] for row in ours} <= set(kinds)
    for row in ours:
        assert row["New URL"].startswith("http")
        assert int(row["LGSL"]) > 0
        assert int(row["LGIL"]) >= 0
