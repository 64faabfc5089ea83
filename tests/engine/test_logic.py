"""CEL as services use it: what the functions give, and what happens where an answer was not given."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhall.engine.expressions import (
    BOOL,
    DATE,
    DOUBLE,
    INT,
    NOT_GIVEN,
    STRING,
    STRINGS,
    Dialect,
    ExpressionFault,
    ExpressionRefused,
    Pattern,
    as_timestamp,
    names_in,
)
from tests.engine.services import CALENDARS

VARIABLES = {"answers.word": STRING, "answers.count": INT, "answers.size": DOUBLE, "answers.day": DATE, "answers.some": STRINGS}  # fmt: skip
DIALECT = Dialect(VARIABLES, CALENDARS)
TODAY = as_timestamp(date(2026, 3, 10))


def value(text: str, nation: str = "England", **answers: Any) -> Any:
    """What an expression gives."""
    compiled = DIALECT.compile(text, (BOOL, INT, DATE, STRING, DOUBLE))
    return compiled.value(
        nation, {"today": TODAY, **{f"answers.{name}": given for name, given in answers.items()}}
    )


@pytest.mark.parametrize(
    ("text", "gives"),
    [
        ("working_days(date('2026-03-06'), today)", 2),
        ("working_days(today, date('2026-03-06'))", -2),
        ("add_working_days(date('2026-03-06'), 1) == date('2026-03-09')", True),
        ("days(date('2026-03-01'), today)", 9),
        ("years(date('2008-03-10'), today)", 18),
        ("years(date('2008-03-11'), today)", 17),
        ("years(date('2004-02-29'), date('2022-02-28'))", 17),
        ("years(date('2004-02-29'), date('2022-03-01'))", 18),
        ("'a' in ['a', 'b']", True),
        ("1 / 0 == 1", NOT_GIVEN),
        ("add_working_days(today, 5001) == today", NOT_GIVEN),
        ("add_working_days(date('9999-12-31'), 1) == today", NOT_GIVEN),
    ],
)
def test_an_expression_gives(text: str, gives: Any) -> None:
    assert value(text) == gives


def test_working_days_are_those_of_the_councils_nation() -> None:
    over = "working_days(date('2026-11-27'), date('2026-12-01'))"
    assert (value(over, "England"), value(over, "Scotland")) == (2, 1)


@pytest.mark.parametrize(
    ("condition", "answers"),
    [
        ("answers.day <= today", {}),
        ("answers.day > today", {}),
        ("answers.count > 1", {}),
        ("!(answers.count > 1)", {}),
        ("answers.count > 1", {"count": 2.5}),
    ],
)
def test_a_condition_on_an_answer_nobody_gave_does_not_hold(condition: str, answers: Any) -> None:
    assert value(condition, **answers) is NOT_GIVEN
    assert not DIALECT.compile(condition, (BOOL,)).holds("Wales", {"today": TODAY})
    assert repr(NOT_GIVEN) == "NOT_GIVEN"


def test_what_decides_without_the_missing_answer_is_known() -> None:
    assert value("answers.count > 1 || answers.word == ''", word="") is True
    assert value("answers.count > 1 && answers.word == 'x'", word="") is False


def test_an_expression_that_would_run_for_ages_gives_up() -> None:
    rows = "[" + ",".join("1" * 30) + "]"
    endless = f"{rows}.all(a, {rows}.all(b, {rows}.all(c, {rows}.all(d, a + b + c + d > 0))))"
    assert value(endless) is NOT_GIVEN


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("answers.wrod == 'x'", 1, 1, "nothing is called 'answers.wrod' here"),
        ("today == today &&\n answers.wrod == 'x'", 2, 2, "nothing is called 'answers.wrod' here"),
        ("answers.word + 1 == 'x'", 1, 14, "'+' cannot be used with words and a whole number"),
        ("answers.word == 'x", 1, 17, "this cannot be read"),
        ("answers.word ==", 1, 16, "the expression ends too early"),
        ("answers.word == == 'x'", 1, 17, "'==' does not belong here"),
        ("date('2026-13-01') == today", 1, 7, "'2026-13-01' is not a date"),
        ("answers.word.matches('(')", 1, 23, "'(' is not a pattern"),
        ("answers.word", 1, 1, "'answers.word' gives words, but yes or no is needed here"),
        ("(" * 60 + "true" + ")" * 60, 1, 1, "is not an expression"),
        ("x" * 1001, 1, 1, "over 1000 characters"),
        ("'\ud800' == answers.word", 1, 1, "is not an expression"),
    ],
)
def test_a_fault_is_told_in_plain_words_at_its_place(text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(ExpressionRefused) as refused:
        DIALECT.compile(text, (BOOL,))
    first = refused.value.faults[0]
    assert (first.line, first.column) == (line, column), first
    assert message in first.message
    assert "\n" not in first.message
    assert len(refused.value.faults) <= 5


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("answers.word == 'answers.count'", "answers.word"),
        ('answers . word == "settings.x" // answers.count', "answers.word"),
        ("answers.word.size() > 2 && 'a' in answers.some", "answers.word answers.some"),
        ("'''it's''' + answers.word", "answers.word"),
        ("r'\\' + answers.word", "answers.word"),
        ("//it's\nanswers.word == 'a'", "answers.word"),
        (
            "answers.home.postcode.startsWith('B') || today < local.day",
            "answers.home.postcode today local.day",
        ),
    ],
)
def test_the_names_that_an_expression_reads(text: str, names: str) -> None:
    assert names_in(text) == set(names.split())


@given(st.text(alphabet="answers.wodcunt ='\"()&|!<>+-[]{}?:,1tr\n\\//\x00é\ud800", max_size=40))
def test_no_text_makes_the_compiler_stumble(text: str) -> None:
    faults: tuple[ExpressionFault, ...] = ()
    try:
        DIALECT.compile(text, (BOOL,)).holds("England", {"today": TODAY, "answers.word": "x"})
    except ExpressionRefused as refused:
        faults = refused.faults
    assert all(fault.line >= 1 and fault.column >= 1 for fault in faults)


def test_a_pattern_takes_the_whole_answer_and_no_longer_for_a_hostile_one() -> None:
    assert Pattern("[a-z]+").fullmatch("abc")
    assert not Pattern("[a-z]+").fullmatch("abc\n")
    assert not Pattern("a|ab").fullmatch("abc")
    assert not Pattern("([a-z]+ ?)+").fullmatch("a" * 5000 + "!")


@pytest.mark.parametrize("wrong", ["[", "(?=a)", "a)(b", "a{9999}", "(a)\\1", "\ud800"])
def test_a_pattern_that_cannot_be_taken_says_why(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Pattern(wrong)
