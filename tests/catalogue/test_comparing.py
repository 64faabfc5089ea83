"""What a version number promises: no change that breaks something is called less."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

import pytest

from commonhall.catalogue.comparing import Difference, For, Weight, compare
from commonhall.catalogue.comparing.logic import same_logic
from commonhall.catalogue.comparing.rules import RULES, rule_ids
from commonhall.catalogue.comparing.unforeseen import unclaimed
from commonhall.engine import definition as d
from commonhall.engine.package import Service
from commonhall.engine.problems import ServiceRefused
from commonhall.engine.reader import read_service
from commonhall.engine.working_days import Calendar
from tests.catalogue.mutations.corpus import NAMES, PARTS, package, size, tally
from tests.catalogue.mutations.generator import Tree, files_of, mutations, original_of
from tests.houses import HOME

RULE_IDS = rule_ids() - {"unforeseen"}


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("name", NAMES)
def test_no_change_that_breaks_something_is_called_less(
    name: str, part: int, calendars: Mapping[str, Calendar], record_property: Any
) -> None:
    found = tally(name, part, calendars)
    record_property("called_breaking_without_need", found.alarms.total())
    print(f"\n{name}: {found}")
    assert found.understated == []
    assert found.judged == size(name)
    assert found.rules.keys() <= RULE_IDS
    # What breaks must not be told by calling everything breaking.
    assert found.alarms.total() < found.judged / 5


def test_the_corpus_is_large_enough() -> None:
    assert sum(size(name) for name in NAMES) * PARTS >= 2000


@pytest.mark.parametrize("part", RULES, ids=lambda part: part.__name__)
def test_every_key_of_the_language_has_a_rule(part: type[d.Part]) -> None:
    assert RULES[part].keys() == part.model_fields.keys()


def test_the_page_of_versions_names_every_rule_and_no_other() -> None:
    page = (HOME / "docs" / "versions.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ") and line.count(" | ") == 2]
    named = {name for row in rows for name in re.findall(r"`([\w.]+)`", row.rpartition(" | ")[2])}
    assert named == rule_ids()


def test_every_part_of_the_language_has_rules() -> None:
    options = {d.Option}
    not_of_a_service = {d.Example}
    bases = {d.Part, d.FieldPart, d.SettingPart}
    parts = {
        value for value in vars(d).values() if isinstance(value, type) and issubclass(value, d.Part)
    } - bases - not_of_a_service - options  # fmt: skip
    assert parts == RULES.keys()


class TestByHand:
    @pytest.fixture
    def bins(self, calendars: Mapping[str, Calendar]) -> Service:
        return read_service(package("missed-bin"), calendars)

    def changed(
        self, calendars: Mapping[str, Calendar], *edits: tuple[str, str], file: str = "service.yaml"
    ) -> Service:
        files = package("missed-bin")
        for old, new in edits:
            assert old in files[file]
            files[file] = files[file].replace(old, new)
        return read_service(files, calendars)

    def test_nothing_changed_needs_no_new_number(self, bins: Service) -> None:
        found = compare(bins, bins)
        assert (found.changes, found.weight, found.least_version, found.understated) == (
            (),
            None,
            "1.0.0",
            False,
        )

    def test_a_comment_is_a_patch(self, bins: Service, calendars: Mapping[str, Calendar]) -> None:
        found = compare(bins, self.changed(calendars, ("settings:\n", "settings: # of each council\n")))
        assert [change.rule for change in found.changes] == ["package.files"]
        assert found.least_version == "1.0.1"

    @pytest.mark.parametrize(
        ("old", "new", "weight", "for_whom", "where"),
        [
            ("question: Which bins did we miss?", "question: Which bins?", Weight.WORDING, For.RESIDENTS, "pages.containers.question"),
            ("    max: 10\n", "    max: 12\n", Weight.ADDITIVE, For.COUNCILS, "settings.report_within_days.max"),
            ("    max: 10\n", "    max: 9\n", Weight.BREAKING, For.COUNCILS, "settings.report_within_days.max"),
            ("type: email, label: Email address, optional: true", "type: email, label: Email address", Weight.BREAKING, For.CONTRACT, "pages.contact.fields.email.optional"),
            ("answers.tag == 'yes'", "answers.tag != 'no'", Weight.BREAKING, For.RESIDENTS, "pages.tagged.when"),
            ("answers.tag == 'yes'", "answers.tag  ==  'yes'", Weight.WORDING, For.RESIDENTS, "pages.tagged.when"),
            ("  - {id: before-contact, after: neighbours}\n", "", Weight.BREAKING, For.COUNCILS, "places.before-contact"),
            ("lgsl: 524", "lgsl: 525", Weight.BREAKING, For.COUNCILS, "lgsl"),
            ("retention_days: 365", "retention_days: 300", Weight.BREAKING, For.COUNCILS, "retention_days"),
        ],
    )  # fmt: skip
    def test_a_change(
        self, bins: Service, calendars: Mapping[str, Calendar], old: str, new: str, weight: Weight, for_whom: For, where: str
    ) -> None:  # fmt: skip
        [change] = compare(bins, self.changed(calendars, (old, new))).changes
        assert (change.weight, change.for_whom, change.where) == (weight, for_whom, where)

    def test_welsh_words_are_wording(self, bins: Service, calendars: Mapping[str, Calendar]) -> None:
        new = self.changed(calendars, ("Dyddiad casglu", "Dyddiad y casgliad"), file="cy.yaml")
        assert {(change.weight, change.rule) for change in compare(bins, new).changes} == {
            (Weight.WORDING, "cy.texts")
        }

    @pytest.mark.parametrize(
        ("version", "understated"), [("1.0.0", True), ("1.0.1", True), ("1.1.0", False), ("2.0.0", False)]
    )
    def test_a_number_that_promises_too_little(
        self, bins: Service, calendars: Mapping[str, Calendar], version: str, understated: bool
    ) -> None:
        files = package("missed-bin")
        files["service.yaml"] = files["service.yaml"].replace("version: 1.0.0", f"version: {version}").replace(
            "    max: 10\n", "    max: 12\n"
        )  # fmt: skip
        files["CHANGELOG.md"] = f"## {version}\n"
        assert compare(bins, read_service(files, calendars)).understated is understated

    def test_a_question_that_a_council_turns_on_is_additive(
        self, bins: Service, calendars: Mapping[str, Calendar]
    ) -> None:
        page = "\n  - id: gate\n    question: A gate?\n    when: {when}\n    fields: [{{id: gate, type: text}}]\n\nplaces:\n"
        setting = ("settings:\n", "settings:\n  ask_gate: {type: boolean, label: Ask, default: false}\n")
        for when, weight in (
            ("settings.ask_gate", Weight.ADDITIVE),
            ("settings.ask_gate && (answers.tag == 'no' || answers.tag == 'yes')", Weight.ADDITIVE),
            ("settings.ask_gate && answers.tag == 'no' || answers.tag == 'yes'", Weight.BREAKING),
            ("""settings.ask_gate && '''(''' == '' || answers.tag == 'yes'""", Weight.BREAKING),
        ):
            files = package("missed-bin")
            text = files["service.yaml"].replace("\nplaces:\n", page.format(when=when)).replace(*setting)
            files["service.yaml"] = text.replace("languages: [en, cy]", "languages: [en]")
            files.pop("cy.yaml")
            english = package("missed-bin")
            english["service.yaml"] = english["service.yaml"].replace(
                "languages: [en, cy]", "languages: [en]"
            )
            english.pop("cy.yaml")
            found = compare(read_service(english, calendars), read_service(files, calendars))
            [change] = [change for change in found.changes if change.where == "pages.gate"]
            assert change.weight is weight, when


class TestOfATree:
    """Changes that words alone could hide."""

    @pytest.fixture
    def tree(self) -> Tree:
        return original_of(package("missed-bin")["service.yaml"])

    def compared(self, tree: Tree, changed: Tree, calendars: Mapping[str, Calendar]) -> Difference:
        return compare(read_service(files_of(tree), calendars), read_service(files_of(changed), calendars))

    def test_a_page_that_may_be_left_empty_but_checks_it_breaks(
        self, tree: Tree, calendars: Mapping[str, Calendar]
    ) -> None:
        new = copy.deepcopy(tree)
        page: Tree = {
            "id": "more",
            "question": "More?",
            "fields": [{"id": "more", "type": "text", "optional": True}],
        }
        new["pages"].insert(1, page)
        assert self.compared(tree, new, calendars).weight is Weight.ADDITIVE
        page["checks"] = [{"require": "answers.more != ''", "message": "Say more"}]
        assert self.compared(tree, new, calendars).weight is Weight.BREAKING

    def test_a_default_that_only_texts_show_still_changes_what_a_council_tells_people(
        self, tree: Tree, calendars: Mapping[str, Calendar]
    ) -> None:
        new = copy.deepcopy(tree)
        new["settings"]["out_by"]["default"] = "9am"
        [change] = self.compared(tree, new, calendars).changes
        assert (change.weight, change.for_whom, change.rule) == (
            Weight.BREAKING,
            For.COUNCILS,
            "setting.default",
        )

    @pytest.mark.parametrize(
        ("key", "value", "weight"),
        [
            ("journey_hours", 12, Weight.BREAKING),
            ("journey_hours", 48, Weight.ADDITIVE),
            ("retention_days", 3000, Weight.BREAKING),
            ("retention_days", 30, Weight.BREAKING),
        ],
    )
    def test_how_long_things_are_kept(
        self, tree: Tree, key: str, value: int, weight: Weight, calendars: Mapping[str, Calendar]
    ) -> None:
        assert self.compared(tree, {**tree, key: value}, calendars).weight is weight

    @pytest.mark.parametrize(
        ("before", "after", "rule", "weight"),
        [
            ({"needs": {"uprn": "string"}, "gives": "string"}, None, "lookup.gone", Weight.BREAKING),
            (None, {"needs": {"uprn": "string"}, "gives": "string"}, "lookup.new", Weight.ADDITIVE),
            ({"gives": "string"}, {"gives": "date"}, "lookup.gives", Weight.BREAKING),
            ({"gives": "string"}, {"needs": {"uprn": "string"}, "gives": "string"}, "lookup.needs", Weight.BREAKING),
        ],
    )  # fmt: skip
    def test_what_is_asked_of_a_back_office(
        self, tree: Tree, before: Any, after: Any, rule: str, weight: Weight, calendars: Mapping[str, Calendar]
    ) -> None:  # fmt: skip
        old, new = ({**tree, "lookups": {"slots": one} if one else {}} for one in (before, after))
        changes = self.compared(old, new, calendars).changes
        assert {(change.rule, change.weight) for change in changes} == {(rule, weight)}

    @pytest.mark.parametrize(
        ("before", "after", "rule", "weight"),
        [
            ({"type": "number", "max": 9}, {"type": "number", "max": 8}, "field.max", Weight.BREAKING),
            ({"type": "number", "max": 9}, {"type": "number"}, "field.max", Weight.ADDITIVE),
            ({"type": "number"}, {"type": "number", "min": 0}, "field.min", Weight.BREAKING),
            ({"type": "number", "decimals": 2}, {"type": "number"}, "field.decimals", Weight.BREAKING),
            ({"type": "number", "unit": "miles"}, {"type": "number", "unit": "metres"}, "field.unit", Weight.BREAKING),
            ({"type": "date", "past": True}, {"type": "date"}, "field.past", Weight.ADDITIVE),
            ({"type": "textarea"}, {"type": "textarea", "rows": 9}, "field.rows", Weight.WORDING),
            ({"type": "text"}, {"type": "textarea", "max_length": 200}, "field.type", Weight.BREAKING),
            ({"type": "text", "pattern": "[0-9]+", "pattern_message": "Digits"}, {"type": "text"}, "field.pattern", Weight.ADDITIVE),
            ({"type": "declaration", "statement": "I am"}, {"type": "declaration", "statement": "I was"}, "field.statement", Weight.ADDITIVE),
        ],
    )  # fmt: skip
    def test_what_may_be_answered(
        self, tree: Tree, before: Tree, after: Tree, rule: str, weight: Weight, calendars: Mapping[str, Calendar]
    ) -> None:  # fmt: skip
        old, new = copy.deepcopy(tree), copy.deepcopy(tree)
        for one, part in ((old, before), (new, after)):
            one["pages"].append({"id": "tail", "question": "Last?", "fields": [{"id": "tail", **part}]})
        found = {change.rule: change.weight for change in self.compared(old, new, calendars).changes}
        assert found[rule] is weight
        assert max(found.values()) is weight

    @pytest.mark.parametrize(
        ("before", "after", "rule", "weight"),
        [
            ({"max_length": 50}, {"max_length": 40}, "setting.max_length", Weight.BREAKING),
            ({"max_length": 50}, {"max_length": 60}, "setting.max_length", Weight.ADDITIVE),
            ({"default": "now"}, {}, "setting.default", Weight.BREAKING),
            ({}, {"default": "now"}, "setting.default", Weight.ADDITIVE),
            ({}, {"type": "phone"}, "setting.type", Weight.BREAKING),
            ({}, {"hint": "In words"}, "setting.hint", Weight.WORDING),
        ],
    )
    def test_what_a_council_decides(
        self, tree: Tree, before: Tree, after: Tree, rule: str, weight: Weight, calendars: Mapping[str, Calendar]
    ) -> None:  # fmt: skip
        old, new = copy.deepcopy(tree), copy.deepcopy(tree)
        for one, setting in ((old, before), (new, after)):
            one["settings"]["when_open"] = {"type": "text", "label": "Open", **setting}
        [change] = self.compared(old, new, calendars).changes
        assert (change.rule, change.weight, change.for_whom) == (rule, weight, For.COUNCILS)

    def test_radios_and_a_select_take_the_same_answers(
        self, tree: Tree, calendars: Mapping[str, Calendar]
    ) -> None:
        new = copy.deepcopy(tree)
        [part] = [part for page in new["pages"] for part in page.get("fields", []) if part["id"] == "tag"]
        part["type"] = "select"
        assert self.compared(tree, new, calendars).weight is Weight.WORDING
        part["options"].pop()
        assert self.compared(tree, new, calendars).weight is Weight.BREAKING

    def test_of_two_checks_alike_neither_is_passed_over(
        self, tree: Tree, calendars: Mapping[str, Calendar]
    ) -> None:
        check = {"require": "today > date('2020-01-01')", "message": "No"}
        page = tree["pages"][0]
        page["checks"] = [check, {**check}]
        new = copy.deepcopy(tree)
        new["pages"][0]["checks"][0]["message"] = "Not yet"
        assert [change.rule for change in self.compared(tree, new, calendars).changes] == ["check.message"]
        new["pages"][0]["checks"].append({**check})
        assert self.compared(tree, new, calendars).weight is Weight.BREAKING

    def test_a_language_gone_and_a_language_new(self, calendars: Mapping[str, Calendar]) -> None:
        both = read_service(package("missed-bin"), calendars)
        files = package("missed-bin")
        del files["cy.yaml"]
        files["service.yaml"] = files["service.yaml"].replace("[en, cy]", "[en]")
        english = read_service(files, calendars)
        assert compare(both, english).weight is Weight.BREAKING
        assert compare(english, both).weight is Weight.ADDITIVE

    def test_what_no_rule_speaks_of_is_found_all_the_same(
        self, tree: Tree, calendars: Mapping[str, Calendar]
    ) -> None:
        original = read_service(files_of(tree), calendars)
        for said, changed in mutations(tree, seed="places", count=60):
            try:
                mutant = read_service(files_of(changed), calendars)
            except ServiceRefused:
                continue
            places = [change.where for change in compare(original, mutant).changes]
            found = list(unclaimed(original.definition, mutant.definition, ()))
            assert bool(found) == (places != ["package"]), said
            assert list(unclaimed(original.definition, mutant.definition, places)) == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("answers.a=='x'", "answers.a  ==  'x'", True),
        ("(answers.a == 'x')", "answers.a == 'x'", True),
        ("((today > date('2020-01-01')))", "today > date('2020-01-01')", True),
        ("(settings.a) || (settings.b)", "settings.a) || (settings.b", False),
        ("(settings.a || settings.b) && settings.c", "settings.a || settings.b && settings.c", False),
        ("answers.a == 'x y'", "answers.a == 'x  y'", False),
        ("settings.a // or\n && settings.b", "settings.a // or && settings.b", False),
        ("answers.a.matches(r'a\\' )", "answers.a.matches(r'a\\')", False),
        (3, 3, True),
        (3, "3", False),
        (None, "true", False),
    ],
)
def test_expressions_that_read_the_same(one: Any, other: Any, same: bool) -> None:
    assert same_logic(one, other) is same
