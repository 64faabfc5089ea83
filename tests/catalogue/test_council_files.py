"""A council's file: every kind of mistake is told with its line, its column and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from commonhall.catalogue.councils import CouncilPlan, contrast, read_council
from commonhall.connectors.registry import connector_faults
from commonhall.engine.problems import Problem, ServiceRefused
from tests.engine.services import CALENDARS, edited, read

FILE = """\
council: solihull
languages: [en, cy]
host: borough.example
brand:
  logo_text: {en: Solihull, cy: Solihull}
  colour: "#005a4e"
  accent: "#8cc63f"
contact: {phone: 0121 496 0100}
connectors:
  - id: plots
    kind: webhook
    settings:
      url: ${OFFICE_URL}/cases
    secrets:
      signing: ["${OFFICE_SECRET}"]
adoptions:
  - service: allotment
    version: 1.2.0
    settings:
      answer_days: 3
      sites:
        - {code: north, label: {en: North field, cy: Cae’r gogledd}}
    wording:
      en: {start.intro: Ask us for a plot.}
      cy: {start.intro: Gofynnwch am randir.}
    extra_questions:
      - place: before-contact
        page:
          id: shed
          question: {en: Would you like a shed?, cy: Hoffech chi gael sied?}
          fields:
            - {id: shed, type: text, label: {en: Shed, cy: Sied}}
    connector: plots
"""
SECRET = "whsec_a2VlcCB0aGlzIGZyb20gZXZlcnlib2R5IGVsc2U="
VARIABLES = {"OFFICE_URL": "https://office.example", "OFFICE_SECRET": SECRET}
NATIONS = {"solihull": "England", "cardiff": "Wales"}


def plan(folder: Path, text: str = FILE, variables: Mapping[str, str] = VARIABLES) -> CouncilPlan:
    path = folder / "solihull.yaml"
    path.write_text(text, "utf-8")
    services = {"allotment 1.2.0": read()}
    return read_council(path, services, NATIONS, CALENDARS, variables, connector_faults)


def refused(folder: Path, text: str, variables: Mapping[str, str] = VARIABLES) -> list[Problem]:
    with pytest.raises(ServiceRefused) as error:
        plan(folder, text, variables)
    return list(error.value.problems)


def spot(text: str, words: str) -> tuple[int, int]:
    """The line and column (from 1) at which the only `words` of a text begin."""
    assert text.count(words) == 1
    before = text[: text.index(words)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def test_a_right_file_gives_what_the_council_runs(tmp_path: Path) -> None:
    made = plan(tmp_path)
    [adopted] = made.adopted
    assert made.file.connectors[0].settings == {"url": "https://office.example/cases"}
    assert adopted.settings["answer_days"] == 3
    assert adopted.texts.need("cy", "start.intro") == "Gofynnwch am randir."
    assert [page.id for page in adopted.pages][-2:] == ["local-shed", "contact"]


MISTAKES = [
    # (what is written, what is written instead, the words at which it is told, the message, the remedy)
    ("council: solihull", "council: sollihull", "sollihull", "no council 'sollihull'", "'solihull'"),
    ("languages: [en, cy]", "languages: [en, fr]", "fr]", "'fr' is not allowed", "correct"),
    ("languages: [en, cy]", "languages: [cy]", "[cy]", "'en' is missing", "English"),
    ("languages: [en, cy]", "languages: [en, cy, en]", "en]", "'en' stands twice", "keep one"),
    ("borough.example", "https://borough.example/", "https://borough", "right form", "correct"),
    ("{en: Solihull, cy: Solihull}", "{en: Solihull}", "{en: Solihull}", "no 'cy'", "add it"),
    ('"#005a4e"', '"#ffff00"', '"#ffff00"', "contrast of 1.1, and needs 4.5", "darker"),
    ('"#005a4e"', "green", "green", "right form", "correct"),
    ("contact: {phone", "contact: {fone", "fone", "'fone' is not a word", "'phone'"),
    ("connectors:", "conectors:", "conectors:", "'conectors' is not a word", "'connectors'"),
    ("kind: webhook", "kind: fax", "fax", "there is no kind 'fax'; there are csv-sftp, email, open311, pull", "README"),
    ("url: ${OFFICE_URL}", "link: ${OFFICE_URL}", "${OFFICE_URL}", "settings.link is not known", "README"),
    ("${OFFICE_URL}/", "${OFICE_URL}/", "${OFICE_URL}/", "nothing is known as ${OFICE_URL}", "'OFFICE_URL'"),
    ("    secrets:\n      signing: [\"${OFFICE_SECRET}\"]\n", "", "id: plots", "secrets.signing is missing", "README"),
    ("service: allotment", "service: alotment", "alotment", "no service 'alotment'", "'allotment'"),
    ("  - service: allotment\n    version", "  - version", "version: 1.2.0", "'service' is missing", "add it"),
    ("1.2.0", "1.3.0", "1.3.0", "no version 1.3.0 of 'allotment'", "there are: 1.2.0"),
    ("answer_days: 3", "answer_day: 3", "answer_day: 3", "no setting 'answer_day'", "'answer_days'"),
    ("answer_days: 3", "answer_days: soon", "soon", "must be a whole number, not 'soon'", "Working days"),
    ("answer_days: 3", "answer_days: 30", "30", "at most 20 is allowed", "lower it"),
    ("{code: north, label", "{cod: north, label", "{cod", "the option has no code", "code, label"),
    ("{en: North field, cy: Cae’r gogledd}", "{en: North field}", "{en: North", "no 'cy'", "add it"),
    ("en: {start.intro: Ask", "en: {start.need.0: Ask", "start.need.0", "cannot be changed", "does not mark it"),
    ("en: {start.intro: Ask", "en: {start.into: Ask", "start.into", "cannot be changed", "'start.intro'"),
    ("cy: {start.intro: Gof", "fr: {start.intro: Gof", "fr: {", "is not allowed", "correct"),
    ("Ask us for a plot.", "\"Ask {{ answers.name }}.\"", "\"Ask {{", "cannot show an answer", "only"),
    ("place: before-contact", "place: before-contct", "before-contct", "no place 'before-contct'", "'before-contact'"),
    ("type: text, label: {en: Shed", "type: txt, label: {en: Shed", "{id: shed", "'txt' is not a type", "Fields"),
    ("{en: Would you like a shed?, cy: Hoffech chi gael sied?}", "{cy: Hoffech chi gael sied?}", "{cy: Hoff", "", ""),
    ("connectors:", "furniture: {menu: [{label: {en: A, cy: B}, url: http://a}]}\nconnectors:", "http://a", "begins with https://", "docs/embedding.md"),
    ("connectors:", "furniture: {crumbs: [{label: {en: A}, url: https://a.example}]}\nconnectors:", "{en: A}", "enter what the link says", "docs/embedding.md"),
    ("connectors:", "furniture: {stylesheet: 'i{cursor:url(x)}'}\nconnectors:", "'i{", "line 1: Pages load nothing", "docs/embedding.md"),
    ("connectors:", "furniture: {footer: Hello}\nconnectors:", "footer", "'footer' is not a word", ""),
    ("connector: plots", "connector: plot", "plot\n", "no connector 'plot'", "'plots'"),
    ("    connector: plots", "    conector: plots", "conector", "'conector' is not a word", "'connector'"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "at", "message", "remedy"), MISTAKES)
def test_a_mistake_is_told_where_it_stands(
    tmp_path: Path, old: str, new: str, at: str, message: str, remedy: str
) -> None:
    text = edited(FILE, old, new)
    problems = refused(tmp_path, text)
    told = [problem for problem in problems if message in problem.message and remedy in problem.remedy]
    assert told, [str(problem) for problem in problems]
    assert (told[0].line, told[0].column) == spot(text, at)
    assert all(problem.file == "solihull.yaml" and problem.remedy for problem in problems)


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    text = edited(edited(FILE, "answer_days: 3", "answer_days: 99"), "connector: plots", "connector: shed")
    text = edited(text, "council: solihull", "council: nowhere")
    messages = " ".join(
        problem.message for problem in refused(tmp_path, edited(text, "code: north", "code: no rth"))
    )
    for words in ("no council 'nowhere'", "at most 20", "'no rth' is not allowed"):
        assert words in messages


def test_the_same_service_or_connector_twice_is_refused(tmp_path: Path) -> None:
    twice = FILE + "  - {service: allotment, version: 1.2.0}\n"
    problem = refused(tmp_path, twice)[-1]
    assert "adopted twice" in problem.message
    assert problem.line == twice.count("\n")
    again = FILE.replace(
        "adoptions:", "  - {id: plots, kind: open311, settings: {endpoint: https://a.example}}\nadoptions:"
    )
    [problem] = refused(tmp_path, again)
    assert "'plots' stands twice" in problem.message


@pytest.mark.parametrize(
    "text",
    [
        FILE.replace('signing: ["${OFFICE_SECRET}"]', "signing: ${OFFICE_SECRET}"),
        FILE.replace('    secrets:\n      signing: ["${OFFICE_SECRET}"]', "    secrets: ${OFFICE_SECRET}"),
        FILE.replace('signing: ["', 'token: ["'),
    ],
)
def test_a_secret_is_never_repeated(tmp_path: Path, text: str) -> None:
    problems = refused(tmp_path, text)
    assert SECRET not in " ".join(map(str, problems))
    assert all(problem.line in {14, 15} for problem in problems)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "this must be a map"),
        ("- a list\n", "this must be a map"),
        ("council: [\n", "this is not YAML"),
        ("council: solihull\ncouncil: cardiff\n", "'council' stands twice"),
        ("a: &b 1\nc: *b\n", "aliases"),
        ("council: solihull\n", "'languages' is missing"),
    ],
)
def test_a_file_that_is_no_councils_file(tmp_path: Path, text: str, message: str) -> None:
    assert any(message in problem.message for problem in refused(tmp_path, text))


def test_a_file_that_cannot_be_read_is_a_problem_too(tmp_path: Path) -> None:
    with pytest.raises(ServiceRefused, match=r"no\.yaml:1:1: this cannot be read"):
        read_council(tmp_path / "no.yaml", {}, NATIONS, CALENDARS, {})
    (tmp_path / "latin.yaml").write_bytes(b"council: solihull\nhost: caf\xe9\n")
    with pytest.raises(ServiceRefused, match=r"latin\.yaml:2:1: this is not UTF-8"):
        read_council(tmp_path / "latin.yaml", {}, NATIONS, CALENDARS, {})


def test_contrast_is_wcags() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert contrast("#123456", "#123456") == 1
