"""Conditions of Open Forms: what a component says of itself (Form.io), and triggers of rules (JsonLogic)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commonhall.catalogue.importing.form import (
    ALWAYS,
    Condition,
    Question,
    Said,
    Sign,
    all_of,
    any_of,
    opposite,
)
from commonhall.catalogue.importing.taking import mapping, truth, word
from commonhall.catalogue.importing.values import YES_NO, Unreadable, value_for

COMPARED: Mapping[str, Sign] = {
    "==": "==", "===": "==", "!=": "!=", "!==": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=",
}  # fmt: skip
OPERATORS = (*COMPARED, "and", "or", "!", "!!", "in", "var", "date")
"""Every operator of JsonLogic that is carried over."""
DEEPEST = 20
TRUTHS = {choice.value for choice in YES_NO}
_TURNED: Mapping[str, str] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def own_condition(given: Mapping[str, Any], questions: Mapping[str, Question]) -> Condition | None:
    """When a component is shown by what it says itself; None where it says nothing. Raises `Unreadable`."""
    conditional = mapping(given.get("conditional"))
    about = word(conditional.get("when"))
    if not about:
        return None
    shown = conditional.get("show")
    if shown is None or shown == "":
        return None
    said = _compared(about, "==", conditional.get("eq"), questions)
    return said if truth(shown) else opposite(said)


def trigger(logic: Any, questions: Mapping[str, Question], depth: int = 0) -> Condition:
    """When a rule applies. Raises `Unreadable`."""
    if depth > DEEPEST:
        raise Unreadable("its parts stand too deep in one another")
    if not isinstance(logic, Mapping) or len(logic) != 1:
        raise Unreadable("it is not one of JsonLogic’s operations")
    (operator, given), *_ = logic.items()
    parts = given if isinstance(given, list) else [given]
    if operator in {"and", "or"}:
        read = [trigger(part, questions, depth + 1) for part in parts]
        return all_of(read) if operator == "and" else any_of(read)
    if operator == "!" and len(parts) == 1:
        return opposite(trigger(parts[0], questions, depth + 1))
    if operator == "!!" and len(parts) == 1:
        return trigger(parts[0], questions, depth + 1)
    if operator == "var":
        return _given(_variable(logic), questions)
    if operator == "in" and len(parts) == 2:
        return _contained(parts[0], parts[1], questions)
    if operator in COMPARED and len(parts) == 2:
        return _two(operator, parts[0], parts[1], questions)
    raise Unreadable(f"'{str(operator)[:40]}' cannot be said in a service")


def _given(name: str, questions: Mapping[str, Question]) -> Condition:
    """That an answer is one that JavaScript takes for true."""
    about = questions.get(name)
    if about is None or about.type == "declaration" or {choice.value for choice in about.choices} == TRUTHS:
        return _compared(name, "==", True, questions)
    if about.type in {"number", "money"}:
        return Said(about.key, "!=", 0)
    if about.type == "checkboxes":
        return ALWAYS  # a map of options is true, whatever is ticked
    return Said(about.key, "!=", "")


def _two(operator: str, left: Any, right: Any, questions: Mapping[str, Question]) -> Condition:
    left, right = _bare(left), _bare(right)
    if isinstance(left, Mapping) == isinstance(right, Mapping):
        raise Unreadable("it does not compare an answer with a value")
    if isinstance(right, Mapping):
        left, right, operator = right, left, _TURNED.get(operator, operator)
    return _compared(_variable(left), COMPARED[operator], right, questions)


def _bare(value: Any) -> Any:
    """A value without the operation that only says that it is a date."""
    if isinstance(value, Mapping) and set(value) == {"date"}:
        inner = value["date"]
        return (
            _bare(inner[0] if isinstance(inner, list) and len(inner) == 1 else inner)
            if inner != value
            else None
        )
    return value


def _variable(logic: Any) -> str:
    given = mapping(logic).get("var")
    name = given[0] if isinstance(given, list) and given else given
    if not word(name):
        raise Unreadable("it compares what was worked out, not what was answered")
    return word(name)


def _contained(value: Any, where: Any, questions: Mapping[str, Question]) -> Condition:
    if isinstance(where, Mapping):
        about = _question(_variable(where), questions)
        if about.type != "checkboxes":
            raise Unreadable(f"'{about.label.en[:60]}' is not a choice of several")
        return Said(about.key, "has", word(value))
    if isinstance(where, list):
        name = _variable(value)
        return any_of(_compared(name, "==", one, questions) for one in where)
    raise Unreadable("it looks for a part of a text")


def _question(name: str, questions: Mapping[str, Question]) -> Question:
    if name not in questions:
        raise Unreadable(f"it speaks of '{name[:60]}', which is not asked")
    return questions[name]


def _compared(name: str, sign: Sign, value: Any, questions: Mapping[str, Question]) -> Condition:
    box, _, option = name.rpartition(".")
    if name not in questions and box in questions and questions[box].type == "checkboxes":
        ticked = truth(value) == (sign == "==")
        return Said(questions[box].key, "has" if ticked else "lacks", option)
    about = _question(name, questions)
    if about.type == "checkboxes":
        return Said(about.key, "has" if sign == "==" else "lacks", word(value))
    return Said(about.key, sign, value_for(about, value))
