"""What is said when an answer is not accepted: in both languages, for every fault, and fit to be read."""

from __future__ import annotations

import ast
import string
from pathlib import Path
from typing import Any

import pytest

import commonhall.engine.fields as fields_room
from commonhall.engine.fields.base import Fault
from commonhall.engine.messages import MESSAGES, message, small
from tests.engine.services import TODAY, one_page, run, run_small
from tests.engine.test_fields import FIELD, REFUSED, form


def codes_in_source() -> set[str]:
    """Every fault code that a field can give, read from the source."""
    found = {"missing_line1", "missing_town", "missing_day", "missing_month", "missing_year", "too_long_line1", "too_long_line2", "too_long_town"}  # fmt: skip
    for path in Path(fields_room.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                words = [
                    arg.value
                    for arg in node.args
                    if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
                ]
                if node.func.id in {"Fault", "_fault", "fault"} and words:
                    found.add(words[0] if node.func.id != "Fault" else words[-1])
            if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
                found |= {
                    part.value for part in node.value.elts if isinstance(part, ast.Constant) and isinstance(part.value, str)
                }  # fmt: skip
    return found


GIVEN = {"max": 5, "min": 2, "places": 2, "year": 1890, "row": 1}


def test_every_fault_of_every_field_has_its_words_in_both_languages() -> None:
    seen = {
        fault.code for kind, inputs, _ in REFUSED for fault in FIELD[kind].parse(form(inputs), TODAY).faults
    }  # type: ignore[arg-type]
    codes = {code for code in codes_in_source() | seen if code and code.isidentifier()} - {"address", "list"}
    assert seen <= codes
    for language, words in MESSAGES.items():
        assert codes - set(words) == set(), language
    assert set(MESSAGES["en"]) == set(MESSAGES["cy"])


@pytest.mark.parametrize("code", sorted(MESSAGES["en"]))
def test_both_languages_say_the_same_things(code: str) -> None:
    holes = [
        {name for _, name, _, _ in string.Formatter().parse(MESSAGES[language][code]) if name}
        for language in ("en", "cy")
    ]
    labels = {"label", "label_start", "question"}
    assert holes[0] - labels == holes[1] - labels
    assert bool(holes[0] & labels) == bool(holes[1] & labels)


@pytest.mark.parametrize(
    ("label", "code", "english"),
    [
        ("Full name", "missing", "Enter full name"),
        ("Email address", "shape", "Enter email address again: it could not be read"),
        ("National Insurance number", "missing", "Enter National Insurance number"),
        ("NHS number", "missing", "Enter NHS number"),
        ("I agree", "shape", "Enter I agree again: it could not be read"),
        ("What is your date of birth?", "missing", "Enter an answer to ‘What is your date of birth?’"),
        ("What is your date of birth?", "past", "Your answer must be in the past"),
        ("What is your date of birth?", "pattern", "Enter your answer in the correct format"),
        ("Tell us what happened", "too_long", "Your answer must be 5 characters or fewer"),
        ("Tell us what happened", "missing", "Enter an answer to ‘Tell us what happened’"),
        ("Bins missed", "choose_some", "Select at least one answer to ‘Bins missed’"),
        ("Collection date", "past", "Collection date must be in the past"),
    ],
)
def test_a_label_reads_well_in_its_sentence(label: str, code: str, english: str) -> None:
    adopted = run_small(one_page(f"[{{id: f, type: text, label: '{label}'}}]"))
    assert (
        message(adopted, adopted.fields["f"], label, Fault("f", "f", code, GIVEN | {"row": None}), "en")
        == english
    )


def test_the_answer_to_a_question_has_its_own_noun() -> None:
    for kind, english, welsh in (
        ("date", "The date", "Y dyddiad"),
        ("number", "The number", "Y rhif"),
        ("money", "The amount", "Y swm"),
    ):
        adopted = run_small(one_page(f"[{{id: f, type: {kind}}}]"))
        fault = Fault("f", "f", "too_big", {"max": 5})
        assert (
            message(adopted, adopted.fields["f"], "What is it?", fault, "en")
            == f"{english} must be 5 or less"
        )
        assert message(adopted, adopted.fields["f"], "Beth yw?", fault, "cy").startswith(f"{welsh}: ")


@pytest.mark.parametrize("label", ["Your name", "What is your date of birth?", "Tell us why", "Pa mor fawr?"])
@pytest.mark.parametrize("code", sorted(MESSAGES["en"]))
def test_no_message_asks_inside_a_sentence(label: str, code: str) -> None:
    adopted = run_small(one_page("[{id: f, type: text}]"))
    for language in ("en", "cy"):
        said = message(adopted, adopted.fields["f"], label, Fault("f", "f", code, {**GIVEN, "item": "Item", "message": "M", "row": None}), language) if code != "row" else "Ok"  # fmt: skip
        assert said[0].isupper()
        assert "{" not in said
        assert "?" not in said.replace(f"‘{label}’", "")
        assert "None" not in said


def test_the_services_own_words_come_first() -> None:
    adopted = run_small(
        one_page(
            "[{id: a, type: text, label: A, missing: Say what, pattern: 'x+', pattern_message: Only x}, {id: l, type: list, label: L, item: Person, fields: [{id: n, type: name, label: Name, missing: Say who}, {id: d, type: date, label: Born}]}]",
        )
    )

    def say(name: str, code: str, at: str = "", **params: Any) -> str:
        return message(adopted, adopted.fields[name], "Label", Fault(name, at or name, code, params), "en")

    assert say("a", "missing") == "Say what"
    assert say("a", "pattern") == "Only x"
    assert say("l", "missing", "l-1-n", row=2) == "Person 2: Say who"
    assert say("l", "missing_day", "l-0-d-day", row=1) == "Person 1: Born must include a day"
    assert say("l", "too_few", "l-0-n", min=2) == "Enter at least 2 in answer to ‘Label’"


def test_a_checks_message_is_the_services() -> None:
    from tests.engine.services import read

    adopted = run(read())
    fault = Fault("born", "born-day", "pages.born.checks.alive.message")
    assert message(adopted, adopted.fields["born"], "x", fault, "cy") == "Rhowch ddyddiad diweddarach"


def test_small_keeps_names() -> None:
    assert [small(text) for text in ("Full name", "UPRN", "eBay name", "I", "A plot")] == [
        "full name",
        "UPRN",
        "eBay name",
        "I",
        "a plot",
    ]
