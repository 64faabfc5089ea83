"""Templates fill data with values, keep types, and say what is missing and where."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonhall.connectors.dialect import as_text
from commonhall.connectors.samples import HOSTILE
from commonhall.connectors.templates import Unfilled, as_values, compile_template

CASE: dict[str, Any] = {
    "reference": "K7M-2XQ-9HD",
    "nothing": None,
    "lat": 52.5,
    "whole": 2.0,
    "clear": True,
    "bins": ["refuse", "food"],
    "home": {"postcode": "B91 3QT"},
    "at": datetime(2026, 7, 10, 8, 30, tzinfo=UTC),
    "day": date(2026, 7, 10),
    "count": 3,
    "huge": 2**70,
}


def filled(tree: Any, **values: Any) -> Any:
    """A template, compiled and filled."""
    template, faults = compile_template(tree, values or {"case": CASE})
    assert faults == []
    return template.fill(as_values(**(values or {"case": CASE})))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ case.reference }}", "K7M-2XQ-9HD"),
        ("Case {{ case.reference }}, {{ case.count }} bins", "Case K7M-2XQ-9HD, 3 bins"),
        ("{{ case.lat }}", 52.5),
        ("{{ case.clear }}", True),
        ("{{ case.nothing }}", None),
        ("[{{ case.nothing }}{{? case.missing }}]", "[]"),
        ("{{ case.bins }}", ["refuse", "food"]),
        ("{{ case.bins.map(b, {'code': b}) }}", [{"code": "refuse"}, {"code": "food"}]),
        ("{{ join(case.bins, '; ') }}", "refuse; food"),
        ("{{ case.home.postcode }}", "B91 3QT"),
        ("{{ case.at }}", "2026-07-10T08:30:00Z"),
        ("{{ day(case.at, '%d/%m/%Y %H:%M') }}", "10/07/2026 09:30"),
        ("{{ day(case.day, '%d.%m.') }}", "10.07."),
        ("{{ text(case.whole) }}/{{ case.whole }}", "2/2"),
        ("{{ text(case.nothing) + text(case.clear) }}", "true"),
        (
            "{{ cut(case.reference, 3) }}{{ lower('A') }}{{ upper('b') }}{{ replace('a-b', '-', '') }}",
            "K7MaBab",
        ),
        ("{{ case.huge }}", str(2**70)),
        ("{{ case.count == 3 ? 'three' : 'other' }}", "three"),
        ("{{ {'a': {'b': case.count}} }}", {"a": {"b": 3}}),
        ("{{ {'a': {'b': 1}}}}", {"a": {"b": 1}}),
        ("{{ '}}' + \"{{\" + r'\\d' }}", "}}{{\\d"),
        ("{{ {1: 2, 'a': 3} }}", {"1": 2, "a": 3}),
        ("{{ timestamp(case.at) }} {{ duration('1h') }}", "2026-07-10T08:30:00Z 3600s"),
        ("{{ [timestamp(case.at)] }}", ["2026-07-10T08:30:00Z"]),
        ('{{ quoted("O\'Hara") }} {{ escaped("O\'H\\\\a\\n") }}', "'O''Hara' 'O\\'H\\\\a\\n'"),
        ("no holes {at} {all} }}", "no holes {at} {all} }}"),
    ],
)
def test_a_text_becomes_what_its_holes_say(text: str, value: Any) -> None:
    assert filled(text) == value


def test_what_may_be_missing_is_left_out_and_what_must_be_there_is_missed_by_name() -> None:
    tree = {
        "a": "{{? case.missing }}",
        "b": ["{{? case.nothing }}", "x"],
        "c": {"d": "{{? case.home.town }}"},
        "e": None,
    }
    assert filled(tree) == {"b": ["x"], "c": {}, "e": None}
    assert filled("{{? case.missing }}") is None
    template, _ = compile_template({"body": {"size": ["{{ case.size }}"]}}, ["case"])
    with pytest.raises(Unfilled, match=r"^body\.size\.0: there is no 'size' for \{\{ case\.size \}\}$"):
        template.fill(as_values(case=CASE))


def test_a_table_has_an_entry_for_everything_else() -> None:
    tables = {"service": {"pothole": "PH", "*": "OTHER"}, "size": {"1": "one"}, "none": {"a": "b"}}
    assert filled("{{ table(tables.service, 'pothole') }}", tables=tables) == "PH"
    assert filled("{{ table(tables.service, 'kerb') }}", tables=tables) == "OTHER"
    assert filled("{{ table(tables.size, 1) }}", tables=tables) == "one"
    with pytest.raises(Unfilled, match=r"there is no entry for 'x' in its table, and none for '\*'"):
        filled("{{ table(tables.none, 'x') }}", tables=tables)
    with pytest.raises(Unfilled, match="'soon' is not a date or time"):
        filled("{{ day(when, '%d') }}", when="soon")


def test_entries_of_another_map_are_laid_in() -> None:
    tree = {"a": 1, "...": "{{ renamed(fields, names) }}", "b": 2}
    names = {"size": "Size__c", "other": "Other__c"}
    assert filled(tree, fields={"size": "big", "gate": "no"}, names=names) == {
        "a": 1,
        "Size__c": "big",
        "b": 2,
    }
    assert filled({"a": 1, "...": "{{? fields.none }}"}, fields={}) == {"a": 1}
    assert filled({"...": "{{ fields }}", "ref": "R1"}, fields={"ref": "forged", "x": 1}) == {
        "x": 1,
        "ref": "R1",
    }
    assert filled({"...": {"a": "{{ n }}"}, "b": "{{? none }}"}, n=1, none=None) == {"a": 1}
    with pytest.raises(Unfilled, match=r"^body\.\.\.\.: what is laid in here is no map$"):
        filled({"body": {"...": "{{ n }}"}}, n=[1])


@pytest.mark.parametrize("expression", ["b'raw'", "1.0 / 0.0", "type(1)", "[0.0 / 0.0]", "{'a': b''}"])
@pytest.mark.parametrize("mark", ["", "?"])
def test_what_no_message_can_hold_is_missed_by_name(expression: str, mark: str) -> None:
    with pytest.raises(
        Unfilled, match=r"^a: \{\{ .* \}\} comes to (no number|something that no message can hold)$"
    ):
        filled({"a": f"{{{{{mark} {expression} }}}}"})


def test_a_date_that_yaml_has_read_is_a_text_again() -> None:
    assert filled({"on": date(2026, 7, 10), "at": datetime(2026, 7, 10, 8, tzinfo=UTC)}) == {
        "on": "2026-07-10",
        "at": "2026-07-10T08:00:00Z",
    }


def test_where_a_text_is_spelt_so_are_all_its_values_and_nothing_else() -> None:
    template, faults = compile_template({"path": "a/{{ x }}", "other": "{{ x }}"}, ["x"], {"path": str.upper})
    assert faults == []
    assert template.fill(as_values(x="b")) == {"path": "a/B", "other": "b"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ csae.reference }}", "nothing is called 'csae.reference' here"),
        ("{{ case. }}", "does not belong here|no viable alternative|ends too early"),
        ("{{ }}", "there is nothing between"),
        ("{{ case.reference", "'{{' is not closed by '}}'"),
        ("{{ 'a' + 1 }}", "cannot be used with"),
        ("{{ " + "1 + " * 400 + "1 }}", "over 1000 characters"),
        ("{{ nope(case) }}", "nothing is called 'nope'|undeclared reference"),
        ("{{ 'open", "'{{' is not closed by '}}'"),
        ("{{ {'a': 1 }}", "'{{' is not closed by '}}'"),
        ({"{{ case.reference }}": 1}, "a name holds no expression"),
        (float("nan"), "'nan' cannot stand in a message"),
        (b"raw", "cannot stand in a message"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: Any, said: str) -> None:
    _, faults = compile_template({"body": {"x": ["fine", text]}}, ["case"])
    assert [one.where[:3] for one in faults][:1] == [("body", "x", 1)]
    assert any(part in faults[0].message for part in said.split("|")), faults


_PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text().filter(lambda text: "{{" not in text),
)
_TREES = st.recursive(
    _PLAIN,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=8).filter(lambda name: name != "..." and "{{" not in name), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(_TREES)
@settings(max_examples=150, deadline=None)
def test_a_tree_without_holes_comes_out_as_it_went_in(tree: Any) -> None:
    template, faults = compile_template(tree, ["case"])
    assert faults == []
    assert template.fill(as_values(case=CASE)) == tree


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])) | st.sampled_from(HOSTILE))
@settings(max_examples=150, deadline=None)
def test_a_value_is_never_an_expression(words: str) -> None:
    kept = words.replace("\x00", "")
    assert filled({"a": "{{ words }}", "b": "<{{ words }}>"}, words=words) == {"a": kept, "b": f"<{kept}>"}


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers())))
@settings(max_examples=100, deadline=None)
def test_every_plain_value_has_words(value: Any) -> None:
    assert isinstance(as_text(value), str)


@given(st.text(alphabet="{}?'\"\\r/ab.1 \n", max_size=40))
@settings(max_examples=300, deadline=None)
def test_whatever_somebody_types_is_a_template_or_has_a_fault(text: str) -> None:
    template, faults = compile_template({"a": text}, ["a"])
    if faults:
        assert all(one.where == ("a",) and one.message for one in faults)
        return
    with suppress(Unfilled):
        json.dumps(template.fill(as_values(a=1)), allow_nan=False)


@given(_TREES)
@settings(max_examples=100, deadline=None)
def test_what_is_filled_can_be_sent_as_json(tree: Any) -> None:
    values = as_values(given=tree)
    assert json.loads(json.dumps(filled({"a": "{{ given }}"}, given=tree), allow_nan=False)) == {
        "a": values["given"]
    }
