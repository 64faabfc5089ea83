"""No small number reaches the public, and none can be worked out from what does."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from commonhall.reporting.suppression import MINIMUM
from commonhall.web.charts.chart import Gap
from commonhall.web.dashboards.guard import PUBLIC, STAFF

COUNTS = st.integers(0, 60)


@st.composite
def tables(draw: st.DrawFn) -> list[list[int]]:
    width = draw(st.integers(1, 4))
    return draw(st.lists(st.lists(COUNTS, min_size=width, max_size=width), min_size=1, max_size=8))


@given(tables())
def test_no_row_and_no_column_tells_what_is_kept_back_in_it(rows: list[list[int]]) -> None:
    cells = PUBLIC.grid(rows)
    assert all(
        shown is Gap.SMALL or (shown == count and count >= MINIMUM)
        for row, told in zip(rows, cells, strict=True)
        for count, shown in zip(row, told, strict=True)
    )
    lines = list(zip(rows, cells, strict=True))
    if len(rows) > 1:
        lines += list(zip(zip(*rows, strict=True), zip(*cells, strict=True), strict=True))
    for counts, shown in lines:
        hidden = [count for count, cell in zip(counts, shown, strict=True) if cell is Gap.SMALL]
        if hidden and len(hidden) < len(counts):
            # Whoever knows the sum knows that of the hidden: each may still be anything below the minimum.
            assert len(hidden) >= 2
            assert sum(hidden) >= MINIMUM - 1


@given(tables())
def test_staff_see_all(rows: list[list[int]]) -> None:
    assert STAFF.grid(rows) == rows


@given(st.integers(0, 40), st.integers(0, 40))
def test_a_share_of_few_is_not_told(part: int, more: int) -> None:
    whole = part + more
    share = part / whole if whole else None
    told = PUBLIC.share(share, whole)
    if not whole:
        assert told is Gap.NOTHING
    elif whole < MINIMUM:
        assert told is Gap.SMALL
    else:
        assert told == round(part / whole, 2)


def test_a_large_whole_with_one_small_part_hides_two() -> None:
    assert PUBLIC.parts([400, 200, 12, 4]) == [400, 200, Gap.SMALL, Gap.SMALL]
    assert PUBLIC.parts([]) == []
    assert PUBLIC.amount(3.14159, 9) is Gap.SMALL
    assert PUBLIC.amount(3.14159, 10) == 3.14
    assert PUBLIC.amount(None, 10) is Gap.NOTHING


@given(st.integers(1, 3000), st.data())
def test_a_share_of_two_parts_tells_no_small_one(whole: int, data: st.DataObject) -> None:
    part = data.draw(st.integers(0, whole))
    cell = PUBLIC.split([part, whole - part])
    assert STAFF.split([part, whole - part]) == round(part / whole, 4)
    if cell is not Gap.SMALL:
        assert isinstance(cell, float)
        fits = {one for one in range(whole + 1) if round(one / whole, 2) == cell}
        small = {one for one in fits if one < MINIMUM or whole - one < MINIMUM}
        assert not small or len(fits) >= 5, "what is shown fits five numbers or more, or none that is small"


def test_nothing_has_no_share() -> None:
    assert PUBLIC.split([0, 0]) is Gap.NOTHING


@given(st.dictionaries(st.text(max_size=3), COUNTS, max_size=6), st.randoms())
def test_the_same_names_are_hidden_in_whatever_order_they_come(
    counts: dict[str, int], chance: Random
) -> None:
    other = list(counts.items())
    chance.shuffle(other)
    assert PUBLIC.named_parts(dict(other)) == PUBLIC.named_parts(counts)
    assert PUBLIC.hidden(counts) == {
        name for name, cell in PUBLIC.named_parts(counts).items() if cell is Gap.SMALL
    }
    assert sorted(map(str, PUBLIC.named_parts(counts).values())) == sorted(
        map(str, PUBLIC.parts(list(counts.values())))
    )
