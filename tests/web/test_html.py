"""Every page of every service of every demo council is valid HTML, in both languages."""

from __future__ import annotations

import pytest

from commonhall.casework.sites import Site
from commonhall.web.resident.compile import Compiler
from tests.houses import COUNCILS
from tests.html import html_faults
from tests.web.rendered import pages_of


@pytest.mark.parametrize("council", COUNCILS)
def test_every_page_of_every_service_is_valid(compiler: Compiler, sites: list[Site], council: str) -> None:
    site = next(site for site in sites if site.council == council)
    # Errors look the same in every council; two councils' are enough.
    errors = council in {"solihull", "cardiff"}
    pages = {
        f"{language} {adopted.service.id} {name}": text
        for language in site.languages
        for adopted in site.services
        for name, text in pages_of(compiler, site, adopted, language, errors=errors)
    }
    assert len(pages) > 30
    assert html_faults(pages) == []


def test_the_validator_finds_what_is_wrong() -> None:
    found = html_faults(
        {"bad": "<!DOCTYPE html><html lang=en><title>A</title><p><div>no</div><img src=a></p></html>"}
    )
    assert any("wcag/h37" in fault or "alt" in fault for fault in found)
