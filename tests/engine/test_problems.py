"""A right service with one word changed, and what a maintainer is then told, and where."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonhall.engine.problems import Problem
from tests.engine.services import EXAMPLES, SERVICE, WELSH, edited, faults, files, one_page, small

# (what is wrong, the words in the file, what they are changed to, where it is told, message, remedy)
EDITS = [
    ("an unknown key", "lgil: 8\n", "lgil: 8\nlgill: 9\n", "6:1", "'lgill' is not a word of the language here", "did you mean 'lgil'?"),
    ("an unknown key of a setting", "max: 20, default: 5", "max: 20, defalt: 5", "11:49", "'defalt' is not a word", "did you mean 'default'?"),
    ("an unknown key of a field", "past: true", "passed: true", "26:37", "'passed' is not a word", "did you mean 'past'?"),
    ("an unknown key of a check", "id: alive, require:", "id: alive, requires:", "28:21", "'requires' is not a word", "did you mean 'require'?"),
    ("an unknown key of a column", "label: Name}", "lable: Name}", "51:36", "'lable' is not a word", "did you mean 'label'?"),
    ("a missing key", "lgil: 8\n", "", "1:1", "'lgil' is missing", "add it"),
    ("a missing type", "{id: home, type: address}", "{id: home}", "23:14", "'type' is missing", "add a `type`"),
    ("an unknown type", "type: address", "type: adress", "23:14", "'adress' is not a type; it must be one of 'text', 'textarea'", "docs"),
    ("words for a number", "lgsl: 572", "lgsl: '572'", "4:7", "this must be a whole number, not the words '572'", "docs"),
    ("yes for a number", "lgsl: 572", "lgsl: true", "4:7", "this must be a whole number, not true or false", "docs"),
    ("a number for words", "name: Apply for an allotment", "name: 12", "3:7", "this must be words, not a number", "docs"),
    ("words for true", "past: true", "past: 'yes'", "26:43", "this must be true or false", "docs"),
    ("a list for a map", "  intro: Apply for a plot. We answer in {{ settings.answer_days }} working days.\n  need: [your address]", "  - intro", "8:3", "this must be a map, not a list", "docs"),
    ("a list for words", "hint", "hint", "", "", ""),
    ("nothing at all", "question: What is your address?", "question:", "22:14", "this must be words, not nothing", "docs"),
    ("empty words", "question: What is your address?", "question: ''", "22:15", "this must not be empty", "write it"),
    ("too big a code", "lgsl: 572", "lgsl: 57200", "4:7", "57200 is too big; it must be 9999 or less", ""),
    ("a version that is none", "version: 1.2.0", "version: '1.2'", "2:10", "'1.2' does not have the right form", ""),
    ("an id with a space", "id: allotment", "id: an allotment", "1:5", "'an allotment' does not have the right form", ""),
    ("a code that is a number", "code: north", "code: 1", "17:16", "this must be words, not a number", "docs"),
    ("an unknown language", "languages: [en, cy]", "languages: [en, cy, fr]", "6:21", "'fr' is not allowed; it must be 'en' or 'cy'", ""),
    ("an options setting that is misnamed", "options: settings.sites", "options: settings.Sites", "36:48", "'settings.Sites' does not have the right form", ""),
    ("options that are neither", "options: settings.sites", "options: 3", "36:48", "this must be a list or words, not a number", "docs"),
    ("a setting that is not options", "options: settings.sites", "options: settings.rent", "36:48", "'settings.rent' is not a setting of type options", "settings.sites"),
    ("no option", "options: settings.sites", "options: []", "36:48", "there is no option", "add some"),
    ("an option twice", "code: south", "code: north", "18:9", "the option 'north' stands twice", "rename"),
    ("a page twice", "- id: site\n", "- id: born\n", "34:5", "the page 'born' stands twice", "rename"),
    ("a field twice", "{id: site, type: radios", "{id: born, type: radios", "36:19", "the field 'born' stands twice", "rename"),
    ("a page that is the platform's", "- id: home\n", "- id: check\n", "21:9", "the page id 'check' is the platform's own", "rename"),
    ("a page id kept for councils", "- id: home\n", "- id: local-home\n", "21:9", "the page id 'local-home' is the platform's own", "rename"),
    ("a field that is a word of CEL", "{id: site, type: radios", "{id: in, type: radios", "36:19", "'in' is a reserved word", "rename"),
    ("a setting that is a word of CEL", "  rent: {", "  for: {", "12:3", "'for' is a word of CEL", "rename"),
    ("a page that asks nothing", "    fields: [{id: home, type: address}]\n", "", "21:5", "the page 'home' asks nothing", "add fields"),
    ("an exit for everyone", "    when: years(answers.born, today) < 18\n", "", "29:5", "the exit 'too-young' ends every journey", "say `when`"),
    ("an exit without a next step", "    body: Come back when you are 18, or ask at {{ settings.office }}.\n", "", "29:5", "the exit 'too-young' gives no next step", "`body`"),
    ("an exit that asks", "    question: You cannot rent a plot yet\n", "    question: You cannot rent a plot yet\n    fields: [{id: why, type: text}]\n", "33:13", "an exit page asks nothing", "take the fields away"),
    ("a check without a question", "    body: Come back", "    checks: [{id: x, require: 1 == 1, message: No}]\n    body: Come back", "33:14", "a check needs a question on the same page", "move it"),
    ("a check beside another page's answer", "message: Enter a later date}", "message: Enter a later date, field: home}", "28:102", "this page does not ask 'home'", "born"),
    ("no label among several", "{id: name, type: name, label: Full name}", "{id: name, type: name}", "56:9", "'name' needs a label", "label"),
    ("a column without a label", "type: name, label: Name}", "type: name}", "51:13", "'name' needs a label", "add one"),
    ("two lists on a page", "          - {id: age, type: number, label: Age, optional: true}\n", "          - {id: age, type: number, label: Age, optional: true}\n      - {id: tools, type: list, item: Tool, fields: [{id: what, type: text, label: What}]}\n", "53:9", "'tools' is the second list on its page", "a page of its own"),
    ("a column with a pattern that is none", "type: name, label: Name}", "type: text, label: Name, pattern: '(', pattern_message: No}", "51:58", "not a regular expression", "RE2"),
    ("a column with options of nothing", "type: name, label: Name}", "type: radios, label: Name, options: settings.rent}", "51:60", "'settings.rent' is not a setting of type options", "settings.sites"),
    ("a column with limits the wrong way round", "label: Age, optional", "label: Age, min: 9, max: 3, optional", "52:54", "min 9 is more than max 3", "swap"),
    ("an autocomplete that is no token", "type: name, label: Full name}", "type: name, label: Full name, autocomplete: fullname}", "56:64", "'fullname' is not an autocomplete token", "'"),
    ("an autocomplete of a column", "type: name, label: Name}", "type: name, label: Name, autocomplete: nmae}", "51:63", "'nmae' is not an autocomplete token", "did you mean 'name'?"),
    ("an autocomplete for choices", "type: radios, options: settings.sites", "type: radios, autocomplete: sex, options: settings.sites", "36:53", "a question of type radios cannot be filled in by itself", "take"),
    ("an autocomplete of another kind", "type: email, label: Email address", "type: email, autocomplete: tel, label: Email address", "57:48", "a question of type email cannot hold 'tel'", "known here: email"),
    ("an autocomplete for a day that is not one's birth", "past: true", "past: true, autocomplete: cc-exp", "26:63", "a question of type date cannot hold 'cc-exp'", "bday"),
    ("limits the wrong way round", "min: 25, max: 250", "min: 250, max: 25", "41:39", "min 250 is more than max 25", "swap"),
    ("a day both past and future", "past: true", "past: true, future: true", "26:14", "no date is both past and future", "keep one"),
    ("a default out of its limits", "default: 5", "default: 50", "11:58", "'answer_days' is 50, but at most 20 is allowed", "lower"),
    ("a default of no options", "    type: options\n", "    type: options\n    min: 3\n", "18:7", "'sites' needs 3 to 60 options, and has 2", "add"),
    ("a place nowhere", "after: helpers", "after: helper", "59:33", "there is no page 'helper'", "did you mean 'helpers'?"),
    ("wording of nothing", "pages.contact.question]", "pages.contacts.question]", "60:46", "'pages.contacts.question' names no text", "did you mean 'pages.contact.question'?"),
    ("a contact that is no field", "name: name, email: email}", "name: nam, email: email}", "64:19", "there is no field 'nam'", "did you mean 'name'?"),
    ("a contact of the wrong type", "name: name, email: email}", "name: name, email: site}", "64:32", "the field 'site' is of type radios, not email", "another"),
    ("a location that is none", "location: home", "location: born", "65:13", "the field 'born' is of type date, not address or map-location", "another"),
    ("a condition on a name that is not there", "when: answers.site == 'north'", "when: answers.sight == 'north'", "39:11", "nothing is called 'answers.sight' here", "did you mean 'answers.site'?"),
    ("a condition on a later answer", "when: answers.site == 'north'", "when: answers.email == 'north'", "39:11", "'answers.email' is asked on this page or a later one", "earlier"),
    ("a condition on its own page", "when: answers.site == 'north'", "when: answers.size == 1", "39:11", "'answers.size' is asked on this page or a later one", "earlier"),
    ("a later answer hidden by spaces", "when: answers.site == 'north'", "when: answers . email == 'north'", "39:11", "'answers.email' is asked on this page or a later one", "earlier"),
    ("a later answer behind odd quotes", "when: answers.site == 'north'", "when: \"''' ' ''' == answers.email + ''' ' '''\"", "39:11", "'answers.email' is asked on this page or a later one", "earlier"),
    ("words compared with a number", "when: answers.site == 'north'", "when: answers.site == 4", "39:24", "'==' cannot be used with words and a whole number", "docs"),
    ("a condition that is no condition", "when: answers.site == 'north'", "when: answers.site", "39:11", "gives words, but yes or no is needed here", "docs"),
    ("a condition cut short", "when: answers.site == 'north'", "when: answers.site ==", "39:26", "the expression ends too early", "docs"),
    ("a fault inside quotes", "require: \"years(answers.born, today) < 130\"", "require: \"years(answers.born, todya) < 130\"", "28:51", "nothing is called 'todya'", "did you mean 'today'?"),
    ("a fault inside a block", "when: answers.site == 'north'", "when: |\n      answers.site == 'north' &&\n      answers.nobody == 1", "41:7", "nothing is called 'answers.nobody'", "did you mean 'answers.born'?"),
    ("a day that there is not", "when: answers.site == 'north'", "when: today < date('2026-02-30')", "39:25", "'2026-02-30' is not a date", "docs"),
    ("a pattern in logic that is none", "when: answers.site == 'north'", "when: answers.site.matches('[')", "39:33", "'[' is not a pattern: missing ]", "docs"),
    ("a target that is words", "target_working_days: settings.answer_days", "target_working_days: settings.office", "63:24", "gives words, but a whole number is needed here", "docs"),
    ("a target that is neither", "target_working_days: settings.answer_days", "target_working_days: 1.5", "63:24", "this must be words or a whole number, not a number", "docs"),
    ("a hole for nothing", "We answer in {{ settings.answer_days }}", "We answer in {{ settings.answer_day }}", "8:10", "nothing is called 'settings.answer_day'", "did you mean 'settings.answer_days'?"),
    ("a hole with logic", "We answer in {{ settings.answer_days }}", "We answer in {{ settings.answer_days + 1 }}", "8:10", "is not a plain name", "texts hold no logic"),
    ("an answer where none is given yet", "question: Who will help you?", "question: Who will help {{ answers.site }}?", "43:15", "'pages.helpers.question' cannot show an answer", "exit pages"),
    ("an answer that nobody asks", "Plot at {{ answers.site }}", "Plot at {{ answers.place }}", "62:12", "nothing is called 'answers.place'", "did you mean 'answers.name'?"),
    ("a setting inside a setting", "default: the town hall", "default: '{{ settings.rent }}'", "19:33", "names something in double braces", "as they are"),
]  # fmt: skip
EDITS = [row for row in EDITS if row[1] != row[2]]


def told(problems: list[Problem], place: str, message: str, remedy: str) -> bool:
    """Whether a problem with this message and remedy is told at this place."""
    return any(
        f"{problem.line}:{problem.column}" == place
        and message in problem.message
        and remedy in problem.remedy
        for problem in problems
    )


@pytest.mark.parametrize(
    ("old", "new", "place", "message", "remedy"), [row[1:] for row in EDITS], ids=[row[0] for row in EDITS]
)
def test_one_wrong_word_is_told_at_its_place_with_its_remedy(
    old: str, new: str, place: str, message: str, remedy: str
) -> None:
    problems = faults(files(edited(SERVICE, old, new)))
    mine = [problem for problem in problems if problem.file == "service.yaml"]
    assert told(mine, place, message, remedy), "\n".join(map(str, problems))
    assert all(problem.remedy and "\n" not in str(problem) for problem in problems)


def test_the_service_is_right_as_it_stands() -> None:
    assert faults(files()) == []


PATTERNS = [
    ("one that is none", "'['", "not a regular expression: missing ]"),
    ("one that looks ahead", "'(?=a)b'", "not a regular expression: invalid perl operator"),
    ("one that looks back", "'(a)\\1'", "not a regular expression: invalid escape sequence"),
    ("one that would be huge", "'(a{999}){999}'", "not a regular expression"),
]


@pytest.mark.parametrize(
    ("pattern", "message"), [row[1:] for row in PATTERNS], ids=[row[0] for row in PATTERNS]
)
def test_a_pattern_is_refused_when_the_package_is_read(pattern: str, message: str) -> None:
    problems = faults(small(one_page(f"[{{id: a, type: text, pattern: {pattern}, pattern_message: No}}]")))
    assert told(problems, "11:43", message, "RE2"), problems


def test_a_pattern_needs_words_for_whoever_misses_it() -> None:
    problems = faults(small(one_page("[{id: a, type: text, pattern: '[0-9]+'}]")))
    assert told(problems, "11:14", "'a' has a pattern but no pattern_message", "add one")


WELSH_EDITS = [
    ("a text missing", "need: [eich cyfeiriad]", "need: []", "4:9", "the Welsh text for 'start.need.0' is missing", "add it"),
    ("an option missing", ", south: Cae’r de}", "}", "6:20", "the Welsh text for 'settings.sites.options.south' is missing", "add it"),
    ("a text too many", "pages:\n", "pages:\n  nowhere: {question: Ble?}\n", "9:13", "'pages.nowhere.question' names no text", "did you mean 'pages.home.question'?"),
    ("a page misspelt", "  born:\n", "  borm:\n", "11:5", "'pages.borm.question' names no text", "did you mean 'pages.born.question'?"),
    ("a number for words", "name: Gwneud cais am randir", "name: 3", "1:7", "'name' is not a text", "quotes"),
    ("a hole for nothing", "holwch yn {{ settings.office }}", "holwch yn {{ settings.swyddfa }}", "15:11", "nothing is called 'settings.swyddfa'", "settings."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "place", "message", "remedy"),
    [row[1:] for row in WELSH_EDITS],
    ids=[row[0] for row in WELSH_EDITS],
)
def test_welsh_is_held_to_the_english_key_by_key(
    old: str, new: str, place: str, message: str, remedy: str
) -> None:
    problems = faults(files(welsh=edited(WELSH, old, new)))
    assert told([problem for problem in problems if problem.file == "cy.yaml"], place, message, remedy), (
        problems
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"cy.yaml": None}, "`languages` names cy, but there is no cy.yaml"),
        ({"cy.yaml": ""}, "the Welsh text for 'name' is missing"),
        ({"cy.yaml": "- name"}, "this must be a map of texts"),
        ({"cy.yaml": "name: [\n"}, "this is not YAML"),
        ({"cy.yaml": WELSH + "start.intro: Eto\n"}, "'start.intro' is translated twice"),
        ({"service.yaml": SERVICE.replace("[en, cy]", "[en]")}, "there is a cy.yaml, but `languages` has no cy"),
        ({"journeys.yaml": None}, "there is no journeys.yaml"),
        ({"journeys.yaml": "[]"}, "there is no example"),
        ({"journeys.yaml": "{}"}, "this must be a list, not a map"),
        ({"journeys.yaml": "a: [\n"}, "this is not YAML"),
        ({"CHANGELOG.md": "## 1.1.0"}, "CHANGELOG.md does not speak of version 1.2.0"),
        ({"CHANGELOG.md": None}, "CHANGELOG.md does not speak of version 1.2.0"),
        ({"service.yaml": None}, "there is no service.yaml"),
        ({"service.yaml": ""}, "this must be a map, not nothing"),
        ({"service.yaml": "hello"}, "this must be a map, not the words 'hello'"),
        ({"service.yaml": "- a"}, "this must be a map, not a list"),
    ],
)  # fmt: skip
def test_the_files_of_a_package_are_held_together(given: dict[str, str | None], message: str) -> None:
    changed = {name: text for name, text in {**files(), **given}.items() if text is not None}
    problems = faults(changed)
    assert any(message in problem.message for problem in problems), problems


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("ends: too-young", "ends: too-yung", "20:9", "there is no end 'too-yung'"),
        ("ends: too-young", "ends: born", "20:9", "there is no end 'born'"),
        ("path: [home, born,", "path: [home, bron,", "12:16", "there is no page 'bron'"),
        ("    site: north\n", "    sight: north\n", "6:5", "there is no question 'sight'"),
        (
            "- name: A child\n",
            "- name: A child\n  settings: {rents: 1}\n",
            "16:14",
            "there is no setting 'rents'",
        ),
        (
            "- name: A child\n  today: 2026-03-10",
            "- name: A child\n  today: soon",
            "16:10",
            "this must be a date",
        ),
    ],
)
def test_an_example_that_names_what_is_not_there_is_told_at_its_place(
    old: str, new: str, place: str, message: str
) -> None:
    problems = faults(files(examples=edited(EXAMPLES, old, new)))
    assert told(problems, place, message, ""), problems


def test_many_faults_are_all_collected_in_the_order_of_the_file() -> None:
    broken = SERVICE
    for old, new in (
        ("answers.site == 'north'", "answers.nobody == 'north'"),
        ("after: helpers", "after: nobody"),
        ("location: home", "location: nobody"),
        ("options: settings.sites", "options: settings.nobody"),
        ("{{ answers.site }}", "{{ answers.nobody }}"),
        ("years(answers.born, today) < 18", "years(answers.born, today)"),
    ):
        broken = edited(broken, old, new)
    problems = faults(files(broken))
    assert problems == sorted(problems)
    assert len(problems) == 6
    assert sum("nobody" in problem.message for problem in problems) == 5


def test_a_problem_reads_as_file_line_column_message_and_remedy() -> None:
    assert (
        str(Problem("a/service.yaml", 3, 7, "this is wrong", "mend it"))
        == "a/service.yaml:3:7: this is wrong - mend it"
    )


WORDS = st.sampled_from(
    [
        "",
        "null",
        "[]",
        "{}",
        "3",
        "'x'",
        "*a",
        "&a",
        "answers.site",
        "{{",
        "- ",
        "? ",
        "\x00",
        "true",
        "1e999",
    ]
)


@settings(max_examples=150)
@given(st.data())
def test_no_damage_to_a_file_makes_the_reader_stumble(data: st.DataObject) -> None:
    lines = data.draw(st.sampled_from([SERVICE, WELSH, EXAMPLES])).split("\n")
    which = "service.yaml" if "lgsl: 572" in lines else "cy.yaml" if "start:" in lines else "journeys.yaml"
    at = data.draw(st.integers(0, len(lines) - 1))
    head, colon, _ = lines[at].partition(":")
    lines[at] = f"{head}{colon} {data.draw(WORDS)}" if data.draw(st.booleans()) else data.draw(WORDS)
    problems = faults({**files(), which: "\n".join(lines)})
    assert all(problem.line >= 1 and problem.column >= 1 and problem.message for problem in problems)
