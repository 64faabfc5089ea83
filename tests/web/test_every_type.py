"""Every type of question, in every place and both languages: valid, escaped, and as its template alone gives it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup
from pydantic import TypeAdapter

from commonhall.casework.sites import Site
from commonhall.engine.definition import AnyField
from commonhall.engine.fields.base import CompiledField, clean_lines
from commonhall.engine.journey import parse_page, walk
from commonhall.engine.package import CompiledPage
from commonhall.web.assets import Assets
from commonhall.web.pages import Pages, plain
from commonhall.web.resident import compile as compiling
from commonhall.web.resident import components
from commonhall.web.resident.compile import Compiler, Place, answer_values, raw_values
from commonhall.web.resident.shapes import CLOSE, OPEN, Shapes
from tests.web.everything import ANSWERS, everything, site
from tests.web.rendered import COMMON, JOURNEY, TODAY, faults_of_html

LANGUAGES = pytest.mark.parametrize("language", ["en", "cy"])
HOSTILE = st.text(max_size=40) | st.sampled_from(
    [
        "<script>alert(1)</script>",
        "\"><img src=x onerror='alert(1)'>",
        "</textarea></title><b>",
        "{{ 7*7 }}{% raw %}",
        f"{OPEN}token{CLOSE}",
        f'" data-ch-mark="{OPEN}mark:a:b{CLOSE}"',
        "&lt;&amp;&#0;",
        "a\x00b\x0b\x1b\ufffe\u202e\x85",
        "*a* [b](javascript:alert(1)) `c` # d",
        "{name} %s $x",
    ]
)


def questions() -> list[CompiledPage]:
    return [page for page in everything().pages if not page.exit]


def inputs_of(part: CompiledField, name: str | None = None) -> Iterator[str]:
    """The names of a question's inputs, as a browser would send them."""
    name = name or part.id
    pieces = {
        "address": ("line1", "line2", "town", "postcode"),
        "date": ("day", "month", "year"),
        "map-location": ("description", "postcode", "lat", "long"),
    }.get(part.type)
    if pieces:
        yield from (f"{name}-{piece}" for piece in pieces)
    elif part.fields:
        for number in range(2):
            for column in part.fields:
                yield from inputs_of(column, f"{name}-{number}-{column.id}")
    else:
        yield name


def ways(page: CompiledPage) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """Forms for a page: empty, nonsense everywhere, and nonsense in one input alone."""
    names = [name for part in page.fields for name in inputs_of(part)]
    yield "empty", {}
    yield "nonsense", {name: ["?"] for name in names}
    for name in (name for name in names if "-1-" not in name):
        yield f"nonsense in {name}", {name: ["?"]}


@LANGUAGES
def test_every_type_is_valid_with_any_of_its_errors(compiler: Compiler, language: str) -> None:
    place = Place(site(everything()), everything(), language)
    wrong = []
    for page in questions():
        rows = 2 if page.fields[0].fields else 0
        asked = compiler.question(place, page, (), rows, COMMON).decode()
        wrong += [f"{page.id}: {fault}" for fault in faults_of_html(asked)]
        for way, form in ways(page):
            _, faults = parse_page(page, form, TODAY)
            shown = compiler.question(place, page, faults, max(1, rows), {**raw_values(form), **COMMON})
            wrong += [f"{page.id}, {way}: {fault}" for fault in faults_of_html(shown.decode())]
            summary = shown.decode().partition('class="govuk-error-summary')[2].partition("</ul>")[0]
            if faults and summary.count("<a href") != len({fault.input for fault in faults}):
                wrong.append(f"{page.id}, {way}: the summary does not say every fault once")
            if faults and not shown.decode().partition("<title>")[2].startswith(("Error: ", "Gwall: ")):
                wrong.append(f"{page.id}, {way}: the title does not say that there is an error")
    assert wrong == []


@LANGUAGES
def test_an_answer_given_is_shown_again_as_given(compiler: Compiler, language: str) -> None:
    place = Place(site(everything()), everything(), language)
    for page in questions():
        filled = answer_values(page, ANSWERS)
        rows = max((len(ANSWERS[part.id]) for part in page.fields if part.fields), default=0)
        shown = compiler.question(place, page, (), rows, {**filled, **COMMON}).decode()
        assert faults_of_html(shown) == [], page.id
        sent = form_of(shown)
        sent.pop("_token")
        answers, faults = parse_page(page, sent, TODAY)
        assert (answers, faults) == ({part.id: ANSWERS[part.id] for part in page.fields}, ()), page.id


def form_of(page: str) -> dict[str, list[str]]:
    """What a browser sends when the form of a page is sent as it stands."""
    document = html5lib.parse(page, namespaceHTMLElements=False)
    found: dict[str, list[str]] = {}
    for element in document.iter():
        name, kind = element.get("name"), element.get("type", "text")
        if not name:
            continue
        if element.tag == "textarea":
            found.setdefault(name, []).append(element.text or "")
        elif element.tag == "select":
            chosen = [option for option in element.iter("option") if option.get("selected") is not None]
            found.setdefault(name, []).append((chosen or list(element.iter("option")))[0].get("value") or "")
        elif element.tag == "input" and (
            kind not in {"radio", "checkbox"} or element.get("checked") is not None
        ):
            found.setdefault(name, []).append(element.get("value") or "")
    return found


@LANGUAGES
@pytest.mark.parametrize("failing", [False, True])
def test_a_shape_filled_is_the_template_rendered_with_the_values_in_place(
    compiler: Compiler, assets: Assets, language: str, failing: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oracle: no shape, no mark; the same template and the same macros, with the values themselves."""
    place = Place(site(everything()), everything(), language)
    plain_compiler = Compiler(Pages(), assets, Shapes(), None)
    common = {name: value.decode() for name, value in COMMON.items()}
    for page in questions():
        raw = {name: value for part in page.fields for name, value in part.raw(ANSWERS[part.id]).items()}
        faults = parse_page(page, {}, TODAY)[1] if failing else ()
        rows = 2 if page.fields[0].fields else 0
        filled = compiler.question(place, page, faults, rows, {**raw_values(raw), **COMMON}).decode()

        said = iter(re.findall(r'<a href="#[^"]*">([^<]*)</a>', filled))
        errors: dict[str, str] = {}
        for fault in faults:
            if fault.input not in errors:
                errors[fault.input] = html.unescape(next(said))
        chosen = {f"{name}:{value}" for name, values in raw.items() for value in values}
        values = {f"value:{name}": texts[0] for name, texts in raw.items()}
        values |= {f"error:{name}": text for name, text in errors.items()}

        def as_itself(name: str, known: Mapping[str, str] = {**values, **common}) -> Any:
            # An empty value stays as it is in a shape; a macro alone would leave the attribute out.
            return known.get(name, Markup())

        def as_attribute(name: str, chosen: set[str] = chosen) -> dict[str, Any]:
            kind, _, rest = name.partition(":")
            word = "checked" if kind == "mark" else "selected"
            return {word: {"value": rest in chosen, "optional": True}}

        with monkeypatch.context() as patched:
            patched.setattr(components, "hole", as_itself)
            patched.setattr(compiling, "hole", as_itself)
            patched.setattr(components, "mark", as_attribute)
            inputs = tuple(dict.fromkeys(fault.input for fault in faults))
            rendered = plain_compiler._question(place, page, inputs, rows)
        assert filled.replace(' value=""', "") == rendered.replace(' value=""', ""), page.id


@settings(max_examples=40, deadline=None)
@given(text=HOSTILE)
def test_what_people_type_is_shown_as_typed_and_never_as_markup(compiler: Compiler, text: str) -> None:
    place = Place(site(everything()), everything(), "en")
    for page in questions():
        names = [name for part in page.fields for name in inputs_of(part)]
        form = {name: [text] for name in names}
        answers, faults = parse_page(page, form, TODAY)
        rows = 2 if page.fields[0].fields else 0
        values = raw_values(form) if faults else answer_values(page, answers)
        shown = compiler.question(place, page, faults, rows, {**values, **COMMON}).decode()
        quiet = compiler.question(place, page, faults, rows, COMMON).decode()
        assert shown.count("<") == quiet.count("<"), f"{page.id}: no answer may add an element"
        assert faults_of_html(shown.replace(OPEN, "").replace(CLOSE, "")) == [], page.id


@settings(max_examples=40, deadline=None)
@given(text=HOSTILE)
def test_answers_in_a_text_are_shown_as_typed_and_never_as_markup(compiler: Compiler, text: str) -> None:
    adopted = everything()
    place = Place(site(adopted), adopted, "en")
    text = clean_lines(text) or "x"
    answers = {**ANSWERS, "name": text, "story": text}
    done = walk(adopted, answers, TODAY)
    assert done.complete
    pages = [
        (compiler.check(place, done, COMMON), compiler.check(place, walk(adopted, ANSWERS, TODAY), COMMON)),
        (
            compiler.confirmation(place, answers, COMMON, thanks=False),
            compiler.confirmation(place, ANSWERS, COMMON, thanks=False),
        ),
    ]
    blue = walk(adopted, {**answers, "shade": "blue"}, TODAY)
    assert blue.exit is not None
    quiet = replace(blue, answers={**blue.answers, "name": "x", "story": "x"})
    pages.append(
        (
            compiler.exit(place, blue.exit, blue, JOURNEY, "/back"),
            compiler.exit(place, blue.exit, quiet, JOURNEY, "/back"),
        )
    )
    for shown, calm in pages:
        page = shown.decode()
        assert faults_of_html(page.replace(OPEN, "").replace(CLOSE, "")) == []
        for tag in ("script", "img", "textarea", "b>", "em", "code", "strong"):
            assert page.count(f"<{tag}") == calm.decode().count(f"<{tag}"), tag
        assert page.count("<a ") == calm.decode().count("<a ")


@pytest.mark.parametrize(
    "body",
    [
        "Before <script>alert(1)</script> after",
        "[a](javascript:alert(1)) [b](data:text/html,x) [c](//evil.example/)",
        "![picture](https://evil.example/x.png)",
        f"{OPEN}token{CLOSE} and {OPEN} alone",
        '[a](https://example.org/"onclick="x)',
    ],
)
def test_a_council_s_words_are_no_way_to_put_markup_on_a_page(compiler: Compiler, body: str) -> None:
    adopted = everything(body)
    place = Place(site(adopted), adopted, "en")
    for shown in (
        compiler.start(place),
        compiler.confirmation(place, ANSWERS, COMMON, thanks=False),
    ):
        page = shown.decode()
        assert faults_of_html(page) == []
        assert "<script>" not in page
        assert "<img" not in page
        assert not re.search(r'(href|src)="(javascript|data|//)', page)


def test_plain_text_keeps_to_the_characters_that_html_allows() -> None:
    assert plain("a\x00b\x0bc\ufffed\te\nf\ud800\U0001ffff") == b"abcd\te\nf"
    assert plain("<&>\"'") == b"&lt;&amp;&gt;&#34;&#39;"


def test_links_of_markdown_lead_only_where_a_person_may_go() -> None:
    pages = Pages()
    for good in ("https://a.example/", "http://a.example/", "mailto:a@b.example", "tel:01632960001", "/here"):
        assert f'href="{good}"' in pages.prose(f"[x]({good})")
    for bad in (
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "file:///x",
    ):
        assert "href" not in pages.prose(f"[x]({bad})")


def test_one_question_pages_have_their_label_as_heading(compiler: Compiler, sites: list[Site]) -> None:
    place = Place(site(everything()), everything(), "en")
    for page_id, element in (("name", "label"), ("colour", "legend"), ("born", "legend"), ("home", "legend")):
        page = everything().page(page_id)
        assert page is not None
        shown = compiler.question(place, page, (), 0, COMMON).decode()
        assert re.search(rf"<h1[^>]*>\s*<{element}|<{element}[^>]*>\s*<h1", shown), page_id


def test_people_s_own_details_have_the_tokens_that_browsers_fill_in(compiler: Compiler) -> None:
    place = Place(site(everything()), everything(), "en")
    wanted = {
        "name": ["name"],
        "email": ["email"],
        "phone": ["tel"],
        "home": ["address-line1", "address-line2", "address-level2", "postal-code"],
        "born": ["bday-day", "bday-month", "bday-year"],
    }
    for page_id, tokens in wanted.items():
        page = everything().page(page_id)
        assert page is not None
        shown = compiler.question(place, page, (), 0, COMMON).decode()
        assert re.findall(r'autocomplete="([^"]*)"', shown) == tokens


def test_every_type_of_the_language_is_among_them() -> None:
    asked = {part.type for page in everything().pages for part in page.fields}
    assert asked == set(TypeAdapter(AnyField).json_schema()["discriminator"]["mapping"])
