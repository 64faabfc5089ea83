"""A form in, a draft out: pages, questions, options, conditions, ends, and what is told of the rest."""

from __future__ import annotations

import json
from itertools import product

import pytest

from commonhall.engine.definition import ListField
from tests.catalogue.importing.samples import CALENDARS, FORMS, Walk, brought, content_of, said, service_of

NAMES = sorted(path.name for path in FORMS.iterdir())


@pytest.mark.parametrize("name", NAMES)
def test_a_form_becomes_a_draft_whose_example_plays(name: str) -> None:
    service = service_of(brought(content_of(name)))
    assert service.examples
    assert service.examples[0].ends == "submitted"


@pytest.mark.parametrize("name", NAMES)
def test_everything_that_is_to_be_looked_at_is_in_the_list_of_changes(name: str) -> None:
    found = brought(content_of(name))
    for note in found.notes:
        assert f"- {note.place}: {note.words}" in found.files["CHANGELOG.md"]


@pytest.mark.parametrize("name", NAMES)
def test_a_form_brought_in_twice_is_the_same(name: str) -> None:
    assert brought(content_of(name)).files == brought(content_of(name)).files


def _labels(found: str) -> set[str]:
    """Every title, label and option of a sample, wherever its format keeps them."""
    keys = {"question_text", "title", "label", "text", "name"}
    labels: set[str] = set()

    def look(data: object) -> None:
        if isinstance(data, dict):
            kind = str(data.get("type", ""))
            asks = bool(kind) or "question_text" in data or "value" in data
            labels.update(
                str(data[key]) for key in keys & data.keys()
                if isinstance(data[key], str) and data[key] and asks and (key != "name" or "value" in data)
            )  # fmt: skip
            for one in data.values():
                look(one)
        if isinstance(data, list):
            for one in data:
                look(one)

    look(json.loads(found))
    return labels


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("json")])
def test_every_question_and_option_is_carried_over_or_told_of(name: str) -> None:
    found = brought(content_of(name))
    all_said = found.files["service.yaml"] + said(found)
    # Of what the labels sort out: keys of lists and of the parts of conditions, which no person reads.
    unread = {"Kinds", "Help", "string", "stalls", "kinds", "help"}
    lacking = {one for one in _labels((FORMS / name).read_text("utf-8")) - unread if one not in all_said}
    assert lacking <= {"Verhuizing"}


def test_routes_of_govuk_forms_lead_to_the_same_pages() -> None:
    walked = Walk(service_of(brought(content_of("skip-permit.govuk-forms.json"))))
    company = ["what-is-the-company-called", "what-is-its-waste-carrier-number"]
    resident = ["what-is-your-name", "what-is-your-date-of-birth"]
    for who, narrow in product(("a-skip-company", "a-resident"), ("yes", "no")):
        pages = walked.pages(who_is_applying=who, is_the_road_narrow=narrow, what_will_be_in_it=["soil"])
        assert set(company).issubset(pages) == (who == "a-skip-company")
        assert set(resident).issubset(pages) == (who == "a-resident")
        assert ("how-will-you-light-it" in pages) == (narrow == "yes")
        assert pages[-1] == "declaration"
    assert walked.pages(who_is_applying="somebody-else") == ["who-is-applying", "you-cannot-apply"]
    asked = walked.pages(who_is_applying="a-resident", what_will_be_in_it=["none_of_the_above"])
    assert "what-else" in asked


def test_what_govuk_forms_say_beside_questions_is_carried_over() -> None:
    found = brought(content_of("skip-permit.govuk-forms.json"))
    pages = {page.id: page for page in service_of(found).definition.pages}
    place = pages["the-place"]
    assert (
        place.body == "**Where it may stand**\n\nNot on a footpath.\n\n- not near a junction\n- not on a bend"
    )
    assert place.fields[0].label == "Where will the skip stand?"
    assert pages["what-is-its-waste-carrier-number"].hint is None
    assert pages["what-is-its-waste-carrier-number"].fields[0].hint == "For example CBDU123456"
    (rows,) = pages["which-vehicles-will-come"].fields
    assert isinstance(rows, ListField)
    assert "left out: question 14 “Upload a plan”: it asks for a file" in said(found)
    assert "left out: payment_url: a link to pay" in said(found)


def test_a_form_in_two_languages_is_a_draft_in_two() -> None:
    service = service_of(brought(content_of("graffiti.govuk-forms.json")))
    assert service.definition.languages == ["en", "cy"]
    assert service.texts["cy"]["pages.is-it-offensive.fields.is_it_offensive.options.no"] == "Nac ydy"


def test_welsh_that_is_not_whole_is_told_of() -> None:
    form = json.loads(content_of("graffiti.govuk-forms.json"))
    form["steps"][0]["data"]["question_text"]["cy"] = ""
    found = brought(form)
    assert service_of(found).definition.languages == ["en"]
    assert "left out: Welsh: not every text has it: “Where is it?”" in said(found)


def test_conditions_of_defra_forms_in_order_hold_as_they_did() -> None:
    found = brought(content_of("food-stall.defra-v2.json"))
    walked = Walk(service_of(found))
    assert "where-is-the-meat-from" not in walked.pages(what_do_you_sell="sweets-ices")
    assert walked.pages(what_do_you_sell="meat", is_it_frozen="yes")[-1] == "you-need-a-licence"
    sold = {"what_do_you_sell": "meat", "is_it_frozen": "no"}
    assert "tell-us-about-the-long-time" in walked.pages(**sold, when_did_you_start="2021-03-10")
    assert "tell-us-about-the-long-time" not in walked.pages(**sold, when_did_you_start="2021-03-11")
    assert "how-can-we-reach-you" in walked.pages(**sold, help_that_you_need=["visit"])
    assert "how-can-we-reach-you" in walked.pages(**sold, how_much_would_you_pay=1001)
    assert "how-can-we-reach-you" not in walked.pages(**sold, how_much_would_you_pay=1000)
    assert "how-can-we-reach-you" not in walked.pages(**sold)


def test_what_defra_forms_ask_is_asked_in_the_nearest_way() -> None:
    found = brought(content_of("food-stall.defra-v2.json"))
    fields = {part.id: part for page in service_of(found).definition.pages for part in page.fields}
    assert fields["stall"].min == 1  # type: ignore[attr-defined]
    assert fields["stall"].max == 50  # type: ignore[attr-defined]
    assert [part.type for part in fields["stall"].fields] == ["text", "number", "textarea"]  # type: ignore[attr-defined]
    assert fields["how_much_would_you_pay"].max == 5000  # type: ignore[attr-defined]
    assert fields["reference"].pattern == "[A-Z]{2}\\d{4}"  # type: ignore[attr-defined]
    assert "its pattern (?=.*[A-Z]).{8} is not in RE2’s syntax" in said(found)
    assert "script" not in found.files["service.yaml"]
    assert "alert" not in found.files["service.yaml"]


def test_routes_of_older_defra_forms_lead_to_the_same_pages() -> None:
    found = brought(content_of("pest.defra-v1.yaml"))
    walked = Walk(service_of(found))
    assert walked.pages(which_pest="rats") == [
        "which-pest",
        "where-are-the-rats",
        "your-address",
        "which-floor",
    ]
    assert walked.pages(which_pest="wasps", how_high_is_it=2) == [
        "which-pest",
        "where-is-the-nest",
        "your-address",
    ]
    high = ["which-pest", "where-is-the-nest", "how-can-we-get-up-there", "your-address"]
    assert walked.pages(which_pest="wasps", how_high_is_it=4) == high
    assert walked.pages(which_pest="other") == ["which-pest", "we-cannot-help-with-this"]
    assert "left out: page /lost “Nobody comes here”: no page led to it" in said(found)
    assert "when: answers.which_pest == 'other'" in found.files["service.yaml"]


def test_what_open_forms_hide_and_show_is_asked_of_the_same_people() -> None:
    found = brought(content_of("moved.open-forms.json"))
    walked = Walk(service_of(found))
    assert "how-many-people" in walked.pages(who_has_moved="family")
    assert "how-many-people" not in walked.pages(who_has_moved="alone")
    assert walked.pages(who_has_moved="business")[-1] == "you-cannot-go-on-with-this-form"
    assert "who-moves-with-you" in walked.pages(who_has_moved="family", i_have_pets="no")
    assert "who-moves-with-you" not in walked.pages(who_has_moved="alone", i_have_pets="no")
    assert walked.pages(who_has_moved="alone", i_have_pets="yes")[-1] == "your-cats"
    assert walked.pages(who_has_moved="alone", i_have_pets="no")[-1] == "other-names"
    told = said(found)
    assert "left out: rule 5: it compares what was worked out" in told
    assert "left out: rule 6: 'variable' of v" in told
    assert "it speaks of 'hasPets', which is not asked before it" in told
    assert "'form_name' was filled in there" in told


def test_how_many_may_be_chosen_is_a_check() -> None:
    service = service_of(brought(content_of("moved.open-forms.json")))
    (check,) = next(page.checks for page in service.definition.pages if page.id == "your-household")
    assert check.field == "which_pets"


def test_what_is_brought_in_is_checked_as_any_package_is(tmp_path: object) -> None:
    from pathlib import Path

    from commonhall.catalogue.packages import check_folder

    folder = Path(str(tmp_path)) / "report-a-pest"
    folder.mkdir()
    for name, text in brought(content_of("pest.defra-v1.yaml")).files.items():
        (folder / name).write_text(text, "utf-8")
    checked = check_folder(folder, CALENDARS)
    assert not checked.problems
