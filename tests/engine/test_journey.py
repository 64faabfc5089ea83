"""The journey: from answers to where the person is, and what is sent in the end."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from commonhall.engine.contract import adopted_contract, service_contract
from commonhall.engine.journey import (
    JourneyIncomplete,
    Path,
    details,
    parse_page,
    show_text,
    submission,
    walk,
)
from commonhall.engine.package import Adopted
from tests.engine.services import ANSWERS, TODAY, one_page, read, run, run_small

ALLOTMENT = run(read())


def ids(path: Path) -> list[str]:
    """The pages that are satisfied, and where the person is now."""
    now = path.current or path.exit
    return [*(page.id for page in path.pages), *([f"({now.id})"] if now else [])]


def without(*names: str) -> dict[str, Any]:
    """The answers but for some."""
    return {name: value for name, value in ANSWERS.items() if name not in names}


@pytest.mark.parametrize(
    ("answers", "path"),
    [
        ({}, ["(home)"]),
        (without("born"), ["home", "(born)"]),
        (without("email"), ["home", "born", "site", "size", "helpers", "(contact)"]),
        (ANSWERS, ["home", "born", "site", "size", "helpers", "contact"]),
        ({**ANSWERS, "site": "south"}, ["home", "born", "site", "helpers", "contact"]),
        ({**ANSWERS, "born": "2010-01-01"}, ["home", "born", "(too-young)"]),
        ({**ANSWERS, "born": "1890-01-01"}, ["home", "(born)"]),
    ],
)
def test_the_path_follows_from_the_answers(answers: dict[str, Any], path: list[str]) -> None:
    assert ids(walk(ALLOTMENT, answers, TODAY)) == path


def test_a_check_that_fails_stands_beside_its_answer() -> None:
    (fault,) = walk(ALLOTMENT, {**ANSWERS, "born": "1890-01-01"}, TODAY).faults
    assert (fault.field, fault.input, fault.code) == ("born", "born-day", "pages.born.checks.alive.message")


def test_changing_an_answer_leaves_nothing_stale() -> None:
    changed = {**ANSWERS, "site": "south"}
    sent = submission(ALLOTMENT, changed, TODAY)
    assert "size" not in sent.answers
    assert all("plot" not in question for question, _ in sent.details)
    back = {**changed, "site": "north"}
    assert submission(ALLOTMENT, back, TODAY).answers["size"] == 100


def test_back_and_on_lead_along_the_path() -> None:
    path = walk(ALLOTMENT, without("email"), TODAY)
    before = {page.id: (found.id if (found := path.before(page.id)) else None) for page in path.pages}
    assert before == {"home": None, "born": "home", "site": "born", "size": "site", "helpers": "size"}
    assert path.before("contact") == path.pages[-1]
    after = path.after("size")
    assert after is not None
    assert after.id == "helpers"
    assert path.after("helpers") == path.current
    assert path.reaches("contact")
    assert not path.reaches("too-young")


def test_a_submission_has_what_a_case_needs() -> None:
    sent = submission(ALLOTMENT, ANSWERS, TODAY)
    assert sent.summary == "Plot at North field for Sam Jones"
    assert sent.target_on == date(2026, 3, 17)
    assert (sent.contact.name, sent.contact.email, sent.contact.phone) == (
        "Sam Jones",
        "sam@example.com",
        None,
    )
    assert (sent.location.description, sent.location.postcode) == ("1 High Street, Solihull", "B91 3QT")
    assert sent.postcodes == ("B91 3QT",)
    assert "helpers" not in sent.answers
    assert ("Size of plot", "100 square metres") in sent.details


def test_answers_are_shown_in_the_persons_language() -> None:
    rows = {row.field.id: row for row in details(ALLOTMENT, walk(ALLOTMENT, ANSWERS, TODAY), "cy")}
    assert rows["site"].lines == ("Cae’r gogledd",)
    assert rows["size"].lines == ("100 metr sgwâr",)
    assert rows["born"].lines == ("29 Chwefror 1980",)
    assert rows["email"].question == "Cyfeiriad e-bost"
    assert show_text(ALLOTMENT, "case.summary", ANSWERS, "cy") == "Rhandir yn Cae’r gogledd i Sam Jones"


def test_a_journey_that_is_not_complete_cannot_be_submitted() -> None:
    for answers in ({}, {**ANSWERS, "born": "2010-01-01"}):
        with pytest.raises(JourneyIncomplete) as refused:
            submission(ALLOTMENT, answers, TODAY)
        assert not refused.value.path.complete


def test_a_page_gives_all_its_answers_or_all_its_faults() -> None:
    page = ALLOTMENT.page("contact")
    assert page is not None
    assert parse_page(page, {"name": ["Sam"]}, TODAY) == ({"name": "Sam", "email": None}, ())
    answers, faults = parse_page(page, {"email": ["no"]}, TODAY)
    assert answers == {}
    assert [(fault.input, fault.code) for fault in faults] == [("name", "missing"), ("email", "email")]
    assert ALLOTMENT.page("nowhere") is None


def test_words_and_lists_that_nobody_gave_are_empty_to_a_condition() -> None:
    fields = "[{id: w, type: text, optional: true, label: W}, {id: c, type: checkboxes, optional: true, label: C, options: [{code: a, label: A}]}, {id: n, type: number, optional: true, label: N}]"
    more = "\n".join(
        f'  - {{id: {name}, question: Q, when: "{when}", fields: [{{id: {name}, type: text}}]}}'
        for name, when in (
            ("word", "answers.w == ''"),
            ("none", "size(answers.c) == 0"),
            ("few", "answers.n < 5"),
            ("many", "answers.n >= 5"),
        )
    )
    adopted = run_small(one_page(fields, more))
    given: dict[str, Any] = {"w": None, "c": None, "n": None}
    rest = dict.fromkeys(("word", "none", "few", "many"), "x")
    assert ids(walk(adopted, {**given, **rest}, TODAY)) == ["only", "word", "none"]
    assert ids(walk(adopted, {"w": "x", "c": ["a"], "n": 7, **rest}, TODAY)) == ["only", "many"]


def test_the_contract_is_a_json_schema_that_submissions_keep_to() -> None:
    for contract in (service_contract(ALLOTMENT.service), adopted_contract(ALLOTMENT)):
        Draft202012Validator.check_schema(contract)
        validator = Draft202012Validator(contract, format_checker=FormatChecker())
        validator.validate(submission(ALLOTMENT, ANSWERS, TODAY).answers)
        assert contract["required"] == ["home", "born", "site", "name"]
        assert not validator.is_valid({**submission(ALLOTMENT, ANSWERS, TODAY).answers, "stranger": 1})


# -- laws, for any small service and any answers ----------------------------------------------------------

TYPES = {
    "text": ("{{id: {0}, type: text, label: L, optional: {1}}}", st.sampled_from(["a", "b", "c"])),
    "radios": ("{{id: {0}, type: radios, label: L, optional: {1}, options: [{{code: a, label: A}}, {{code: b, label: B}}]}}", st.sampled_from(["a", "b"])),
    "number": ("{{id: {0}, type: number, label: L, optional: {1}}}", st.integers(0, 9)),
    "checkboxes": ("{{id: {0}, type: checkboxes, label: L, optional: {1}, options: [{{code: a, label: A}}, {{code: b, label: B}}]}}", st.sampled_from([["a"], ["b"], ["a", "b"]])),
    "date": ("{{id: {0}, type: date, label: L, optional: {1}}}", st.sampled_from(["2026-03-01", "2026-03-10"])),
}  # fmt: skip
RULES = {
    "text": ["answers.{0} == 'a'", "answers.{0} != ''"],
    "radios": ["answers.{0} == 'a'", "answers.{0} != 'b'"],
    "number": ["answers.{0} > 4", "answers.{0} <= 4"],
    "checkboxes": ["'a' in answers.{0}", "size(answers.{0}) < 2"],
    "date": ["answers.{0} < today", "years(answers.{0}, today) == 0"],
}


@st.composite
def services(draw: st.DrawFn) -> tuple[Adopted, dict[str, Any]]:
    """A small service with conditions, exits and checks, and answers to some of its questions."""
    pages, known, answers = [], [], {}
    for number in range(draw(st.integers(1, 5))):
        rule = None
        if known and draw(st.booleans()):
            kind, name = draw(st.sampled_from(known))
            rule = draw(st.sampled_from(RULES[kind])).format(name)
        when = f', when: "{rule}"' if rule else ""
        if rule and draw(st.integers(0, 3)) == 0:
            pages.append(f"  - {{id: p{number}, exit: true, question: Q, body: B{when}}}")
            continue
        fields, checks = [], ""
        for place in range(draw(st.integers(1, 2))):
            kind, name = draw(st.sampled_from(sorted(TYPES))), f"q{number}_{place}"
            optional = draw(st.booleans())
            fields.append(TYPES[kind][0].format(name, str(optional).lower()))
            known.append((kind, name))
            if draw(st.integers(0, 4)):
                answers[name] = draw(TYPES[kind][1] | st.none()) if optional else draw(TYPES[kind][1])
            if draw(st.integers(0, 4)) == 0:
                checks = f', checks: [{{require: "{draw(st.sampled_from(RULES[kind])).format(name)}", message: M}}]'
        pages.append(f"  - {{id: p{number}, question: Q, fields: [{', '.join(fields)}]{when}{checks}}}")
    text = "id: any\nversion: 1.0.0\nname: Any\nlgsl: 1\nlgil: 8\nstart: {intro: Any}\npages:\n" + "\n".join(
        pages
    )
    return run_small(f"{text}\ncase: {{summary: Any}}\nconfirmation: {{body: Done}}\n"), answers


@settings(max_examples=120, deadline=None)
@given(services(), st.data())
def test_the_laws_of_the_journey(made: tuple[Adopted, dict[str, Any]], data: st.DataObject) -> None:
    adopted, answers = made
    path = walk(adopted, answers, TODAY)
    on_path = {part.id for page in path.pages for part in page.fields}
    # Only answers on the path are kept, and they alone lead along the same path.
    assert set(path.answers) == on_path
    assert ids(walk(adopted, path.answers, TODAY))[: len(path.pages)] == [page.id for page in path.pages]
    # A page before the current one is satisfied, and the pages keep the order of the definition.
    order = [page.id for page in adopted.pages]
    walked = [page.id for page in path.pages]
    assert walked == [page for page in order if page in set(walked)]
    assert all(part.id in answers for page in path.pages for part in page.fields)
    # An answer that is not on the path changes nothing.
    off = data.draw(st.sampled_from(sorted(adopted.fields)))
    if off not in on_path and (path.current is None or all(part.id != off for part in path.current.fields)):
        assert ids(walk(adopted, {k: v for k, v in answers.items() if k != off}, TODAY)) == ids(path)
    # Taking an answer away never keeps what came after it.
    if on_path:
        gone = data.draw(st.sampled_from(sorted(on_path)))
        shorter = walk(adopted, {k: v for k, v in answers.items() if k != gone}, TODAY)
        assert gone not in shorter.answers
        assert ids(shorter)[-1].strip("()") in {
            p.id for p in adopted.pages if any(f.id == gone for f in p.fields)
        }
    if path.complete:
        sent = submission(adopted, answers, TODAY)
        Draft202012Validator(adopted_contract(adopted), format_checker=FormatChecker()).validate(sent.answers)
        assert set(sent.answers) == {name for name, value in path.answers.items() if value is not None}
        json.dumps(sent.answers)
