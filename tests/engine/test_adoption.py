"""Adopting: a council's choices over a service, or everything that is wrong with them."""

from __future__ import annotations

from typing import Any

import pytest

from commonhall.engine.adoption import Adopter, adopt
from commonhall.engine.contract import adopted_contract
from commonhall.engine.journey import details, show_text, submission, walk
from commonhall.engine.problems import Problem, ServiceRefused
from commonhall.engine.source import read_yaml
from tests.engine.services import ANSWERS, CALENDARS, SERVICE, TODAY, edited, one_page, read, run, run_small

SERVICE_READ = read()
BILINGUAL = ("en", "cy")
NEEDY = read(edited(SERVICE, "{type: money, default: 3500,", "{type: money, min: 100, max: 9000,"))


def refused(
    yaml: str, languages: tuple[str, ...] = BILINGUAL, nation: str = "England", service: Any = SERVICE_READ
) -> list[Problem]:
    """What is wrong with choices written in a file."""
    source, problems = read_yaml("council.yaml", yaml)
    assert not problems
    try:
        adopt(service, source.data, Adopter(nation, languages), CALENDARS, source)
    except ServiceRefused as found:
        return list(found.problems)
    return []


def extra(fields: str, more: str = "", place: str = "before-contact", page: str = "gate") -> str:
    """Choices with one extra page."""
    return (
        f"extra_questions:\n  - place: {place}\n    page: {{id: {page}, question: Q, fields: {fields}{more}}}"
    )


TEXT = "[{id: a, type: text}]"
WRONG = [
    ("an unknown key", "setings: {}", "3:1", "'setings' is not a word", "did you mean 'settings'?"),
    ("an unknown setting", "settings: {answer_day: 3}", "3:12", "there is no setting 'answer_day'", "did you mean 'answer_days'?"),
    ("too much", "settings: {answer_days: 21}", "3:25", "'answer_days' is 21, but at most 20 is allowed", "lower it"),
    ("too little", "settings: {answer_days: 0}", "3:25", "'answer_days' is 0, but at least 1 is allowed", "raise it"),
    ("words for a number", "settings: {answer_days: five}", "3:25", "'answer_days' must be a whole number, not 'five'", "Working days"),
    ("yes for a number", "settings: {answer_days: true}", "3:25", "'answer_days' must be a whole number, not True", "Working days"),
    ("half a penny", "settings: {rent: 0.5}", "3:18", "'rent' must be whole pence", "Rent"),
    ("a list for words", "settings: {office: [a]}", "3:20", "this must be a text, or one for each language", "en: "),
    ("no Welsh", "settings: {office: {en: The hut}}", "3:20", "the text has no 'cy'", "the council offers cy"),
    ("French", "settings: {office: {en: a, cy: b, fr: c}}", "3:35", "'fr' is not a language here", "en and cy"),
    ("braces", "settings: {office: '{{ settings.rent }}'}", "3:20", "names something in double braces", "as they are"),
    ("no options", "settings: {sites: []}", "3:19", "'sites' needs 1 to 60 options, and has 0", "add"),
    ("words for options", "settings: {sites: [north]}", "3:19", "'sites' must be a list of options", "code"),
    ("a code with a space", "settings: {sites: [{code: a b, label: A}]}", "3:20", "the option code 'a b' is not allowed", "letters"),
    ("an option without a label", "settings: {sites: [{code: a}]}", "3:20", "the option 'a' needs code and label", "hint"),
    ("an option twice", "settings: {sites: [{code: a, label: A}, {code: a, label: B}]}", "3:41", "the option 'a' stands twice", "keep one"),
    ("an option without Welsh", "settings: {sites: [{code: a, label: {en: A}}]}", "3:37", "the text has no 'cy'", "add it"),
    ("wording that is not", "wording: {en: {name: X}, cy: {name: X}}", "3:16", "'name' cannot be changed", "does not mark it as wording"),
    ("wording of nothing", "wording: {en: {start.intr: X}, cy: {start.intr: X}}", "3:16", "'start.intr' cannot be changed", "did you mean 'start.intro'?"),
    ("wording without Welsh", "wording: {en: {start.intro: X}}", "3:29", "'start.intro' has no own words in 'cy'", "offers cy"),
    ("wording with a hole for nothing", "wording: {en: {start.intro: '{{ settings.x }}'}, cy: {start.intro: X}}", "3:29", "nothing is called 'settings.x'", "did you mean 'settings.rent'?"),
    ("wording with an answer too early", "wording: {en: {start.intro: '{{ answers.site }}'}, cy: {start.intro: X}}", "3:29", "'start.intro' cannot show an answer", "exit pages"),
    ("an unknown place", extra(TEXT, place="at-the-end"), "4:12", "there is no place 'at-the-end'", "before-contact"),
    ("an extra page that is none", "extra_questions: [{place: before-contact, page: {id: gate, question: Q, field: []}}]", "3:73", "'field' is not a word", "did you mean 'fields'?"),
    ("an extra page that ends", "extra_questions: [{place: before-contact, page: {id: gate, question: Q, body: B, exit: true, when: true == true}}]", "3:49", "an extra page asks at least one question and ends nothing", "drop exit"),
    ("an extra field of no type", extra("[{id: a, type: words}]"), "5:44", "'words' is not a type", "Fields"),
    ("an extra option twice", extra("[{id: a, type: radios, options: [{code: x, label: X}, {code: x, label: Y}]}]"), "", "the option 'x' stands twice", "rename"),
    ("an extra label missing", extra("[{id: a, type: text}, {id: b, type: text, label: B}]"), "5:44", "'a' needs a label", "label"),
    ("an extra condition on a later answer", extra(TEXT, ", when: \"answers.name == 'x'\""), "5:72", "'answers.name' is asked on this page or a later one", "earlier"),
    ("an extra condition on nothing", extra(TEXT, ", when: \"answers.nobody == 'x'\""), "5:73", "nothing is called 'answers.nobody'", "did you mean"),
    ("an extra check beside nothing", extra(TEXT, ", checks: [{require: \"local.a != 'x'\", message: No, field: b}]"), "", "this page does not ask 'b'", "a"),
    ("an extra hole for nothing", "extra_questions: [{place: before-contact, page: {id: gate, question: 'Q {{ settings.x }}', fields: [{id: a, type: text}]}}]", "3:70", "nothing is called 'settings.x'", "did you mean 'settings.rent'?"),
    ("an extra text without Welsh", "extra_questions: [{place: before-contact, page: {id: gate, question: {en: Q}, fields: [{id: a, type: text}]}}]", "3:70", "the text has no 'cy'", "add it"),
    ("an extra pattern that is none", extra("[{id: a, type: text, pattern: '[', pattern_message: M}]"), "", "not a regular expression", "RE2"),
    ("an extra page twice", extra(TEXT) + "\n  - place: before-contact\n    page: {id: gate, question: Q, fields: [{id: b, type: text}]}", "7:16", "the page 'gate' stands twice", "rename"),
    ("a name for no answer", "mapping: {sit: PLOT}", "3:11", "the service has no answer 'sit'", "did you mean 'site'?"),
    ("one name for two answers", "mapping: {site: PLOT, name: PLOT}", "3:17", "'site' and 'name' are both called 'PLOT' at the back office", "name of its own"),
    ("the name that another answer has", "mapping: {site: name}", "3:17", "'site' and 'name' are both called 'name'", "name of its own"),
    ("a name that no form can send", "mapping: {site: 'the plot'}", "3:17", "'the plot' does not have the right form", "correct it"),
    ("an extra field twice", extra(TEXT) + "\n  - place: before-contact\n    page: {id: wall, question: Q, fields: [{id: a, type: text}]}", "7:49", "the field 'a' stands twice", "rename"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("yaml", "place", "message", "remedy"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_a_wrong_choice_is_told_at_its_place(yaml: str, place: str, message: str, remedy: str) -> None:
    problems = refused(f"service: allotment\nversion: 1.2.0\n{yaml}\n")
    found = [p for p in problems if message in p.message and remedy in p.remedy]
    assert found, problems
    assert not place or place in {f"{p.line}:{p.column}" for p in found}, problems
    assert {p.file for p in problems} == {"council.yaml"}


def test_every_wrong_choice_is_collected() -> None:
    yaml = "service: allotment\nversion: 1.2.0\nsettings: {answer_days: 0, rents: 1, office: 3}\nwording: {en: {name: X}}\nextra_questions: [{place: x, page: {}}]\n"
    assert len(refused(yaml)) == 5


@pytest.mark.parametrize(
    ("yaml", "languages", "nation", "message"),
    [
        ("service: allotment\nversion: 1.1.0\n", BILINGUAL, "England", "these choices are for allotment 1.1.0, not allotment 1.2.0"),
        ("service: allotments\nversion: 1.2.0\n", BILINGUAL, "England", "these choices are for allotments 1.2.0"),
        ("service: allotment\nversion: 1.2.0\n", ("en", "gd"), "Scotland", "the service is not written in 'gd'"),
        ("service: allotment\nversion: 1.2.0\n", BILINGUAL, "Cornwall", "'Cornwall' is not a nation"),
        ("service: allotment\n", BILINGUAL, "England", "'version' is missing"),
        ("[]", BILINGUAL, "England", "this must be a map"),
    ],
)  # fmt: skip
def test_choices_must_be_for_this_service_and_council(
    yaml: str, languages: tuple[str, ...], nation: str, message: str
) -> None:
    (problem,) = refused(yaml, languages, nation)
    assert message in problem.message


def test_a_setting_without_a_default_must_be_given() -> None:
    (problem,) = refused("service: allotment\nversion: 1.2.0\nsettings: {answer_days: 3}\n", service=NEEDY)
    assert (problem.line, problem.message) == (3, "the setting 'rent' has no default")
    assert "Rent for a year" in problem.remedy


@pytest.mark.parametrize(
    ("kind", "value", "right"),
    [
        ("email", "a@example.com", True), ("email", "nobody", False),
        ("phone", "01632 960 001", True), ("phone", "ring us", False),
        ("url", "https://example.com/a?b=c", True), ("url", "javascript:alert(1)", False), ("url", "//example.com", False),
        ("number", 2, True), ("number", "2", False), ("boolean", False, True), ("boolean", 0, False),
        ("integer", 10**18, False), ("money", -1, False), ("text", "x" * 501, False),
    ],
)  # fmt: skip
def test_a_setting_is_of_its_kind(kind: str, value: Any, right: bool) -> None:
    service = one_page("[{id: a, type: text}]", settings=f"{{s: {{type: {kind}, label: S}}}}")
    if right:
        assert run_small(service, settings={"s": value}).settings["s"] == value
    else:
        with pytest.raises(ServiceRefused):
            run_small(service, settings={"s": value})


def test_a_number_given_whole_still_counts_in_conditions() -> None:
    service = one_page(
        "[{id: a, type: text}]",
        "  - {id: b, question: Q, when: settings.s > 1.5, fields: [{id: b, type: text}]}",
        settings="{s: {type: number, label: S}}",
    )
    assert [
        page.id for page in walk(run_small(service, settings={"s": 2}), {"a": "x", "b": "y"}, TODAY).pages
    ] == ["only", "b"]
    assert [
        page.id for page in walk(run_small(service, settings={"s": 1}), {"a": "x", "b": "y"}, TODAY).pages
    ] == ["only"]


def test_texts_carry_the_settings_in_each_language() -> None:
    adopted = run(SERVICE_READ, settings={"answer_days": 7})
    assert adopted.texts.get("en", "start.intro") == "Apply for a plot. We answer in 7 working days."
    assert "o fewn 7 diwrnod gwaith" in (adopted.texts.get("cy", "start.intro") or "")
    assert "ask at the town hall" in adopted.texts.need("en", "pages.too-young.body")
    assert "holwch yn neuadd y dref" in adopted.texts.need("cy", "pages.too-young.body")
    own = run(SERVICE_READ, settings={"office": {"en": "the hut", "cy": "y cwt"}})
    assert "ask at the hut" in own.texts.need("en", "pages.too-young.body")
    assert "holwch yn y cwt" in own.texts.need("cy", "pages.too-young.body")
    plain = run(SERVICE_READ, settings={"office": "Plas Mawr"})
    assert "holwch yn Plas Mawr" in plain.texts.need("cy", "pages.too-young.body")
    with pytest.raises(KeyError):
        adopted.texts.need("en", "nobody")


def test_only_texts_that_differ_are_kept() -> None:
    adopted = run(SERVICE_READ, "en")
    assert set(adopted.texts.own["en"]) == {"start.intro", "pages.too-young.body"}


def test_wording_is_the_councils_own_and_may_name_settings() -> None:
    words = {
        "en": {"start.intro": "Ask us: {{ settings.rent }} a year."},
        "cy": {"start.intro": "Gofynnwch: {{ settings.rent }}."},
    }
    adopted = run(SERVICE_READ, wording=words)
    assert adopted.texts.get("en", "start.intro") == "Ask us: £35 a year."
    assert adopted.texts.get("cy", "start.intro") == "Gofynnwch: £35."


def test_wording_of_an_option_and_of_a_unit_reaches_the_answer() -> None:
    fields = "[{id: a, type: radios, label: A, options: [{code: x, label: X}]}, {id: n, type: number, label: N, unit: feet}]"
    service = one_page(fields).replace(
        "case:", "wording: [pages.only.fields.a.options.x, pages.only.fields.n.unit]\ncase:"
    )
    own = {"en": {"pages.only.fields.a.options.x": "An X", "pages.only.fields.n.unit": "metres"}}
    adopted = run_small(service, wording=own)
    assert adopted.fields["a"].show("x", "en") == ["An X"]
    assert adopted.fields["n"].show(3, "en") == ["3 metres"]
    assert adopted.service.fields["a"].show("x", "en") == ["X"]


def test_a_councils_options_replace_the_defaults_everywhere() -> None:
    sites = [
        {
            "code": "east",
            "label": {"en": "East", "cy": "Dwyrain"},
            "hint": {"en": "By the river", "cy": "Ger yr afon"},
        },
        {"code": "north", "label": "North"},
    ]
    adopted = run(SERVICE_READ, settings={"sites": sites})
    part = adopted.fields["site"]
    assert [choice.code for choice in part.choices] == ["east", "north"]
    assert part.choices[0].hint == {"en": "By the river", "cy": "Ger yr afon"}
    assert part.choices[1].label == {"en": "North", "cy": "North"}
    assert part.accepts("south", TODAY).faults
    assert (
        show_text(adopted, "case.summary", {**ANSWERS, "site": "east"}, "cy")
        == "Rhandir yn Dwyrain i Sam Jones"
    )
    assert adopted.settings["sites"] == ["east", "north"]


GATE = {
    "place": "before-contact",
    "page": {
        "id": "gate",
        "question": {"en": "Is there a gate?", "cy": "Oes giât?"},
        "fields": [
            {"id": "gate", "type": "radios", "label": {"en": "Gate", "cy": "Giât"}, "hint": {"en": "To the field", "cy": "I’r cae"},
             "options": [{"code": "yes", "label": {"en": "Yes", "cy": "Oes"}, "hint": {"en": "Locked", "cy": "Ar glo"}}, {"code": "no", "label": {"en": "No", "cy": "Nac oes"}}]},
            {"id": "site", "type": "select", "label": {"en": "Other site", "cy": "Safle arall"}, "options": "settings.sites"},
        ],
        "checks": [{"require": "local.gate == 'yes' || local.site == answers.site", "message": {"en": "Choose again", "cy": "Dewiswch eto"}}],
        "when": "answers.site == 'north'",
    },
}  # fmt: skip


def test_extra_questions_are_asked_at_their_place_in_both_languages() -> None:
    adopted = run(SERVICE_READ, extra_questions=[GATE])
    assert [page.id for page in adopted.pages][-2:] == ["local-gate", "contact"]
    part = adopted.fields["local.gate"]
    assert [(c.label["cy"], c.hint["cy"], c.hint["en"]) for c in part.choices] == [
        ("Oes", "Ar glo", "Locked"),
        ("Nac oes", "", ""),
    ]
    assert [c.label["cy"] for c in adopted.fields["local.site"].choices] == ["Cae’r gogledd", "Cae’r de"]
    assert adopted.texts.get("cy", "local.gate.question") == "Oes giât?"
    assert adopted.texts.get("cy", "local.gate.fields.gate.hint") == "I’r cae"
    answers = {**ANSWERS, "local.gate": "yes", "local.site": "south"}
    sent = submission(adopted, answers, TODAY)
    assert sent.answers["local"] == {"gate": "yes", "site": "south"}
    assert adopted_contract(adopted)["properties"]["local"]["properties"].keys() == {"gate", "site"}
    rows = {row.question: row.lines for row in details(adopted, walk(adopted, answers, TODAY), "cy")}
    assert rows["Giât"] == ("Oes",)


def test_extra_questions_keep_to_their_rules() -> None:
    adopted = run(SERVICE_READ, extra_questions=[GATE])
    stuck = walk(adopted, {**ANSWERS, "local.gate": "no", "local.site": "south"}, TODAY)
    assert [fault.code for fault in stuck.faults] == ["local.gate.checks.0.message"]
    assert adopted.texts.get("cy", stuck.faults[0].code) == "Dewiswch eto"
    passed_by = walk(adopted, {**ANSWERS, "site": "south", "local.gate": "no"}, TODAY)
    assert passed_by.complete
    assert "local.gate" not in passed_by.answers


def test_a_council_that_speaks_only_welsh_still_sends_english_to_its_back_office() -> None:
    adopted = run(SERVICE_READ, "cy", extra_questions=[GATE])
    sent = submission(adopted, {**ANSWERS, "local.gate": "yes", "local.site": "south"}, TODAY)
    assert ("Gate", "Yes") in sent.details


def test_what_councils_do_not_change_they_share() -> None:
    one, other = run(SERVICE_READ, settings={"answer_days": 2}), run(SERVICE_READ, nation="Wales")
    assert one.pages is other.pages is SERVICE_READ.pages
    sites = run(SERVICE_READ, "en", settings={"sites": [{"code": "a", "label": "A"}]})
    assert [mine is theirs for mine, theirs in zip(sites.pages, SERVICE_READ.pages, strict=True)].count(
        False
    ) == 1


def test_the_digest_names_everything_that_decides_and_nothing_else() -> None:
    plain = run(SERVICE_READ)
    assert run(read()).digest == plain.digest
    others = [
        run(SERVICE_READ, settings={"answer_days": 6}),
        run(SERVICE_READ, settings={"answer_days": 7}),
        run(SERVICE_READ, nation="Scotland"),
        run(SERVICE_READ, "en"),
        run(SERVICE_READ, connector="waste"),
        run(SERVICE_READ, extra_questions=[GATE]),
        run(SERVICE_READ, wording={"en": {"start.intro": "A"}, "cy": {"start.intro": "B"}}),
        run(read(SERVICE.replace("a plot", "the plot"))),
    ]
    assert len({adopted.digest for adopted in (plain, *others)}) == len(others) + 1
