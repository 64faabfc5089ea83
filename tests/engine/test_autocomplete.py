"""What a question says of itself to browsers is what HTML's list of autofill tokens knows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhall.engine.autocomplete import TOKENS, autocomplete_fault


def test_the_standards_list_is_whole() -> None:
    assert len(TOKENS) == 54, "the 53 of WCAG 2.2, and one-time-code"


@pytest.mark.parametrize("token", sorted(TOKENS - {"street-address"}))
def test_a_line_of_text_may_be_anything_of_one_line(token: str) -> None:
    assert autocomplete_fault(token, "text") is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("off", "text"),
        ("work tel-extension", "text"),
        ("section-partner shipping given-name", "text"),
        ("billing postal-code", "text"),
        ("mobile tel", "phone"),
        ("section-a home email", "email"),
        ("bday", "date"),
    ],
)
def test_what_the_standard_allows_before_a_token(text: str, kind: str) -> None:
    assert autocomplete_fault(text, kind) is None


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("first-name", "text", "not an autocomplete token"),
        ("Given-Name", "text", "not an autocomplete token"),
        ("given-name family-name", "text", "not an autocomplete token"),
        ("street-address", "text", "cannot hold"),
        ("work name", "text", "'work' cannot stand before 'name'"),
        ("shipping", "text", "not an autocomplete token"),
        ("shipping off", "text", "not an autocomplete token"),
        ("postal-code", "address", "has autocomplete already"),
        ("off", "date", "not an autocomplete token"),
        ("name", "list", "cannot be filled in"),
        ("name", "textarea", "cannot be filled in"),
    ],
)
def test_what_it_does_not_allow(text: str, kind: str, message: str) -> None:
    fault = autocomplete_fault(text, kind)
    assert fault is not None
    assert message in fault[0]
    assert fault[1]


@given(st.text(max_size=30), st.sampled_from(["text", "email", "phone", "date", "radios"]))
def test_any_words_are_allowed_or_explained(text: str, kind: str) -> None:
    fault = autocomplete_fault(text, kind)
    assert fault is None or all(fault)
