"""From what a person typed to the councils of a postcode."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhall.directory.directory import Choice, Directory, Found, NorthernIreland, NotAPostcode, Unknown
from commonhall.directory.postcode_text import AREAS, UNIT_LETTERS, parse_outward, parse_postcode
from commonhall.directory.postcodes import compile_postcodes, open_postcodes


def slugs(answer: object) -> list[str]:
    match answer:
        case Found(_, councils) | NorthernIreland(_, councils) | Choice(_, councils, _):
            return [council.slug for council in councils]
    return []


@pytest.mark.parametrize(
    ("typed", "postcode"),
    [
        ("B91 3QT", "B91 3QT"),
        ("b913qt", "B91 3QT"),
        ("  b 9 1 3 q t ", "B91 3QT"),
        ("B91\N{NO-BREAK SPACE}3QT", "B91 3QT"),
        ("B91\N{ZERO WIDTH SPACE}3QT", "B91 3QT"),
        ("\uff22\uff19\uff11\u3000\uff13\uff31\uff34", "B91 3QT"),
        ("B91-3QT.", "B91 3QT"),
        ("B9I 3QT", "B91 3QT"),
        ("SW1A OAA", "SW1A 0AA"),
        ("SWIA 0AA", "SW1A 0AA"),
        ("S014 0AA", "SO14 0AA"),
        ("SO14 OAA", "SO14 0AA"),
        ("0X1 1AA", "OX1 1AA"),
        ("1V1 IAA", "IV1 1AA"),
        ("WI 2AB", "W1 2AB"),
        ("ec1a1bb", "EC1A 1BB"),
    ],
)
def test_a_postcode_is_read_as_people_type_it(typed: str, postcode: str) -> None:
    parsed = parse_postcode(typed)
    assert parsed is not None
    outward, digit, unit = parsed
    assert f"{outward} {digit}{unit}" == postcode


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "hello",
        "B91 3Q",
        "B91 3QC",
        "B91 3QTT",
        "GIR 0AA",
        "B91\N{LATIN SMALL LETTER E WITH ACUTE}3QT",
        "12345",
        "B91 3QT and much more text of a letter that somebody pasted by mistake",
        "\N{ARABIC-INDIC DIGIT ONE}B1 1AA",
    ],
)
def test_what_cannot_be_a_postcode_is_said_to_be_none(directory: Directory, typed: str) -> None:
    assert directory.find(typed) == NotAPostcode(typed)


def test_a_letter_that_could_be_read_two_ways_is_left_as_typed() -> None:
    assert parse_postcode("BO1 1AA") == ("BO1", "1", "AA")


typed_postcodes = st.builds(
    "{}{}{} {}{}{}".format,
    st.sampled_from(sorted(AREAS)),
    st.integers(0, 99),
    st.sampled_from(["", "A", "W"]),
    st.integers(0, 9),
    st.sampled_from(UNIT_LETTERS),
    st.sampled_from(UNIT_LETTERS),
)


@given(st.one_of(st.text(max_size=80), st.text("BEIO019 ", max_size=9), typed_postcodes))
def test_any_text_has_an_answer_and_the_tidy_postcode_has_the_same(directory: Directory, text: str) -> None:
    answer = directory.find(text)
    if isinstance(answer, NotAPostcode):
        assert answer.text == text
    else:
        assert directory.find(answer.postcode) == answer


@given(st.text(max_size=80))
def test_reading_is_idempotent(text: str) -> None:
    parsed = parse_postcode(text)
    if parsed:
        assert parse_postcode("".join(parsed)) == parsed
    outward = parse_outward(text)
    if outward:
        assert parse_outward(outward) == outward


def test_a_district_comes_before_its_county(directory: Directory, shared_data: Path) -> None:
    with (shared_data / "postcode_samples.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 1805
    for row in rows:
        found = directory.find(row["postcode"])
        if row["lad_gss"].startswith("N"):
            assert isinstance(found, NorthernIreland), row
            assert row["lad_gss"] in {council.gss for council in found.councils}, row
            continue
        assert isinstance(found, Found), row
        codes = [council.gss for council in found.councils]
        assert codes == [code for code in (row["lad_gss"], row["parent_county_gss"]) if code], row


def test_a_postcode_that_is_not_live_is_a_choice_of_its_sectors_councils(directory: Directory) -> None:
    answer = directory.find("b91 3zz")
    assert isinstance(answer, Choice)
    assert answer.postcode == "B91 3ZZ"
    assert slugs(answer) == ["solihull"], "one candidate alone is still no certainty"
    assert answer.whole


def test_where_the_sector_is_not_known_the_districts_councils_are_the_choice(directory: Directory) -> None:
    assert directory.postcodes.sector_councils("B91", "7") == ()
    answer = directory.find("B91 7AA")
    assert isinstance(answer, Choice)
    assert answer.whole
    assert slugs(answer) == slugs(directory.find("B91")) != []


def test_half_a_postcode_is_a_choice_and_says_so(directory: Directory) -> None:
    answer = directory.find("ab12")
    assert isinstance(answer, Choice)
    assert not answer.whole
    assert slugs(answer) == ["aberdeen", "aberdeenshire"] or set(slugs(answer)) >= {"aberdeenshire"}


def test_a_northern_irish_postcode_has_the_list_of_its_eleven_councils(directory: Directory) -> None:
    for typed in ("BT1 1AA", "bt7 1nn", "BT48"):
        answer = directory.find(typed)
        assert isinstance(answer, NorthernIreland)
        assert len(answer.councils) == 11
        assert {council.nation for council in answer.councils} == {"Northern Ireland"}


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("JE2 3AB", "Jersey"),
        ("GY1 1AA", "Guernsey"),
        ("IM1 1AA", "the Isle of Man"),
        ("ZZ9 9ZZ", None),
        ("BF1 1AA", None),
    ],
)
def test_a_postcode_outside_every_council_says_where_it_is(
    directory: Directory, typed: str, place: str | None
) -> None:
    assert directory.find(typed) == Unknown(typed, place)


def test_every_live_postcode_agrees_with_the_source_and_no_other_is_live(
    directory: Directory, shared_data: Path
) -> None:
    number = {
        letters: place for place, letters in enumerate(a + b for a in UNIT_LETTERS for b in UNIT_LETTERS)
    }
    wanted: dict[str, dict[str, str]] = defaultdict(dict)
    with gzip.open(shared_data / "postcodes_gb.csv.gz", "rt", encoding="utf-8") as file:
        next(file)
        for line in file:
            postcode, gss = line.rstrip().split(",")
            wanted[postcode[:-2]][postcode[-2:]] = gss
    assert directory.postcodes.postcodes == sum(map(len, wanted.values())) > 1_700_000
    code_of = directory.postcodes.code
    for sector, units in wanted.items():
        outward, digit = sector.split()
        for unit, gss in units.items():
            if code_of(outward, digit, unit) != gss:
                pytest.fail(f"{sector}{unit} is {gss}, not {code_of(outward, digit, unit)}")
        assert set(directory.postcodes.sector_councils(outward, digit)) == set(units.values()), sector
    # The count of live bits is the source's count, and all of the source's are live: so no others are.
    for sector in list(wanted)[::50]:
        outward, digit = sector.split()
        live = [unit for unit in number if code_of(outward, digit, unit)]
        assert set(live) == set(wanted[sector])


def test_the_sectors_of_several_councils_are_choices_of_at_least_those_listed(
    directory: Directory, shared_data: Path
) -> None:
    # The list leaves out councils with a single postcode in a sector; the postcodes themselves do not. Northern
    # Ireland's postcodes are under a licence of their own and are not shipped.
    with (shared_data / "sectors_spanning_councils.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 1000
    for row in rows:
        outward, digit = row["postcode_sector"].split()
        if outward.startswith("BT"):
            continue
        councils = {part.partition(":")[0] for part in row["councils_gss_count"].split("|")}
        assert set(directory.postcodes.sector_councils(outward, digit)) >= councils, row


units = st.tuples(
    st.sampled_from(["B1", "B91", "EC1A", "ZE3", "M1"]),
    st.sampled_from("0129"),
    st.sampled_from(UNIT_LETTERS),
    st.sampled_from(UNIT_LETTERS),
)


@given(st.dictionaries(units, st.sampled_from(["E1", "E2", "E3", "S1"])), st.lists(units, max_size=20))
def test_what_is_compiled_is_looked_up(
    tmp_path_factory: pytest.TempPathFactory,
    known: dict[tuple[str, str, str, str], str],
    others: list[tuple[str, str, str, str]],
) -> None:
    path = tmp_path_factory.mktemp("round") / "postcodes.bin"
    rows = [(f"{outward} {digit}{a}{b}", gss) for (outward, digit, a, b), gss in known.items()]
    path.write_bytes(compile_postcodes(rows, "a test", "Jan 2026"))
    opened = open_postcodes(path)
    assert (opened.postcodes, opened.source, opened.date) == (len(known), "a test", "Jan 2026")
    for outward, digit, a, b in [*known, *others]:
        assert opened.code(outward, digit, a + b) == known.get((outward, digit, a, b))
    for outward, digit, _, _ in [*known, *others]:
        councils = {gss for key, gss in known.items() if key[:2] == (outward, digit)}
        assert set(opened.sector_councils(outward, digit)) == councils
