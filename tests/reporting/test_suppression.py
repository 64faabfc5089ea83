"""What the public sees says nothing of few people, not even by subtraction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from commonhall.reporting.suppression import MINIMUM, hide_parts, suppressed, suppressed_rate


class Shown(NamedTuple):
    """A table of counts with its total, as the public may see it."""

    parts: Mapping[str, int | None]
    total: int | None


def suppress_parts(parts: Mapping[str, int]) -> Shown:
    """A table that shows every part of its total."""
    total = sum(parts.values())
    return Shown(hide_parts(total, parts), suppressed(total))


PARTS = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=3), st.integers(0, 60), max_size=12)


def test_below_the_minimum_nothing_is_shown() -> None:
    assert [suppressed(count) for count in (0, 9, 10, 11)] == [None, None, 10, 11]
    assert suppressed_rate(0.5, MINIMUM - 1) is None
    assert suppressed_rate(0.5, MINIMUM) == 0.5


def test_one_small_part_takes_another_with_it() -> None:
    shown = suppress_parts({"Elmdon": 4, "Lyndon": 25, "Olton": 40})
    assert shown.parts == {"Elmdon": None, "Lyndon": None, "Olton": 40}
    assert shown.total == 69


def test_two_empty_parts_are_not_told_by_their_sum() -> None:
    shown = suppress_parts({"Elmdon": 0, "Lyndon": 0, "Olton": 40, "Silhill": 41})
    assert shown.parts == {"Elmdon": None, "Lyndon": None, "Olton": None, "Silhill": 41}


def possible(shown: dict[str, int | None], total: int, name: str) -> range:
    """What a hidden count may be for all that is shown: the others that are hidden may be anything from nothing on."""
    left = total - sum(count for count in shown.values() if count is not None)
    others = sum(1 for other, count in shown.items() if count is None and other != name)
    return range(left + 1) if others else range(left, left + 1)


@given(PARTS)
def test_a_hidden_count_may_still_be_anything_below_the_minimum(parts: dict[str, int]) -> None:
    shown = suppress_parts(parts)
    if shown.total is None:
        assert sum(parts.values()) < MINIMUM
        assert set(shown.parts.values()) <= {None}
        return
    assert shown.total == sum(parts.values()) >= MINIMUM
    for name, count in shown.parts.items():
        if count is None:
            assert set(range(MINIMUM)) <= set(possible(dict(shown.parts), shown.total, name))
        else:
            assert count == parts[name] >= MINIMUM


@given(PARTS)
def test_nothing_is_hidden_where_nothing_is_small(parts: dict[str, int]) -> None:
    if parts and min(parts.values()) >= MINIMUM:
        assert suppress_parts(parts).parts == parts


@given(PARTS)
def test_no_more_is_hidden_than_has_to_be(parts: dict[str, int]) -> None:
    shown = suppress_parts(parts)
    extra = [parts[name] for name, count in shown.parts.items() if count is None and parts[name] >= MINIMUM]
    # One protects the rest: it is the minimum or more itself.
    assert shown.total is None or len(extra) <= 1
