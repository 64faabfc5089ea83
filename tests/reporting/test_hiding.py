"""From what is published beside them, no small count can be worked out."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhall.reporting.suppression import MINIMUM, hide_parts, suppressed

COUNTS = st.integers(0, 25)


@pytest.mark.parametrize(
    ("total", "parts", "shown"),
    [
        (300, (280, 20), (280, 20)),
        (300, (291, 9), (None, None)),  # all are in either part, so 9 would be 300 less 291
        (300, (250, 9), (250, None)),  # 41 are in neither part: 9 is one of 0 to 50
        (300, (200, 95), (200, None)),  # 5 are in neither part, and would follow from both
        (9, (9, 0), (None, None)),
    ],
)
def test_a_part_is_hidden_where_another_follows_from_it(
    total: int, parts: tuple[int, int], shown: tuple[int | None, int | None]
) -> None:
    assert tuple(hide_parts(total, {"a": parts[0], "b": parts[1]}).values()) == shown


@given(st.lists(COUNTS, min_size=1, max_size=3), COUNTS)
def test_any_hidden_count_may_still_be_whatever_is_below_the_minimum(parts: list[int], rest: int) -> None:
    """Every reader's possible worlds: each hidden part takes all values below the minimum in some of them."""
    total = sum(parts) + rest
    named = {str(place): count for place, count in enumerate(parts)}
    shown = hide_parts(suppressed(total), named)
    hidden = [name for name, count in shown.items() if count is None]
    assert all(shown[name] in {None, named[name]} for name in named)
    assert all(count is None or count >= MINIMUM for count in shown.values())
    if total < MINIMUM:
        assert len(hidden) == len(named), "where the total is hidden, so are its parts"
        return
    left = total - sum(count for count in shown.values() if count is not None)
    # Even a reader who knows how many cells are hidden has two or more to share out what is left, and enough of it.
    cells = len(hidden) + (rest > 0)
    if hidden:
        possible = {one for one, other in product(range(left + 1), repeat=2) if one + other == left}
        assert cells > 1
        assert possible >= set(range(MINIMUM))
    if not hidden and rest:
        assert rest >= MINIMUM, "the rest is a count like others"
