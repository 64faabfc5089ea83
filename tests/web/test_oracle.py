"""A compiled page is, byte for byte, the page that the templates render with the values in place."""

from __future__ import annotations

from typing import Any

import pytest

from commonhall.casework.sites import Site
from commonhall.engine.fields.base import CompiledField
from commonhall.engine.journey import label_of, parse_page
from commonhall.engine.messages import message
from commonhall.web.assets import Assets
from commonhall.web.pages import Pages
from commonhall.web.resident import compile as compiling
from commonhall.web.resident import components
from commonhall.web.resident.compile import Compiler, Place, raw_values
from commonhall.web.resident.shapes import CLOSE, OPEN, Shapes
from tests.web.rendered import COMMON, TODAY

TYPED = f'<b>Mair & "Siân" O\'Neil</b> {{{{ 7*7 }}}} {OPEN}token{CLOSE}'


def inputs(part: CompiledField) -> dict[str, str]:
    """Every input of a question with something to send: the last option, or what somebody typed."""
    pieces = {
        "address": ("line1", "line2", "town", "postcode"),
        "date": ("day", "month", "year"),
        "map-location": ("description", "postcode", "lat", "long"),
    }.get(part.type)
    if pieces:
        return {f"{part.id}-{piece}": TYPED for piece in pieces}
    if part.fields:
        return {
            f"{part.id}-0-{name}": text for column in part.fields for name, text in inputs(column).items()
        }
    if part.type == "declaration":
        return {part.id: "yes"}
    return {part.id: part.choices[-1].code if part.choices else TYPED}


@pytest.mark.parametrize("language", ["en", "cy"])
def test_the_compiled_page_is_the_rendered_page(
    sites: list[Site], assets: Assets, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    # Fill first: afterwards the holes are gone.
    cases: list[tuple[Compiler, Place, Any, list[Any], dict[str, str], bytes]] = []
    for site in sites[:2]:
        for adopted in site.services:
            place = Place(site, adopted, language)
            for page in (page for page in adopted.pages if not page.exit):
                form = {name: text for part in page.fields for name, text in inputs(part).items()}
                _, found = parse_page(page, {name: [text] for name, text in form.items()}, TODAY)
                for faults in ([], list(found)):
                    values = {**raw_values({name: [text] for name, text in form.items()}), **COMMON}
                    compiler = Compiler(Pages(), assets, Shapes(), None) if not cases else cases[0][0]
                    filled = compiler.question(place, page, faults, 1, values)
                    cases.append((compiler, place, page, faults, form, filled))
    assert len(cases) > 50
    for compiler, place, page, faults, form, filled in cases:
        plain = {f"value:{name}": text for name, text in form.items()}
        plain |= {name: text.decode() for name, text in COMMON.items()}
        for fault in reversed(faults):
            part = place.adopted.fields[fault.field]
            label = label_of(place.adopted, page, part, language)
            plain[f"error:{fault.input}"] = message(place.adopted, part, label, fault, language)
        marks = {f"{kind}:{name}:{text}" for kind in ("mark", "pick") for name, text in form.items()}

        def mark(name: str, marks: set[str] = marks) -> dict[str, Any]:
            word = "selected" if name.startswith("pick") else "checked"
            return {word: {"value": name in marks, "optional": True}}

        for module in (compiling, components):
            monkeypatch.setattr(module, "hole", lambda name, plain=plain: plain.get(name, ""))
        monkeypatch.setattr(components, "mark", mark)
        failing = tuple(dict.fromkeys(fault.input for fault in faults))
        assert compiler._question(place, page, failing, 1).encode() == filled, page.id
