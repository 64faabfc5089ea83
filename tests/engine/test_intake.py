"""Answers that come all at once: read by the rules of the pages, whatever their shape."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhall.engine.intake import take_in
from commonhall.engine.journey import contract_answers, submission
from tests.engine.services import ANSWERS, TODAY, one_page, read, run, run_small

ADOPTED = run(read())
KNOWN = contract_answers(ANSWERS)


def test_what_a_journey_makes_of_its_answers_is_taken_in() -> None:
    taken = take_in(ADOPTED, KNOWN, TODAY)
    assert taken.wrong == ()
    assert taken.path.complete
    assert submission(ADOPTED, taken.answers, TODAY) == submission(ADOPTED, ANSWERS, TODAY)


@pytest.mark.parametrize(
    ("fields", "answers", "where", "says"),
    [
        ("[{id: n, type: number, label: Size, max: 3}]", {"n": 9}, ("n",), "Size must be 3 or less"),
        ("[{id: n, type: number, label: Size}]", {"n": "many"}, ("n",), "Enter size again: it could not be read"),
        ("[{id: n, type: number, label: Size}]", {"n": {}}, ("n",), "Enter size again: it could not be read"),
        ("[{id: n, type: text, label: Name}]", {}, ("n",), "Enter name"),
        ("[{id: n, type: text, label: Name}]", {"m": "x", "n": "y"}, ("m",), "The service does not ask 'm'"),
        ("[{id: n, type: text, label: Name}]", {"n": "y", "local": {"m": 1}}, ("local", "m"), "The service does not ask 'm'"),
        ("[{id: n, type: text, label: Name}]", {"n": "y", "local": 3}, ("local",), "The council's own answers must be an object"),
        ("[{id: n, type: address, label: Home}]", {"n": {"line1": "1 High Street", "town": "X", "postcode": "nonsense"}}, ("n", "postcode"), "Enter a full UK postcode, like AA3 1AB"),
        (
            "[{id: n, type: list, label: People, item: Person, min: 1, max: 2, fields: [{id: name, type: text, label: Name}, {id: age, type: number, label: Age, optional: true}]}]",
            {"n": [{"name": "Sam"}, {"age": 3}]}, ("n", "1", "name"), "Person 2: Enter name",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(
    fields: str, answers: dict[str, Any], where: tuple[str, ...], says: str
) -> None:
    taken = take_in(run_small(one_page(fields)), answers, TODAY)
    assert [(one.where, one.says) for one in taken.wrong] == [(where, says)]


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(
    st.dictionaries(st.sampled_from([*KNOWN, "local", "more"]), ANY, max_size=6),
    st.sets(st.sampled_from(sorted(KNOWN))),
)
def test_any_answers_are_taken_in_or_told_to_be_wrong(odd: dict[str, Any], left_out: set[str]) -> None:
    answers = {name: value for name, value in KNOWN.items() if name not in left_out} | odd
    taken = take_in(ADOPTED, answers, TODAY)
    assert taken.path.complete or taken.path.exit or taken.wrong
    if taken.path.complete and not taken.wrong:
        submission(ADOPTED, taken.answers, TODAY)
