"""References can be read aloud, and a slip is noticed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhall.casework.reference import ALPHABET, COUNT, reference_from, tidy_reference

numbers = st.integers(0, COUNT - 1)


@given(numbers)
def test_a_reference_is_itself_however_it_is_typed(number: int) -> None:
    reference = reference_from(number)
    assert len(reference) == 11
    assert tidy_reference(reference.lower().replace("-", " ")) == reference


@given(numbers, st.integers(0, 8), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_noticed(number: int, place: int, other: str) -> None:
    bare = reference_from(number).replace("-", "")
    wrong = bare[:place] + other + bare[place + 1 :]
    assert (tidy_reference(wrong) is None) == (wrong != bare)


@given(numbers, st.integers(0, 8), st.integers(0, 8))
def test_two_swapped_characters_are_noticed(number: int, one: int, other: int) -> None:
    letters = list(reference_from(number).replace("-", ""))
    letters[one], letters[other] = letters[other], letters[one]
    swapped = "".join(letters)
    assert (tidy_reference(swapped) is None) == (swapped != reference_from(number).replace("-", ""))


@given(st.text(max_size=40))
def test_any_text_is_a_reference_or_is_not(text: str) -> None:
    tidy = tidy_reference(text)
    assert tidy is None or tidy_reference(tidy) == tidy


def test_a_number_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="is not from 0"):
        reference_from(COUNT)
