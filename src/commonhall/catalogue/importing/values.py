"""Values that conditions compare answers with, as the question's type has them."""

from __future__ import annotations

from typing import Any

from commonhall.catalogue.importing.form import Choice, Question, Value, Words
from commonhall.catalogue.importing.taking import decimal, truth, word

YES_NO = (
    Choice("true", Words("Yes", "Ydw"), code="yes"),
    Choice("false", Words("No", "Nac ydw"), code="no"),
)
"""The options of a question that other systems keep as true or false."""


class Unreadable(Exception):  # noqa: N818
    """A condition that cannot be read; its words say why."""


def value_for(about: Question, given: Any) -> Value:
    """What an answer to a question is compared with. Raises `Unreadable`."""
    if about.type in {"number", "money"}:
        number = decimal(given)
        if number is None:
            raise Unreadable(f"'{about.label.en[:60]}' is a number, and is compared with something else")
        return number
    if about.type == "declaration":
        return truth(given)
    if {choice.value for choice in about.choices} == {choice.value for choice in YES_NO}:
        return "true" if truth(given) else "false"
    if isinstance(given, bool):
        raise Unreadable(f"'{about.label.en[:60]}' is not answered with yes or no, and is compared with one")
    if about.type == "date":
        return word(given)[:10]
    return word(given)
