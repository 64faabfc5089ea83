"""What a text must look like, as a pattern of the service language."""

from __future__ import annotations

from commonhall.catalogue.importing.form import Form, Question, Words
from commonhall.engine.expressions import Pattern

LONGEST, LONGEST_LINES = 2000, 20000
"""How many characters a service takes in one line, and in several."""


def carry_pattern(form: Form, one: Question, regex: str, low: int | None, high: int | None) -> None:
    """Put a text's pattern and its least and most characters into the question; what cannot be kept is told."""
    if high is not None and high >= 1:
        one.more["max_length"] = min(high, LONGEST if one.type == "text" else LONGEST_LINES)
        if one.more["max_length"] < high:
            form.changed(one.place, f"{high} characters were taken; now {one.more['max_length']} at most")
    if one.type == "textarea":
        if regex or (low or 0) > 1:
            form.left(one.place, "what its lines must look like: a pattern is for one line")
        return
    if regex:
        _carry(form, one, regex.removeprefix("^").removesuffix("$") if _anchored(regex) else regex)
        if (low or 0) > 1:
            form.left(one.place, f"at least {low} characters: put it into the pattern")
    elif low is not None and 1 < low <= 1000:
        label = one.label.en or "The answer"
        one.more["pattern"] = f".{{{low},}}"
        one.texts["pattern_message"] = Words(f"{label} must be {low} characters or more")


def _anchored(regex: str) -> bool:
    return regex.startswith("^") and regex.endswith("$") and not regex.endswith("\\$") and "|" not in regex


def _carry(form: Form, one: Question, regex: str) -> None:
    try:
        Pattern(regex)
    except ValueError:
        form.left(one.place, f"its pattern {regex[:200]} is not in RE2’s syntax: write it anew")
        return
    one.more["pattern"] = regex
    one.texts["pattern_message"] = Words(f"{one.label.en or 'The answer'} does not have the right form")
    form.changed(one.place, "say in the message of its pattern what the right form is")
