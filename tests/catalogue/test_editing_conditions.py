"""Conditions chosen from menus and conditions in CEL say the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonhall.catalogue.editing.conditions import (
    OPERATORS,
    Row,
    Subject,
    faults_of,
    from_cel,
    takes,
    to_cel,
)
from commonhall.catalogue.editing.menus import in_words, menu, subjects_of
from commonhall.catalogue.editing.patching import read
from commonhall.engine.expressions import BOOL, DATE, DOUBLE, INT, STRING, STRINGS, Dialect
from commonhall.engine.expressions import ROWS as LIST
from commonhall.engine.working_days import load_calendars

SERVICES = Path(__file__).parents[2] / "services"
CODES = (("a", "Apple"), ("b-2", "Two words"))
SUBJECTS = (
    Subject("answers.one", "One", "choice", CODES),
    Subject("answers.some", "Some", "choices", CODES),
    Subject("answers.people", "People", "rows"),
    Subject("answers.count", "Count", "whole"),
    Subject("answers.size", "Size", "number"),
    Subject("answers.day", "Day", "date"),
    Subject("answers.home.postcode", "Postcode", "words"),
    Subject("answers.agree", "Agree", "yes"),
    Subject("settings.bins", "Bins", "options", CODES),
    Subject("settings.tell", "Telephone", "setting-words"),
    Subject("settings.limit", "Limit", "whole"),
)
TYPES = {"choice": STRING, "choices": STRINGS, "options": STRINGS, "rows": LIST, "whole": INT, "number": DOUBLE,
         "date": DATE, "words": STRING, "setting-words": STRING, "yes": BOOL}  # fmt: skip
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=6)


@st.composite
def rows(draw: st.DrawFn) -> Row:
    subject = draw(st.sampled_from(SUBJECTS))
    operator = draw(st.sampled_from(OPERATORS[subject.kind]))
    value = ""
    if takes(operator) == "number":
        value = draw(st.one_of(st.integers(-9, 99).map(str), st.just("settings.limit")))
        if subject.kind == "number" and value == "settings.limit":
            value = "2.5"
    elif takes(operator) == "code":
        value = draw(st.sampled_from(CODES))[0] if subject.options else draw(WORDS)
    return Row(subject.name, operator, value, draw(st.booleans()))


@given(st.lists(rows(), max_size=5))
@settings(deadline=None)
def test_what_is_chosen_is_found_again(chosen: list[Row]) -> None:
    chosen = [Row(row.subject, row.operator, row.value, row.either and i > 0) for i, row in enumerate(chosen)]
    assert faults_of(chosen, SUBJECTS) == []
    text = to_cel(chosen, SUBJECTS)
    assert from_cel(text, SUBJECTS) == tuple(chosen), text
    assert in_words(chosen, SUBJECTS).count("“") >= len(chosen)


@given(st.lists(rows(), min_size=1, max_size=3))
@settings(deadline=None, max_examples=40)
def test_what_is_chosen_is_sound_cel(chosen: list[Row]) -> None:
    dialect = Dialect({subject.name: TYPES[subject.kind] for subject in SUBJECTS}, load_calendars())
    dialect.compile(to_cel(chosen, SUBJECTS), (BOOL,))


def test_the_menu_offers_every_statement_once() -> None:
    keys = [statement.key for _, group in menu(SUBJECTS) for statement in group]
    assert len(keys) == len(set(keys))
    assert "answers.one|is|a" in keys
    assert "answers.day|worked-gt|" in keys


@pytest.mark.parametrize(
    "row",
    [
        Row("answers.one", "worked-gt", "1"),
        Row("answers.gone", "is", "a"),
        Row("answers.day", "worked-gt", ""),
        Row("answers.day", "worked-gt", "1.5"),
        Row("answers.count", "eq", "two"),
        Row("answers.home.postcode", "is", ""),
    ],
)
def test_a_line_that_is_not_whole_says_what_to_do(row: Row) -> None:
    [fault] = faults_of([row], SUBJECTS)
    assert fault.message.startswith(("Choose", "Enter"))


@pytest.mark.parametrize(
    "text", ["answers.one == 'gone'", "answers.one == 'a' ? true : false", "answers.x == 'a'",
             "answers.one == 'a' && answers.count > 1 || answers.agree", "true"],
)  # fmt: skip
def test_what_the_menus_cannot_say_stays_as_it_was_written(text: str) -> None:
    assert from_cel(text, SUBJECTS) is None


def test_the_shared_services_conditions_are_read() -> None:
    """Nearly all of them: those that are written by hand are named here."""
    by_hand = []
    for path in sorted(SERVICES.glob("*/service.yaml")):
        definition = read(path.read_text(encoding="utf-8"))
        for i, page in enumerate(definition["pages"]):
            texts = [(page.get("when"), i), *((check["require"], i + 1) for check in page.get("checks", []))]
            for text, upto in texts:
                if text is None:
                    continue
                subjects = subjects_of(definition, upto)
                found = from_cel(text, subjects)
                if found is None:
                    by_hand.append((path.parent.name, page["id"]))
                else:
                    assert _bare(to_cel(found, subjects)) == _bare(text)
    assert by_hand == [("council-tax-move", "late")]


def _bare(text: str) -> str:
    return "".join(text.split()).replace("(", "").replace(")", "")
