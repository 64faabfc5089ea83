"""Every type of question: what it accepts, what it refuses and why, and the laws that hold for any answer."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from commonhall.engine.fields.base import CompiledField, clean, clean_lines
from tests.engine.services import TODAY, one_page, run_small

OPTIONS = "options: [{code: a, label: Apple}, {code: b, label: Pear}]"
FIELDS = {
    "text": "{id: f, type: text, max_length: 10}",
    "pattern": "{id: f, type: text, pattern: '[A-Z]{2}[0-9]+', pattern_message: Two letters}",
    "textarea": "{id: f, type: textarea, max_length: 20}",
    "email": "{id: f, type: email}",
    "phone": "{id: f, type: phone}",
    "name": "{id: f, type: name}",
    "address": "{id: f, type: address}",
    "date": "{id: f, type: date}",
    "past": "{id: f, type: date, past: true}",
    "future": "{id: f, type: date, future: true}",
    "number": "{id: f, type: number, min: 1, max: 2000}",
    "decimals": "{id: f, type: number, decimals: 2}",
    "money": "{id: f, type: money, min: 100, max: 100000}",
    "national-insurance-number": "{id: f, type: national-insurance-number}",
    "vehicle-registration": "{id: f, type: vehicle-registration}",
    "radios": f"{{id: f, type: radios, {OPTIONS}}}",
    "select": f"{{id: f, type: select, {OPTIONS}}}",
    "checkboxes": f"{{id: f, type: checkboxes, {OPTIONS}}}",
    "map-location": "{id: f, type: map-location}",
    "list": "{id: f, type: list, item: Person, min: 2, max: 3, fields: [{id: name, type: name, label: Name}, {id: born, type: date, label: Born, optional: true}]}",
    "declaration": "{id: f, type: declaration, statement: I agree}",
}  # fmt: skip
FIELD: dict[str, CompiledField] = {
    kind: run_small(one_page(f"[{yaml}]")).fields["f"] for kind, yaml in FIELDS.items()
}
OPTIONAL = {
    kind: run_small(one_page(f"[{yaml.replace('{id: f,', '{id: f, optional: true,', 1)}]")).fields["f"]
    for kind, yaml in FIELDS.items()
}
HOME = {"f-line1": "1 High Street", "f-town": "Solihull", "f-postcode": "b913qt"}

ACCEPTED: list[tuple[str, dict[str, str | list[str]], Any]] = [
    ("text", {"f": "  a \t b\u200e "}, "a b"),
    ("text", {"f": "e\u0301\u200e"}, "é"),
    ("text", {"f": "x" * 10}, "x" * 10),
    ("pattern", {"f": "AB12"}, "AB12"),
    ("textarea", {"f": "a\r\n\r\n b  c\r\n"}, "a\n\nb c"),
    ("email", {"f": "sam.o'neil+bins@example.co.uk"}, "sam.o'neil+bins@example.co.uk"),
    ("email", {"f": "sam@пример.рф"}, "sam@пример.рф"),
    ("email", {"f": "sam@example.xn--p1ai"}, "sam@example.xn--p1ai"),
    ("phone", {"f": "+44 (0)1632 960-001"}, "+44 (0)1632 960-001"),
    ("name", {"f": "X Æ A-12"}, "X Æ A-12"),
    ("address", {**HOME, "f-line2": "Flat 2", "f-uprn": "100070"}, {"line1": "1 High Street", "line2": "Flat 2", "town": "Solihull", "postcode": "B91 3QT", "uprn": "100070"}),
    ("address", HOME, {"line1": "1 High Street", "town": "Solihull", "postcode": "B91 3QT"}),
    ("date", {"f-day": "9", "f-month": "3", "f-year": "2026"}, "2026-03-09"),
    ("date", {"f-day": "09", "f-month": "Mawrth", "f-year": "2026"}, "2026-03-09"),
    ("date", {"f-day": "29", "f-month": "sept", "f-year": "1999"}, "1999-09-29"),
    ("date", {"f-day": "29", "f-month": "2", "f-year": "2000"}, "2000-02-29"),
    ("past", {"f-day": "9", "f-month": "3", "f-year": "2026"}, "2026-03-09"),
    ("future", {"f-day": "11", "f-month": "3", "f-year": "2026"}, "2026-03-11"),
    ("number", {"f": "1,200"}, 1200),
    ("number", {"f": "1.0"}, 1),
    ("decimals", {"f": "-0.5"}, -0.5),
    ("decimals", {"f": "-0"}, 0.0),
    ("money", {"f": "£12.50"}, 1250),
    ("money", {"f": "1,000"}, 100000),
    ("national-insurance-number", {"f": "qq 12 34 56 c".replace("qq", "ab")}, "AB123456C"),
    ("vehicle-registration", {"f": "ab12 cde"}, "AB12CDE"),
    ("radios", {"f": "a"}, "a"),
    ("select", {"f": "b"}, "b"),
    ("checkboxes", {"f": ["b", "a", "b"]}, ["a", "b"]),
    ("map-location", {"f-description": "By the pond"}, {"description": "By the pond"}),
    ("map-location", {"f-lat": "52.4128", "f-long": "-1.7782", "f-postcode": "b91 3qt"}, {"postcode": "B91 3QT", "lat": 52.4128, "long": -1.7782}),
    ("list", {"f-0-name": "Sam", "f-4-name": "Jo", "f-4-born-day": "1", "f-4-born-month": "2", "f-4-born-year": "1990", "f-2-name": " "}, [{"name": "Sam"}, {"name": "Jo", "born": "1990-02-01"}]),
    ("declaration", {"f": "yes"}, True),
]  # fmt: skip

REFUSED: list[tuple[str, dict[str, str | list[str]], list[tuple[str, str]]]] = [
    ("text", {}, [("f", "missing")]),
    ("text", {"f": " \u200d\x00\u2028 "}, [("f", "missing")]),
    ("text", {"f": "x" * 11}, [("f", "too_long")]),
    ("pattern", {"f": "AB"}, [("f", "pattern")]),
    ("pattern", {"f": "AB١٢"}, [("f", "pattern")]),
    ("textarea", {"f": "\n \n"}, [("f", "missing")]),
    ("email", {"f": "sam@example"}, [("f", "email")]),
    ("email", {"f": "sam@exa mple.com"}, [("f", "email")]),
    ("email", {"f": "sam..o@example.com"}, [("f", "email")]),
    ("email", {"f": f"{'x' * 64}@{'y' * 63}.{'z' * 63}.{'w' * 63}.com"}, [("f", "email")]),
    ("phone", {"f": "1234567"}, [("f", "phone")]),
    ("phone", {"f": "٠١٦٣٢٩٦٠٠٠١"}, [("f", "phone")]),
    ("phone", {"f": "01632 960001 ext 5"}, [("f", "phone")]),
    ("name", {"f": "x" * 151}, [("f", "too_long")]),
    ("address", {}, [("f-line1", "missing_line1"), ("f-town", "missing_town"), ("f-postcode", "missing_postcode")]),
    ("address", {**HOME, "f-postcode": "B91"}, [("f-postcode", "postcode")]),
    ("address", {**HOME, "f-town": "x" * 101}, [("f-town", "too_long_town")]),
    ("address", {**HOME, "f-uprn": "x"}, [("f-line1", "shape")]),
    ("date", {}, [("f-day", "missing")]),
    ("date", {"f-day": "9", "f-year": "2026"}, [("f-month", "missing_month")]),
    ("date", {"f-day": "30", "f-month": "2", "f-year": "2026"}, [("f-day", "date")]),
    ("date", {"f-day": "9", "f-month": "Octember", "f-year": "2026"}, [("f-month", "date")]),
    ("date", {"f-day": "9", "f-month": "3", "f-year": "26"}, [("f-year", "year")]),
    ("date", {"f-day": "9", "f-month": "3", "f-year": "1066"}, [("f-year", "too_old")]),
    ("past", {"f-day": "10", "f-month": "3", "f-year": "2026"}, [("f-day", "past")]),
    ("future", {"f-day": "10", "f-month": "3", "f-year": "2026"}, [("f-day", "future")]),
    ("number", {"f": "many"}, [("f", "number")]),
    ("number", {"f": "1.5"}, [("f", "whole")]),
    ("number", {"f": "0"}, [("f", "too_small")]),
    ("number", {"f": "2001"}, [("f", "too_big")]),
    ("number", {"f": "1e3"}, [("f", "number")]),
    ("decimals", {"f": "0.125"}, [("f", "decimals")]),
    ("decimals", {"f": "9" * 30}, [("f", "too_big")]),
    ("decimals", {"f": "-" + "9" * 30}, [("f", "too_small")]),
    ("money", {"f": "12.505"}, [("f", "money")]),
    ("money", {"f": "-5"}, [("f", "money")]),
    ("money", {"f": "0.99"}, [("f", "too_small")]),
    ("money", {"f": "1000.01"}, [("f", "too_big")]),
    ("national-insurance-number", {"f": "QQ 12 34 56 C"}, [("f", "nino")]),
    ("national-insurance-number", {"f": "AB١٢٣٤٥٦C"}, [("f", "nino")]),
    ("vehicle-registration", {"f": "ABCDEFGH"}, [("f", "registration")]),
    ("radios", {}, [("f", "choose")]),
    ("radios", {"f": "Apple"}, [("f", "not_an_option")]),
    ("select", {"f": "c"}, [("f", "not_an_option")]),
    ("checkboxes", {}, [("f", "choose_some")]),
    ("checkboxes", {"f": ["a", "c"]}, [("f", "not_an_option")]),
    ("map-location", {}, [("f-description", "missing_place")]),
    ("map-location", {"f-lat": "48.8", "f-long": "2.3"}, [("f-description", "point")]),
    ("map-location", {"f-lat": "52.4"}, [("f-description", "point")]),
    ("map-location", {"f-description": "x", "f-postcode": "nowhere"}, [("f-postcode", "postcode")]),
    ("list", {}, [("f-0-name", "too_few")]),
    ("list", {"f-0-name": "Sam"}, [("f-0-name", "too_few")]),
    ("list", {f"f-{n}-name": "Sam" for n in range(4)}, [("f-0-name", "too_many")]),
    ("list", {"f-0-name": "Sam", "f-1-born-day": "1"}, [("f-1-name", "missing"), ("f-1-born-month", "missing_month")]),
    ("declaration", {}, [("f", "declaration")]),
    ("declaration", {"f": "no"}, [("f", "declaration")]),
]  # fmt: skip


def form(inputs: dict[str, str | list[str]]) -> dict[str, list[str]]:
    """A submitted form."""
    return {name: value if isinstance(value, list) else [value] for name, value in inputs.items()}


def valid(part: CompiledField, value: Any) -> bool:
    """Whether a value keeps to the field's own part of the data contract."""
    validator = Draft202012Validator(dict(part.schema), format_checker=FormatChecker())
    return bool(validator.is_valid(value))


@pytest.mark.parametrize(("kind", "inputs", "value"), ACCEPTED)
def test_an_answer_is_accepted_in_the_shape_of_the_contract(kind: str, inputs: Any, value: Any) -> None:
    part = FIELD[kind]
    parsed = part.parse(form(inputs), TODAY)
    assert (parsed.value, parsed.faults) == (value, ())
    assert type(parsed.value) is type(value)
    assert part.accepts(parsed.value, TODAY) == parsed
    assert valid(part, value)
    assert all(isinstance(line, str) for language in ("en", "cy") for line in part.show(value, language))


@pytest.mark.parametrize(("kind", "inputs", "found"), REFUSED)
def test_an_answer_is_refused_beside_the_box_to_go_to(
    kind: str, inputs: Any, found: list[tuple[str, str]]
) -> None:
    parsed = FIELD[kind].parse(form(inputs), TODAY)
    assert [(fault.input, fault.code) for fault in parsed.faults] == found
    assert parsed.value is None
    assert {fault.field for fault in parsed.faults} == {"f"}


@pytest.mark.parametrize("kind", FIELDS)
def test_only_an_optional_question_may_be_left_empty(kind: str) -> None:
    assert OPTIONAL[kind].parse({}, TODAY).value is None
    assert OPTIONAL[kind].parse({}, TODAY).faults == ()
    assert FIELD[kind].parse({}, TODAY).faults


@pytest.mark.parametrize("kind", FIELDS)
def test_every_shown_answer_that_is_absent_shows_nothing(kind: str) -> None:
    assert FIELD[kind].show(None, "cy") == []


HOSTILE = [
    "<script>alert(1)</script>", "'; drop table cases; --", "{{ settings.x }}", "${7*7}", "%s%n", "\x00", "\ud800",
    "\u202etxt.exe", "\ufeff", "A" * 100_000, "١٢٣", "½", "Ａ１２", "\u0130\u0131", "1\u066b5", "nan", "inf", "1e999",
    "0x10", "../../etc/passwd", "\r\nSet-Cookie: a=b", "\u200b", "😀" * 50, "é" * 60, "ﬃ", "٣", "²", "-0.0", "+5",
]  # fmt: skip
INPUTS = [f"f{tail}" for tail in ("", "-day", "-month", "-year", "-line1", "-line2", "-town", "-postcode", "-uprn", "-lat", "-long", "-description", "-0-name", "-1-name", "-2-born-day", "-2-born-month", "-2-born-year", "-999-name", "-0-zzz", "-01-name")]  # fmt: skip
GOOD = [
    value
    for _, inputs, _ in ACCEPTED
    for one in inputs.values()
    for value in ([one] if isinstance(one, str) else one)
]
TEXT = (
    st.text(max_size=30)
    | st.sampled_from(HOSTILE)
    | st.sampled_from(GOOD)
    | st.from_regex(r"-?[0-9]{1,20}(\.[0-9]{1,7})?", fullmatch=True)
)
FORMS = st.dictionaries(st.sampled_from(INPUTS), st.lists(TEXT, max_size=3), max_size=8)
KINDS = st.sampled_from(sorted(FIELDS))


@given(KINDS, st.booleans(), FORMS | st.sampled_from([form(inputs) for _, inputs, _ in ACCEPTED]))
def test_any_form_gives_a_value_of_the_contract_or_a_fault_and_never_stumbles(
    kind: str, optional: bool, sent: dict[str, list[str]]
) -> None:
    part = (OPTIONAL if optional else FIELD)[kind]
    parsed = part.parse(sent, TODAY)
    if parsed.faults:
        assert parsed.value is None
        return
    if parsed.value is None:
        assert optional
        return
    assert valid(part, parsed.value), parsed.value
    assert part.parse({name: list(texts) for name, texts in part.raw(parsed.value).items()}, TODAY) == parsed
    assert part.accepts(parsed.value, TODAY) == parsed
    assert "\x00" not in repr(parsed.value)
    part.bind(parsed.value)
    assert part.show(parsed.value, "en") or parsed.value == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(HOSTILE),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["line1", "lat", "name", "born", "x"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@given(KINDS, JSON)
def test_any_value_handed_in_is_taken_in_the_contracts_shape_or_not_at_all(kind: str, value: Any) -> None:
    parsed = FIELD[kind].accepts(value, TODAY)
    assert parsed.faults or valid(FIELD[kind], parsed.value)


def test_a_number_is_not_rounded_to_fit() -> None:
    assert FIELD["number"].accepts(2.5, TODAY).faults[0].code == "shape"
    assert FIELD["decimals"].accepts(0.125, TODAY).faults[0].code == "shape"


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert "  " not in once
    assert clean_lines(clean_lines(text)) == clean_lines(text)


@pytest.mark.parametrize(
    ("kind", "value", "english", "welsh"),
    [
        ("date", "2026-03-09", ["9 March 2026"], ["9 Mawrth 2026"]),
        ("money", 1250, ["£12.50"], ["£12.50"]),
        ("money", 120000, ["£1,200"], ["£1,200"]),
        ("number", 1200, ["1,200"], ["1,200"]),
        ("decimals", 12.0, ["12"], ["12"]),
        ("decimals", 0.5, ["0.5"], ["0.5"]),
        ("checkboxes", ["a", "b"], ["Apple", "Pear"], ["Apple", "Pear"]),
        ("declaration", True, ["Agreed"], ["Wedi cytuno"]),
        ("textarea", "a\nb", ["a", "b"], ["a", "b"]),
        ("list", [{"name": "Sam", "born": "1990-02-01"}], ["Sam, 1 February 1990"], ["Sam, 1 Chwefror 1990"]),
        ("map-location", {"lat": 52.4128, "long": -1.7782}, ["52.41280, -1.77820"], ["52.41280, -1.77820"]),
    ],
)
def test_answers_are_shown_as_people_write_them(
    kind: str, value: Any, english: list[str], welsh: list[str]
) -> None:
    assert FIELD[kind].show(value, "en") == english
    assert FIELD[kind].show(value, "cy") == welsh


def test_a_list_with_only_unknown_boxes_is_empty() -> None:
    assert OPTIONAL["list"].parse({"f-0-zzz": ["x"]}, TODAY).value is None


def test_today_decides_what_is_past() -> None:
    sent = form({"f-day": "9", "f-month": "3", "f-year": "2026"})
    assert FIELD["past"].parse(sent, date(2026, 3, 9)).faults
    assert not FIELD["past"].parse(sent, date(2026, 3, 10)).faults
