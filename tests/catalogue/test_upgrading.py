"""An upgrade meets a council's choices: conflicts are where they are, and nowhere else; nothing is lost in silence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commonhall.catalogue.upgrading import (
    Adoption,
    Kind,
    Release,
    Upgrade,
    plan_upgrade,
    rehearse,
    takes_itself,
)
from commonhall.engine.adoption import Adopter
from commonhall.engine.package import Service
from commonhall.engine.reader import read_service
from commonhall.engine.working_days import Calendar
from tests.catalogue.overlays import councils, releases

HERE = Adopter("England", ("en",))
SERVICE = """
id: lost-cat
version: {version}
name: Report a lost cat
lgsl: 432
lgil: 17
{languages}
start: {{intro: Tell us about the cat.}}
settings:
  days: {days}
  limit: {{type: integer, label: Most cats, default: 3, max: 9}}
  {more}
pages:
  - {{id: first, question: When was it lost?, hint: "{hint}", fields: [{{id: seen, type: date}}]}}
  - {{id: colour, question: What colour is it?, hint: In words, fields: [{{id: colour, type: text, optional: true}}]}}
  {page}
places: {places}
wording: {wording}
case: {{summary: Lost cat}}
confirmation: {{body: "We look for {{{{ settings.days }}}} days."}}
"""
PARTS = {
    "version": "1.0.0",
    "languages": "",
    "days": "{type: integer, label: Days that we look, default: 3, min: 1, max: 10}",
    "more": "",
    "hint": "Roughly",
    "page": "",
    "places": "[{id: after-first, after: first}, {id: after-colour, after: colour}]",
    "wording": "[pages.first.hint, pages.colour.hint, confirmation.body]",
}
EXAMPLE = "- {name: A cat, today: 2026-03-10, answers: {seen: 2026-03-09, colour: null}, ends: submitted}\n"


def cat(calendars: Mapping[str, Calendar], example: str = EXAMPLE, **parts: str) -> Service:
    text = SERVICE.format(**{**PARTS, **parts})
    version = parts.get("version", "1.0.0")
    return read_service(
        {"service.yaml": text, "journeys.yaml": example, "CHANGELOG.md": f"## {version}\n"}, calendars
    )


def question(place: str, page: str = "own", **more: Any) -> dict[str, Any]:
    field = {"id": page.replace("-", "_"), "type": "text", "optional": True}
    return {"place": place, "page": {"id": page, "question": "Ours?", "fields": [field], **more}}


class Council:
    """A council that runs 1.0.0 with some choices, and goes to another version."""

    def __init__(self, calendars: Mapping[str, Calendar], **choices: Any) -> None:
        self.calendars = calendars
        self.old = cat(calendars)
        self.choices = {"service": "lost-cat", "version": "1.0.0", **choices}

    def goes_to(self, settled: Any = None, example: str = EXAMPLE, **parts: str) -> Upgrade:
        new = cat(self.calendars, example, **{"version": "1.1.0", **parts})
        return plan_upgrade(Release.of(self.old, new), self.choices, HERE, self.calendars, settled)


def kinds(upgrade: Upgrade) -> list[Kind]:
    return [conflict.kind for conflict in upgrade.conflicts]


class TestSettings:
    def test_one_that_is_gone_is_let_go_by_name(self, calendars: Mapping[str, Calendar]) -> None:
        council = Council(calendars, settings={"limit": 4})
        text = {"days": PARTS["days"] + "\n  other: {type: boolean, label: Other, default: true}"}
        new = read_service(
            {
                "service.yaml": SERVICE.format(**{**PARTS, **text, "version": "1.1.0"}).replace(
                    "  limit: {type: integer, label: Most cats, default: 3, max: 9}\n", ""
                ),
                "journeys.yaml": EXAMPLE,
                "CHANGELOG.md": "## 1.1.0\n",
            },
            calendars,
        )
        release = Release.of(council.old, new)
        found = plan_upgrade(release, council.choices, HERE, calendars)
        assert kinds(found) == [Kind.SETTING_GONE]
        assert found.conflicts[0].says.startswith("The service no longer has the setting “Most cats”")
        assert not found.ready
        done = plan_upgrade(release, council.choices, HERE, calendars, {"setting:limit": {"way": "drop"}})
        assert done.ready
        assert done.choices["settings"] == {}

    def test_a_value_that_is_not_allowed_any_more(self, calendars: Mapping[str, Calendar]) -> None:
        council = Council(calendars, settings={"days": 9})
        tighter = "{type: integer, label: Days that we look, default: 3, min: 1, max: 5}"
        found = council.goes_to(days=tighter)
        assert kinds(found) == [Kind.SETTING_REFUSED]
        assert "at most 5" in found.conflicts[0].says
        assert found.adopted is not None, "one sees what it would be with the shared value"
        taken = council.goes_to({"setting:days": {"way": "take"}}, days=tighter)
        assert (taken.ready, taken.choices["settings"]) == (True, {})
        anew = council.goes_to({"setting:days": {"way": "write", "value": 5}}, days=tighter)
        assert (anew.ready, anew.choices["settings"]) == (True, {"days": 5})
        assert any("“Days that we look”" in seen.what for seen in anew.seen)

    def test_another_type(self, calendars: Mapping[str, Calendar]) -> None:
        council = Council(calendars, settings={"days": 4})
        found = council.goes_to(days="{type: text, label: Days that we look, default: three}")
        assert kinds(found) == [Kind.SETTING_RETYPED]

    def test_a_new_one_that_needs_a_value(self, calendars: Mapping[str, Calendar]) -> None:
        council = Council(calendars)
        found = council.goes_to(more="phone: {type: phone, label: Cat line}")
        assert kinds(found) == [Kind.SETTING_NEEDED]
        assert found.adopted is None
        given = {"setting:phone": {"way": "write", "value": "01632 960 001"}}
        assert council.goes_to(given, more="phone: {type: phone, label: Cat line}").ready

    def test_a_default_taken_away_from_a_council_that_relied_on_it(
        self, calendars: Mapping[str, Calendar]
    ) -> None:
        council = Council(calendars)
        bare = "{type: integer, label: Days that we look, min: 1, max: 10}"
        [conflict] = council.goes_to(days=bare).conflicts
        assert (conflict.kind, conflict.was) == (Kind.SETTING_NEEDED, 3)
        kept = council.goes_to({"setting:days": {"way": "keep"}}, days=bare)
        assert (kept.ready, kept.choices["settings"]) == (True, {"days": 3})
        assert kept.seen == ()

    def test_a_changed_default_is_seen_by_councils_that_took_it_and_by_no_other(
        self, calendars: Mapping[str, Calendar]
    ) -> None:
        other = "{type: integer, label: Days that we look, default: 5, min: 1, max: 10}"
        took = Council(calendars).goes_to(days=other)
        assert [(seen.what, seen.before, seen.after) for seen in took.seen] == [
            ("the setting “Days that we look” changes", "3", "5"),
            ("confirmation.body", "We look for 3 days.", "We look for 5 days."),
        ]
        assert took.ready
        assert Council(calendars, settings={"days": 4}).goes_to(days=other).seen == ()


class TestNamesAtTheBackOffice:
    WITH = EXAMPLE.replace("colour: null", "colour: null, size: null")
    SIZE = "- {id: size, question: How large is it?, fields: [{id: size, type: text, optional: true}]}"

    def test_they_go_along_and_one_of_a_question_that_stays(self, calendars: Mapping[str, Calendar]) -> None:
        mapping = {"colour": "CATCOL", "local.own": "OURS"}
        council = Council(calendars, mapping=mapping, extra_questions=[question("after-first")])
        found = council.goes_to(page=self.SIZE, example=self.WITH)
        assert kinds(found) == []
        assert found.adopted is not None
        assert found.adopted.choices.mapping == mapping

    @pytest.mark.parametrize(
        ("way", "mapping"), [("drop", {}), ("move:size", {"size": "CATCOL"}), ("move:nothing", None)]
    )
    def test_one_of_an_answer_that_is_gone_is_named(
        self, calendars: Mapping[str, Calendar], way: str, mapping: dict[str, str] | None
    ) -> None:
        council = Council(calendars, mapping={"colour": "CATCOL"})
        example = EXAMPLE.replace("colour: null", "size: null")
        text = SERVICE.format(**{**PARTS, "version": "2.0.0", "page": self.SIZE})
        text = "\n".join(line for line in text.splitlines() if "id: colour," not in line)
        text = text.replace(", {id: after-colour, after: colour}", "").replace("pages.colour.hint, ", "")
        files = {"service.yaml": text, "journeys.yaml": example, "CHANGELOG.md": "## 2.0.0\n"}
        release = Release.of(council.old, read_service(files, calendars))
        found = plan_upgrade(release, council.choices, HERE, calendars)
        assert kinds(found) == [Kind.FIELD_GONE]
        assert "“colour” any more, which your back office has as “CATCOL”" in found.conflicts[0].says
        assert [one.id for one in found.conflicts[0].ways] == ["move:size", "drop"]
        assert found.adopted is not None
        assert not found.ready
        done = plan_upgrade(release, council.choices, HERE, calendars, {"mapping:colour": {"way": way}})
        assert done.ready == (mapping is not None)
        if mapping is not None:
            assert done.choices["mapping"] == mapping

    def test_one_that_a_new_answer_has_of_its_own(self, calendars: Mapping[str, Calendar]) -> None:
        council = Council(calendars, mapping={"colour": "size"})
        assert kinds(council.goes_to(page=self.SIZE, example=self.WITH)) == [Kind.NAME_TAKEN]
        for settled, mapping in (
            ({"way": "drop"}, {}),
            ({"way": "write", "value": "CATSIZE"}, {"colour": "CATSIZE"}),
        ):
            done = council.goes_to({"mapping:colour": settled}, page=self.SIZE, example=self.WITH)
            assert done.ready
            assert done.choices["mapping"] == mapping

    def test_one_of_an_own_question_goes_with_it(self, calendars: Mapping[str, Calendar]) -> None:
        council = Council(
            calendars, mapping={"local.own": "OURS"}, extra_questions=[question("after-colour")]
        )
        places = {"places": "[{id: after-first, after: first}]"}
        found = council.goes_to(**places)
        assert kinds(found) == [Kind.PLACE_GONE]
        assert found.adopted is not None
        moved = council.goes_to({"question:own": {"way": "move:after-first"}}, **places)
        assert moved.choices["mapping"] == {"local.own": "OURS"}
        gone = council.goes_to({"question:own": {"way": "drop"}}, **places)
        assert gone.ready
        assert gone.choices["mapping"] == {}


class TestWording:
    def test_words_changed_on_both_sides(self, calendars: Mapping[str, Calendar]) -> None:
        council = Council(calendars, wording={"en": {"pages.first.hint": "About when"}})
        found = council.goes_to(hint="More or less")
        [conflict] = found.conflicts
        assert (conflict.kind, conflict.was, conflict.mine, conflict.theirs) == (
            Kind.WORDING_BOTH,
            {"en": "Roughly"},
            {"en": "About when"},
            {"en": "More or less"},
        )
        assert not found.ready
        name = "wording:pages.first.hint"
        assert council.goes_to({name: {"way": "keep"}}, hint="More or less").seen == ()
        taken = council.goes_to({name: {"way": "take"}}, hint="More or less")
        assert taken.choices["wording"] == {}
        assert [(seen.page, seen.before, seen.after) for seen in taken.seen] == [
            ("first", "About when", "More or less")
        ]
        anew = council.goes_to({name: {"way": "write", "value": {"en": "Nearly"}}}, hint="More or less")
        assert anew.choices["wording"] == {"en": {"pages.first.hint": "Nearly"}}

    def test_words_changed_on_one_side_are_no_conflict(self, calendars: Mapping[str, Calendar]) -> None:
        found = Council(calendars, wording={"en": {"pages.colour.hint": "Any words"}}).goes_to(
            hint="More or less"
        )
        assert found.ready
        assert found.conflicts == ()
        assert [seen.page for seen in found.seen] == ["first"]

    def test_a_text_that_may_not_be_changed_any_more(self, calendars: Mapping[str, Calendar]) -> None:
        council = Council(calendars, wording={"en": {"pages.colour.hint": "Any words"}})
        found = council.goes_to(wording="[pages.first.hint]")
        assert kinds(found) == [Kind.WORDING_NOT_ALLOWED]
        assert council.goes_to(
            {"wording:pages.colour.hint": {"way": "drop"}}, wording="[pages.first.hint]"
        ).ready

    def test_own_words_that_show_what_is_gone(self, calendars: Mapping[str, Calendar]) -> None:
        old = cat(calendars, more="line: {type: text, label: Line, default: x}")
        choices = {
            "service": "lost-cat",
            "version": "1.0.0",
            "wording": {"en": {"confirmation.body": "Ring {{ settings.line }}."}},
        }
        new = cat(calendars, version="1.1.0")
        found = plan_upgrade(Release.of(old, new), choices, HERE, calendars)
        assert kinds(found) == [Kind.WORDING_HOLE]


class TestQuestions:
    def test_a_place_that_is_gone(self, calendars: Mapping[str, Calendar]) -> None:
        council = Council(calendars, extra_questions=[question("after-colour")])
        left = "[{id: after-first, after: first}]"
        found = council.goes_to(places=left)
        assert kinds(found) == [Kind.PLACE_GONE]
        assert [way.id for way in found.conflicts[0].ways] == ["move:after-first", "drop"]
        moved = council.goes_to({"question:own": {"way": "move:after-first"}}, places=left)
        assert moved.ready
        assert moved.choices["extra_questions"][0]["place"] == "after-first"

    def test_a_page_of_the_same_name(self, calendars: Mapping[str, Calendar]) -> None:
        council = Council(calendars, extra_questions=[question("after-first")])
        page = "- {id: own, question: Theirs?, fields: [{id: theirs, type: text, optional: true}]}"
        example = EXAMPLE.replace("colour: null", "colour: null, theirs: null")
        found = council.goes_to(page=page, example=example)
        assert kinds(found) == [Kind.QUESTION_CLASH]
        dropped = council.goes_to({"question:own": {"way": "drop"}}, page=page, example=example)
        assert (dropped.ready, dropped.choices["extra_questions"]) == (True, [])

    def test_a_question_whose_condition_names_what_is_gone(self, calendars: Mapping[str, Calendar]) -> None:
        old = cat(calendars, more="deep: {type: boolean, label: Deep, default: true}")
        choices = {
            "service": "lost-cat",
            "version": "1.0.0",
            "extra_questions": [
                question("after-first", when="settings.deep"),
                question("after-colour", "fine"),
            ],
        }
        release = Release.of(old, cat(calendars, version="1.1.0"))
        found = plan_upgrade(release, choices, HERE, calendars)
        assert [(conflict.kind, conflict.id) for conflict in found.conflicts] == [
            (Kind.QUESTION_CLASH, "question:own")
        ]
        done = plan_upgrade(release, choices, HERE, calendars, {"question:own": {"way": "drop"}})
        assert done.ready
        assert [one["page"]["id"] for one in done.choices["extra_questions"]] == ["fine"]


def test_a_lookup_that_is_new_is_named(calendars: Mapping[str, Calendar]) -> None:
    council = Council(calendars)
    lookups = "languages: [en]\nlookups: {chips: {needs: {}, gives: string}}"
    found = council.goes_to(languages=lookups)
    assert kinds(found) == [Kind.LOOKUP_ADDED]
    assert council.goes_to({"lookup:chips": {"way": "keep"}}, languages=lookups).ready


def test_an_example_that_fails_holds_the_upgrade(calendars: Mapping[str, Calendar]) -> None:
    council = Council(calendars, settings={"days": 4})
    check = "- {id: late, exit: true, question: Too late, body: Sorry, when: settings.days > 3}"
    found = council.goes_to(page=check)
    assert kinds(found) == [Kind.EXAMPLE_FAILS]
    assert not found.ready
    assert [played.faults for played in found.before] == [()]


def test_a_settlement_that_fits_nothing_is_told(calendars: Mapping[str, Calendar]) -> None:
    found = Council(calendars).goes_to({"setting:gone": {"way": "drop"}})
    assert (found.ready, found.unused) == (True, ("setting:gone",))


@pytest.mark.parametrize(("version", "itself"), [("1.0.1", True), ("1.1.0", False), ("2.0.0", False)])
def test_only_patches_without_conflict_take_themselves(
    calendars: Mapping[str, Calendar], version: str, itself: bool
) -> None:
    assert takes_itself(Council(calendars).goes_to(version=version, hint="Nearly")) is itself
    worded = Council(calendars, wording={"en": {"pages.first.hint": "About when"}})
    assert not takes_itself(worded.goes_to(version=version, hint="Nearly"))


choices_of_cat = st.fixed_dictionaries(
    {
        "settings": st.dictionaries(st.sampled_from(["days", "limit"]), st.integers(1, 9)),
        "wording": st.dictionaries(
            st.sampled_from(["pages.first.hint", "pages.colour.hint"]), st.text("abc", min_size=1)
        ).map(lambda texts: {"en": texts} if texts else {}),
        "extra_questions": st.lists(
            st.sampled_from([question("after-first", "one"), question("after-colour", "two")]), unique_by=id
        ),
    }
)


@given(choices=choices_of_cat)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
def test_the_same_service_under_another_number_changes_nothing(
    calendars: Mapping[str, Calendar], choices: dict[str, Any]
) -> None:
    council = Council(calendars, **choices)
    found = council.goes_to()
    assert (found.conflicts, found.seen, found.ready) == ((), (), True)
    assert {**found.choices, "version": "1.0.0"} == {**council.choices, **choices}


@given(choices=choices_of_cat)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
def test_every_choice_is_kept_or_named(calendars: Mapping[str, Calendar], choices: dict[str, Any]) -> None:
    found = Council(calendars, **choices).goes_to(
        hint="More or less",
        days="{type: integer, label: Days, default: 3, min: 1, max: 5}",
        places="[{id: after-first, after: first}]",
    )
    named = {conflict.id for conflict in found.conflicts}
    for name, value in choices["settings"].items():
        assert found.choices["settings"].get(name) == value or f"setting:{name}" in named
    for key, text in choices["wording"].get("en", {}).items():
        assert found.choices["wording"].get("en", {}).get(key) == text or f"wording:{key}" in named
    for one in choices["extra_questions"]:
        assert one in found.choices["extra_questions"] or f"question:{one['page']['id']}" in named
    settled = {conflict.id: {"way": conflict.ways[0].id} for conflict in found.conflicts}
    again = Council(calendars, **choices).goes_to(
        settled,
        hint="More or less",
        days="{type: integer, label: Days, default: 3, min: 1, max: 5}",
        places="[{id: after-first, after: first}]",
    )
    assert again.ready
    assert again.unused == ()


def test_conflicts_are_found_where_they_were_planted_and_nowhere_else(
    calendars: Mapping[str, Calendar],
) -> None:
    planted = releases(calendars, 6)
    compared = {one.new.digest: Release.of(one.old, one.new) for one in planted}
    found = 0
    for release, adoption, expected in councils(planted, 25):
        upgrade = plan_upgrade(compared[release.new.digest], adoption.choices, adoption.adopter, calendars)
        assert {conflict.id for conflict in upgrade.conflicts} == expected, (adoption.council, release.old.id)
        assert set(upgrade.unsettled) == expected
        assert upgrade.ready is not bool(expected)
        found += len(expected)
    assert found > 20


def test_the_maintainer_sees_all_councils_in_one_table(calendars: Mapping[str, Calendar]) -> None:
    planted = releases(calendars, 1)
    adoptions = [(adoption, expected) for _, adoption, expected in councils(planted, 20)]
    table = rehearse(planted[0].new, [adoption for adoption, _ in adoptions], calendars)
    assert [len(row.conflicts) for row in table.rows] == [len(expected) for _, expected in adoptions]
    assert [row.clean for row in table.rows] == [not expected for _, expected in adoptions]
    assert sum(table.by_conflict.values()) == sum(len(expected) for _, expected in adoptions)
    other = Adoption("other", planted[0].new, {}, HERE)
    assert rehearse(planted[0].new, [other], calendars).rows == ()
