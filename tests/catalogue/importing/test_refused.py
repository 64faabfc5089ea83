"""Files that are no form, or one that would do harm: each is refused in words."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from commonhall.catalogue.importing.form import FormRefused
from commonhall.catalogue.importing.reading import read_form
from tests.catalogue.importing.samples import brought, said, service_of, zipped


def govuk(**question: Any) -> dict[str, Any]:
    data = {
        "question_text": "What is it?",
        "answer_type": "text",
        "answer_settings": {"input_type": "single_line"},
    }
    return {"name": "A form", "steps": [{"id": 1, "data": data | question, "routing_conditions": []}]}


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("forms.json", b"[" + b" " * 50_000_000 + b"]")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a form of a system that is known here"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b'{"a": ', "not JSON: line 1"),
        (b'{"pages": []}', "not a form of a system"),
        (b'{"a": NaN}', "numbers or nesting"),
        (b"[" * 100_000, "numbers or nesting"),
        (b"a: &x [*x]", "cannot be read"),
        (b"a: !!python/object:os.system x", "cannot be read"),
        (b"x" * 2_000_001, "over 2 MB"),
        (b"PK\x03\x04 and nothing of a ZIP", "cannot be read as a ZIP"),
        (zipped({"other.json": []}), "has no forms.json"),
        (zipped({"forms.json": []}), "must hold one form, and has 0"),
        (bomb(), "over 2 MB"),
        (json.dumps(govuk(answer_type="file")).encode(), "asks nothing that a service can ask"),
    ],
)
def test_what_cannot_be_brought_in_is_refused_in_words(content: bytes, words: str) -> None:
    with pytest.raises(FormRefused, match=words):
        brought(content)


def test_too_many_pages_are_refused_before_anything_is_worked_out() -> None:
    form = govuk()
    form["steps"] *= 600
    with pytest.raises(FormRefused, match="600 pages; a service has at most 499"):
        read_form(json.dumps(form).encode())


def test_a_package_is_not_taken_for_a_form() -> None:
    with pytest.raises(FormRefused, match=r"has no forms\.json"):
        brought(zipped({"service.yaml": "id: x"}))


def test_conditions_that_lead_in_a_circle_are_told_of() -> None:
    items = [{"id": "r", "conditionId": "one"}]
    form = {
        "name": "A form", "engine": "V2",
        "pages": [
            {"path": "/a", "title": "A", "components": [{"type": "TextField", "name": "a", "title": "A"}]},
            {"path": "/b", "title": "B", "condition": "one",
             "components": [{"type": "TextField", "name": "b", "title": "B"}]},
        ],
        "conditions": [{"id": "one", "displayName": "One", "items": items}],
    }  # fmt: skip
    found = brought(form)
    service_of(found)
    assert "leads back to itself; say when it is asked" in said(found)


def test_routes_back_are_told_of() -> None:
    form = govuk()
    second = {
        "id": 2,
        "data": {
            "question_text": "Again?", "answer_type": "selection",
            "answer_settings": {"only_one_option": "true", "selection_options": [{"name": "Yes"}, {"name": "No"}]},
        },
        "routing_conditions": [{"check_page_id": 2, "answer_value": "Yes", "goto_page_id": 1}],
    }  # fmt: skip
    form["steps"].append(second)
    assert "a route to a page that is not after it" in said(brought(form))


def test_words_that_look_like_code_stay_words() -> None:
    found = brought(
        govuk(question_text="Is {{ settings.x }} 'it' \\ {{?", hint_text="<img src=x onerror=alert(1)>Here")
    )
    page = service_of(found).definition.pages[0]
    assert page.question == "Is [settings.x] 'it' \\ { {?"
    assert page.fields[0].hint == "Here"
