"""Every page of every service for every demo council in both languages is whole, valid HTML."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonhall.casework.sites import Site
from commonhall.engine.journey import parse_page
from commonhall.web.resident.compile import Compiler, Place, answer_values, raw_values
from commonhall.web.resident.shapes import CLOSE, OPEN, Shapes, hole, shape_of
from commonhall.web.texts import LOCATION_WORDS, STATUSES, WORDS
from tests.web.rendered import COMMON, TODAY, faults_of_html, pages_of


@pytest.mark.parametrize("language", ["en", "cy"])
def test_every_page_is_valid(compiler: Compiler, sites: list[Site], language: str) -> None:
    wrong, seen = [], 0
    for site in sites:
        for adopted in site.services:
            for name, text in pages_of(compiler, site, adopted, language, errors=True):
                seen += 1
                wrong += [
                    f"{site.council} {adopted.service.id} {name}: {fault}" for fault in faults_of_html(text)
                ]
                if f'<html lang="{language}"' not in text:
                    wrong.append(
                        f"{site.council} {adopted.service.id} {name}: the page does not say its language"
                    )
    assert wrong == []
    assert seen > 500


def test_every_page_of_a_demonstration_says_so(compiler: Compiler, sites: list[Site]) -> None:
    for site in sites:
        for adopted in site.services:
            for _, text in pages_of(compiler, site, adopted, "en", errors=False):
                assert "This is a demonstration." in text
                assert site.homepage_url in text


def test_no_page_carries_the_marks_of_central_government(compiler: Compiler, sites: list[Site]) -> None:
    for name, text in pages_of(compiler, sites[0], sites[0].services[0], "en", errors=False):
        assert not re.search(r"crown|govuk-header|govuk-footer|GDS Transport", text, re.IGNORECASE), name


def test_pages_hold_no_inline_script_or_style(compiler: Compiler, sites: list[Site]) -> None:
    for site in sites:
        for adopted in site.services:
            for name, text in pages_of(compiler, site, adopted, "en", errors=True):
                bare = re.findall(r"<script(?![^>]*\ssrc=)|\sstyle=|\son[a-z]+=", text)
                assert bare == [], f"{site.council} {adopted.service.id} {name}"


def test_both_languages_have_the_same_words() -> None:
    assert WORDS["en"].keys() == WORDS["cy"].keys()
    assert STATUSES["en"].keys() == STATUSES["cy"].keys()
    assert LOCATION_WORDS["en"].keys() == LOCATION_WORDS["cy"].keys()
    holes = re.compile(r"\{[a-z]+\}")
    for key, text in WORDS["en"].items():
        assert sorted(holes.findall(text)) == sorted(holes.findall(WORDS["cy"][key])), key


hostile = st.text(max_size=40) | st.sampled_from(
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "{{ 7*7 }}",
        f"{OPEN}token{CLOSE}",
        "&amp;",
        "'--",
    ]
)


@settings(max_examples=60, deadline=None)
@given(text=hostile)
def test_what_people_type_comes_back_escaped_and_is_never_markup(
    compiler: Compiler, sites: list[Site], text: str
) -> None:
    site = next(site for site in sites if site.council == "solihull")
    for adopted in site.services[:2]:
        place = Place(site, adopted, "en")
        for page in adopted.pages:
            if page.exit:
                continue
            names = [name for part in page.fields for name in _inputs(part)]
            form = {name: [text] for name in names}
            answers, faults = parse_page(page, form, TODAY)
            values = raw_values(form) if faults else answer_values(page, answers)
            shown = compiler.question(place, page, faults, 1, {**values, **COMMON}).decode()
            assert "<script>alert" not in shown
            assert "<img src=x" not in shown
            quiet = compiler.question(place, page, faults, 1, COMMON).decode()
            assert shown.count("<") == quiet.count("<"), "no answer may add an element"


def _inputs(part: Any) -> list[str]:
    if part.type == "address":
        return [f"{part.id}-{piece}" for piece in ("line1", "line2", "town", "postcode")]
    if part.type == "date":
        return [f"{part.id}-{piece}" for piece in ("day", "month", "year")]
    if part.type == "map-location":
        return [f"{part.id}-{piece}" for piece in ("description", "postcode", "lat", "long")]
    if part.fields:
        return [f"{part.id}-0-{name}" for column in part.fields for name in _inputs(column)]
    return [part.id]


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_characters=[OPEN, CLOSE], codec="utf-8")), st.sampled_from("abc")
        )
    ),
    st.dictionaries(st.sampled_from("abc"), st.binary(max_size=20)),
)
def test_a_filled_shape_is_the_page_with_the_values_in_place(
    parts: list[tuple[str, str]], values: dict[str, bytes]
) -> None:
    page = "".join(text + hole(name) for text, name in parts)
    plain = b"".join(text.encode() + values.get(name, b"") for text, name in parts)
    assert shape_of(page).fill(values) == plain


def test_shapes_are_bounded_and_made_once() -> None:
    shapes, made = Shapes(size=3), []
    for number in (1, 2, 3, 1, 4, 1, 2):
        shapes.get(number, lambda number=number: made.append(number) or str(number))  # type: ignore[misc]
    assert len(shapes) == 3
    assert made == [1, 2, 3, 4, 2]


def test_shapes_are_bounded_by_their_bytes() -> None:
    shapes = Shapes(size=100, most_bytes=10_000)
    for number in range(50):
        shapes.get(number, lambda: "x" * 3_000)
    assert len(shapes) == 3
    shapes.get("one that is too large", lambda: "x" * 20_000)
    assert len(shapes) == 1
    shapes.get("small", lambda: "x")
    assert len(shapes) == 1


@pytest.mark.parametrize(
    ("answers", "followed"),
    [
        ({"email": "sam@example.com"}, True),
        ({"phone": "0121 496 0001"}, True),
        ({"place": {"description": "By the church", "postcode": "B91 3QJ"}}, True),
        ({"place": {"description": "By the church"}, "name": "Sam"}, False),
    ],
)
def test_nobody_is_invited_to_follow_what_cannot_be_shown_to_them(
    compiler: Compiler, sites: list[Site], answers: dict[str, object], followed: bool
) -> None:
    solihull = next(site for site in sites if site.council == "solihull")
    pothole = solihull.service("pothole")
    assert pothole is not None
    page = compiler.confirmation(Place(solihull, pothole, "en"), answers, COMMON, thanks=False).decode()
    assert (WORDS["en"]["confirmation_follow"] in page) is followed
    assert (WORDS["en"]["confirmation_unfollowed"].split(",")[0] in page) is not followed
