"""What the readers take a form for, against what the systems' own packages say of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from commonhall.catalogue.importing.defra_components import CONTENT, TYPES
from commonhall.catalogue.importing.defra_conditions import OPERATORS
from commonhall.catalogue.importing.form import AllOf, AnyOf, Choice, Condition, Question, Words
from commonhall.catalogue.importing.open_logic import trigger
from commonhall.catalogue.importing.values import YES_NO
from tests.catalogue.importing.samples import FORMS
from tests.formats import ask


def test_the_samples_are_definitions_by_defras_own_model() -> None:
    definitions = {
        "food-stall": (2, json.loads((FORMS / "food-stall.defra-v2.json").read_text("utf-8"))),
        "pest": (1, yaml.safe_load((FORMS / "pest.defra-v1.yaml").read_text("utf-8"))),
    }
    assert ask(definitions)["faults"] == {"food-stall": [], "pest": []}


def test_every_component_and_operator_of_defras_model_is_known() -> None:
    known = ask()
    assert set(known["components"]) <= {*TYPES, *CONTENT}
    assert set(known["operators"]) == set(OPERATORS)


@pytest.mark.parametrize("name", ["nobody", ""])
def test_a_definition_that_is_none_is_none_by_defras_own_model(name: str) -> None:
    assert ask({"x": (2, {"name": name})})["faults"]["x"]


QUESTIONS = {
    "who": Question("who", "radios", Words("Who"), "", choices=[Choice(one, Words(one)) for one in ("a", "b", "c")]),
    "n": Question("n", "number", Words("N"), ""),
    "yes": Question("yes", "radios", Words("Yes"), "", choices=list(YES_NO)),
    "boxes": Question("boxes", "checkboxes", Words("Boxes"), "", choices=[Choice(one, Words(one)) for one in "xy"]),
    "word": Question("word", "text", Words("Word"), ""),
}  # fmt: skip
var = st.sampled_from
said = st.one_of(
    st.tuples(var(["==", "===", "!=", "!=="]), st.sampled_from("abc")).map(lambda one: {one[0]: [{"var": "who"}, one[1]]}),
    st.tuples(var(["==", "!="]), st.sampled_from("abc")).map(lambda one: {one[0]: [one[1], {"var": "who"}]}),
    st.tuples(var(["<", "<=", ">", ">=", "==", "!="]), st.integers(0, 3)).map(lambda one: {one[0]: [{"var": "n"}, one[1]]}),
    st.tuples(var(["<", "<=", ">", ">="]), st.integers(0, 3)).map(lambda one: {one[0]: [one[1], {"var": "n"}]}),
    st.tuples(var(["==", "!="]), st.booleans()).map(lambda one: {one[0]: [{"var": "yes"}, one[1]]}),
    st.tuples(var(["==", "!="]), st.sampled_from("xy"), st.booleans()).map(
        lambda one: {one[0]: [{"var": f"boxes.{one[1]}"}, one[2]]}
    ),
    st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(lambda values: {"in": [{"var": "who"}, values]}),
    st.sampled_from(["who", "n", "yes", "boxes.x", "word"]).flatmap(
        lambda name: st.sampled_from([{"var": name}, {"!!": [{"var": name}]}, {"!": {"var": name}}, {"!": [{"var": [name]}]}])
    ),
)  # fmt: skip
rules = st.recursive(
    said,
    lambda inner: st.lists(inner, min_size=1, max_size=3).flatmap(
        lambda parts: st.sampled_from([{"and": parts}, {"or": parts}, {"!": [parts[0]]}])
    ),
    max_leaves=8,
)
answers = st.fixed_dictionaries(
    {
        "who": st.sampled_from("abc"),
        "n": st.integers(0, 4),
        "yes": st.booleans(),
        "boxes": st.fixed_dictionaries({"x": st.booleans(), "y": st.booleans()}),
        "word": st.sampled_from(["", "something"]),
    }
)


def holds(condition: Condition, data: dict[str, Any]) -> bool:
    """What a condition says of these answers."""
    if isinstance(condition, AllOf):
        return all(holds(part, data) for part in condition.parts)
    if isinstance(condition, AnyOf):
        return any(holds(part, data) for part in condition.parts)
    mine, value = data[condition.question], condition.value
    if condition.question == "yes":
        mine = "true" if mine else "false"
    match condition.sign:
        case "has":
            return bool(mine[value])
        case "lacks":
            return not mine[value]
        case "==":
            return bool(mine == value)
        case "!=":
            return bool(mine != value)
    return bool(
        {"<": mine < value, "<=": mine <= value, ">": mine > value, ">=": mine >= value}[condition.sign]
    )


@settings(deadline=None, max_examples=20)
@given(st.lists(st.tuples(rules, answers), min_size=40, max_size=40))
def test_a_trigger_holds_where_jsonlogic_says_so(cases: list[tuple[Any, dict[str, Any]]]) -> None:
    told = ask(logic=cases)["holds"]
    for (rule, data), expected in zip(cases, told, strict=True):
        assert holds(trigger(rule, QUESTIONS), data) == expected, (rule, data)
