"""docs/bringing-forms.md says of each type what the readers do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from commonhall.catalogue.importing import defra_components, govuk_forms, open_components, open_forms
from commonhall.catalogue.importing.defra_conditions import OPERATORS
from commonhall.catalogue.importing.open_logic import OPERATORS as TRIGGERS
from tests.catalogue.importing.samples import brought, service_of, zipped

DOC = Path("docs/bringing-forms.md").read_text("utf-8")
SECTIONS = dict(part.split("\n", 1) for part in DOC.split("\n### ")[1:])
TYPES = {
    "GOV.UK Forms": (govuk_forms.TYPES,),
    "DEFRA forms": (defra_components.TYPES,),
    "Open Forms": (open_components.TYPES, open_forms.ACTIONS),
}
ALL = [(system, name, becomes) for system, all_of in TYPES.items() for name, becomes in all_of[0].items()]


@pytest.mark.parametrize("system", TYPES)
def test_every_type_stands_there_with_what_it_becomes(system: str) -> None:
    rows = {
        cell.strip(): becomes.strip()
        for line in SECTIONS[system].splitlines()
        if line.startswith("| `")
        for given, becomes in [line.strip("| ").rsplit(" | ", 1)]
        for cell in given.split(",")
    }
    for types in TYPES[system]:
        for name, becomes in types.items():
            assert rows[f"`{name}`"] == (becomes or "left out")


def asking(system: str, kind: str) -> bytes:
    """A form with a question of this type, and one more."""
    options = [{"text": "One", "label": "One", "name": "One", "value": "one"}]
    if system == "GOV.UK Forms":
        settings = {"selection_options": options, "only_one_option": "true"}
        data = {"question_text": "This", "answer_type": kind, "answer_settings": settings}
        other = {"question_text": "Other", "answer_type": "email"}
        return json.dumps(
            {"name": "A form", "steps": [{"id": 1, "data": data}, {"id": 2, "data": other}]}
        ).encode()
    if system == "DEFRA forms":
        parts = [
            {"type": kind, "name": "a", "title": "This", "list": "l"},
            {"type": "EmailAddressField", "name": "b", "title": "Other"},
        ]
        page = {"path": "/a", "title": "A", "components": parts}
        return json.dumps(
            {"name": "A form", "pages": [page], "lists": [{"name": "l", "items": options}]}
        ).encode()
    inside = [{"type": "textfield", "key": "c", "label": "Inside"}]
    parts = [
        {"type": kind, "key": "a", "label": "This", "values": options, "components": inside},
        {"type": "email", "key": "b", "label": "Other"},
    ]
    return zipped(
        {
            "forms.json": [{"uuid": "f", "name": "A form"}],
            "formSteps.json": [{"uuid": "s", "index": 0, "form_definition": "x/d"}],
            "formDefinitions.json": [{"uuid": "d", "name": "A", "configuration": {"components": parts}}],
        }
    )


@pytest.mark.parametrize(("system", "kind", "becomes"), ALL)
def test_a_question_of_each_type_becomes_that(system: str, kind: str, becomes: str) -> None:
    found = brought(asking(system, kind))
    fields = [part for page in service_of(found).definition.pages for part in page.fields]
    if not becomes:
        assert [part.type for part in fields] == ["email"]
        assert any(note.outcome == "left out" and kind in note.words for note in found.notes)
    else:
        assert fields[0].type == becomes.partition(";")[0].partition(",")[0]


def test_every_operator_stands_there() -> None:
    for operator in (*OPERATORS, *TRIGGERS):
        assert f"`{operator}`" in DOC
