"""The files of a draft out of a form: names, codes, conditions in CEL, both languages, and what is left to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, get_args

from commonhall.catalogue.editing.choices import slug
from commonhall.catalogue.editing.edit import CHANGES, EXAMPLES, SERVICE, WELSH, free
from commonhall.catalogue.editing.writing import block
from commonhall.catalogue.importing.examples import example_of
from commonhall.catalogue.importing.form import Form, FormRefused, Question, Step, Words, simpler
from commonhall.catalogue.importing.saying import Asked, CannotSay, may_not_be_known, say
from commonhall.catalogue.importing.steps import settle
from commonhall.engine.checks import CEL_WORDS
from commonhall.engine.definition import SimpleField
from commonhall.engine.problems import ServiceRefused
from commonhall.engine.reader import read_service
from commonhall.engine.working_days import Calendar

MOST_PAGES = 500
MOST_QUESTIONS = 2000
MOST_COLUMNS = 8
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_TAKEN_PAGES = frozenset({"start", "check", "confirmation", "feedback"})
_SIMPLE = frozenset(
    get_args(part.model_fields["type"].annotation)[0] for part in get_args(get_args(SimpleField)[0])
)
_VERSION = "0.1.0"
_INTRO = Words(
    "Use this service to tell us what we need to know.",
    "Defnyddiwch y gwasanaeth hwn i ddweud wrthym beth mae angen i ni ei wybod.",
)
_NEXT = Words(
    "We will look at what you have told us.\n\nKeep your reference.\n",
    "Byddwn yn edrych ar yr hyn rydych wedi’i ddweud wrthym.\n\nCadwch eich cyfeirnod.\n",
)


def service_id(name: str) -> str:
    """A package's id from a form's name."""
    return re.sub(r"^[^a-z]+", "", slug(name)) or "service"


def write_package(
    form: Form, service: str, lgsl: int, lgil: int, calendars: Mapping[str, Calendar], today: date
) -> dict[str, str]:
    """The files of a draft; what could not be carried over is in CHANGELOG.md and in the form's notes.

    Raises `FormRefused` where nothing is left to ask, or where it is more than a service may be.
    """
    settle(form)
    _must_be_small_enough(form)
    if not form.intro:
        form.changed("start page", "the form had no words for it: write what the service is for")
    draft = _Draft(form)
    pages = [page for step in form.steps if (page := draft.page(step)) is not None]
    top = {
        "id": service, "version": _VERSION, "name": draft.say(("name",), form.name), "lgsl": lgsl, "lgil": lgil,
        "languages": ["en"], "retention_days": 365,
        "start": {"intro": draft.say(("start", "intro"), form.intro or _INTRO)},
        "pages": pages,
        "case": {"summary": draft.say(("case", "summary"), form.name), **draft.case()},
        "confirmation": {"body": draft.say(("confirmation", "body"), form.confirmation or _NEXT)},
    }  # fmt: skip
    welsh = draft.welsh()
    if welsh:
        top["languages"] = ["en", "cy"]
    files = {SERVICE: _text(top), **({WELSH: _text(welsh)} if welsh else {})}
    return _with_example(form, service, files, calendars, today)


def _with_example(
    form: Form, service: str, files: dict[str, str], calendars: Mapping[str, Calendar], today: date
) -> dict[str, str]:
    placeholder = {"name": "To be played", "today": today.isoformat(), "ends": "submitted"}
    trial = {**files, EXAMPLES: _text([placeholder]), CHANGES: _VERSION}
    try:
        read = read_service(trial, calendars)
    except ServiceRefused as refused:
        raise FormRefused(f"The form cannot be made into a service: {refused.problems[0]}.") from refused
    example = example_of(read, today, calendars)
    if example is None:
        form.left("the form", "no example journey was found by itself: play the service, and keep a walk")
    return {**files, EXAMPLES: _text([example] if example else []), CHANGES: changelog(form, service)}


def changelog(form: Form, service: str) -> str:
    """CHANGELOG.md: where the draft is from, and everything that is to be looked at."""
    lines = [
        f"# Changes to {service}",
        "",
        f"## {_VERSION}",
        "",
        f"- A first draft, from a form of {form.system}.",
    ]
    for outcome, title in (("left out", "Left out"), ("changed", "Changed")):
        said = dict.fromkeys((note.place, note.words) for note in form.notes if note.outcome == outcome)
        if said:
            lines += ["", f"### {title}", "", *(f"- {place}: {words}" for place, words in said)]
    return "\n".join(lines) + "\n"


def _must_be_small_enough(form: Form) -> None:
    if not any(step.questions for step in form.steps):
        raise FormRefused("The form asks nothing that a service can ask. Choose another form.")
    count = sum(len(step.questions) for step in form.steps)
    if len(form.steps) > MOST_PAGES or count > MOST_QUESTIONS:
        raise FormRefused(
            f"The form has {len(form.steps)} pages and {count} questions; a service has at most {MOST_PAGES} "
            f"and {MOST_QUESTIONS}. Split it first."
        )


def _text(data: Any) -> str:
    return "\n".join(block(data, 0)) + "\n" if data else "[]\n"


class _Draft:
    """What has been named so far, and every text with its key."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.texts: dict[tuple[str, ...], Words] = {}
        self.asked: dict[str, Asked] = {}
        self.pages: set[str] = set(_TAKEN_PAGES)
        self.fields: set[str] = {*CEL_WORDS, "local"}
        self.contact: dict[str, str] = {}
        self.location = ""

    def say(self, key: tuple[str, ...], words: Words) -> str:
        """Keep a text by its key, and answer its English."""
        self.texts[key] = words
        return words.en

    def page(self, step: Step) -> dict[str, Any] | None:
        """A page; None for an end that nobody would be led to, as its condition cannot be said."""
        when = self._when(step)
        if when is None:
            return None
        title = step.title or (step.questions[0].label if step.questions else step.body)
        name = free(_page_id(title.en), self.pages)
        self.pages.add(name)
        key = ("pages", name)
        page: dict[str, Any] = {"id": name}
        if step.exit:
            page |= {"exit": True}
        page["question"] = self.say((*key, "question"), title)
        if step.hint:
            page["hint"] = self.say((*key, "hint"), step.hint)
        if when:
            page["when"] = when
        if step.body:
            page["body"] = self.say((*key, "body"), step.body)
        if step.exit:
            return page
        fields = [self._field(one, key, self.fields) for one in step.questions]
        if len(fields) == 1 and step.questions[0].label == title and fields[0]["type"] != "declaration":
            del fields[0]["label"]
            del self.texts[(*key, "fields", fields[0]["id"], "label")]
        page["fields"] = fields
        checks = [self._counted(one, key) for one in step.questions if one.counts]
        return page | ({"checks": checks} if checks else {})

    def _when(self, step: Step) -> str | None:
        """The page's condition in CEL, '' where it is always asked, None where it is left out."""
        step.when = simpler(step.when)
        try:
            when = say(step.when, self.asked)
        except CannotSay as why:
            what = "this end" if step.exit else "the condition of this page"
            then = "add it" if step.exit else "everybody is asked it until you say when"
            self.form.left(step.place, f"{what}: {why}; {then}")
            return None if step.exit else ""
        if when == "false":
            self.form.changed(step.place, "nobody was led to it, and nobody is: say when, or take it away")
        unsure = may_not_be_known(step.when, self.asked)
        if unsure:
            self.form.changed(
                step.place, f"where the optional answer '{unsure}' is empty, its condition does not hold"
            )
        return when

    def _field(self, one: Question, page: tuple[str, ...], taken: set[str]) -> dict[str, Any]:
        label = one.label or Words("Answer", "Ateb")
        name = free(_field_id(label.en), taken, "_")
        taken.add(name)
        key = (*page, "fields", name)
        codes: dict[str, str] = {}
        made: dict[str, Any] = {"id": name, "type": one.type, "label": self.say((*key, "label"), label)}
        if one.hint:
            made["hint"] = self.say((*key, "hint"), one.hint)
        made |= {part: self.say((*key, part), words) for part, words in one.texts.items() if words}
        made |= one.more
        if one.optional:
            made["optional"] = True
        if one.choices:
            made["options"] = self._options(one, key, codes)
        if one.type == "list":
            inside: set[str] = set()
            made["fields"] = [self._field(self._column(column), key, inside) for column in self._columns(one)]
        if page[-2] == "pages":
            self.asked[one.key] = Asked(name, one.type, codes, one.more.get("decimals", 0), one.optional)
            self._note_contact(name, one.type)
        return made

    def _options(self, one: Question, key: tuple[str, ...], codes: dict[str, str]) -> list[dict[str, Any]]:
        taken: set[str] = set()
        options = []
        for number, choice in enumerate(one.choices, start=1):
            label = choice.label or Words(choice.value or f"Option {number}")
            wanted = choice.code or choice.value
            code = wanted if _CODE.fullmatch(wanted) else slug(label.en) or "option"
            code = free(code, taken)
            taken.add(code)
            if choice.value in codes:
                self.form.changed(one.place, f"two options were the same value '{choice.value[:60]}'")
            codes.setdefault(choice.value, code)
            option = {"code": code, "label": self.say((*key, "options", code, "label"), label)}
            if choice.hint:
                option["hint"] = self.say((*key, "options", code, "hint"), choice.hint)
            options.append(option)
        return options

    def _columns(self, one: Question) -> list[Question]:
        for column in one.columns[MOST_COLUMNS:]:
            self.form.left(
                column.place, f"a list asks at most {MOST_COLUMNS} things of each: ask it elsewhere"
            )
        return one.columns[:MOST_COLUMNS]

    def _column(self, column: Question) -> Question:
        if column.type in _SIMPLE:
            return column
        self.form.changed(
            column.place, f"a list cannot ask for the type {column.type}: it is lines of text now"
        )
        texts = {name: words for name, words in column.texts.items() if name == "missing"}
        return replace(column, type="textarea", more={}, choices=[], columns=[], counts=None, texts=texts)

    def _counted(self, one: Question, page: tuple[str, ...]) -> dict[str, Any]:
        """A rule of how many options may be chosen."""
        low, high = one.counts or (0, 0)
        asked = self.asked[one.key].id
        size = f"answers.{asked}.size()"
        rule = f"{size} >= {low} && {size} <= {high}"
        said = Words(f"Select {low} to {high} options", f"Dewiswch {low} i {high} opsiwn")
        name = free(f"{asked.replace('_', '-')}-count", set())
        message = self.say((*page, "checks", name, "message"), said)
        return {
            "id": name,
            "require": f"{size} == 0 || ({rule})" if one.optional else rule,
            "message": message,
            "field": asked,
        }

    def _note_contact(self, name: str, kind: str) -> None:
        if kind in {"name", "email", "phone"}:
            self.contact.setdefault(kind, name)
        if kind in {"address", "map-location"} and not self.location:
            self.location = name

    def case(self) -> dict[str, Any]:
        """Which questions say whom to reach, and where it is."""
        found: dict[str, Any] = {"contact": self.contact} if self.contact else {}
        return found | ({"location": self.location} if self.location else {})

    def welsh(self) -> dict[str, Any]:
        """The tree of cy.yaml; empty where the form has no Welsh, or not for every text."""
        lacking = [words.en for words in self.texts.values() if not words.cy]
        if len(lacking) == len(self.texts) or not self.form.name.cy:
            return {}
        if lacking:
            first = ", ".join(f"“{' '.join(words.split())[:60]}”" for words in lacking[:5])
            more = f" and {len(lacking) - 5} more" if len(lacking) > 5 else ""
            self.form.left("Welsh", f"not every text has it: {first}{more}; write it in the editor")
            return {}
        tree: dict[str, Any] = {}
        for key, words in self.texts.items():
            here = tree
            for step in key[:-1]:
                here = here.setdefault(step, {})
            here[key[-1]] = words.cy
        return tree


def _page_id(words: str) -> str:
    name = re.sub(r"^(local-)+", "", slug(words))
    return name if re.match(r"[a-z]", name) else f"page-{name}"[:36].strip("-")


def _field_id(words: str) -> str:
    name = slug(words, "_")
    return name if re.match(r"[a-z]", name) else f"answer_{name}"[:36].strip("_")
