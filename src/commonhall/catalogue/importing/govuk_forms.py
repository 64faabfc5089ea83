"""A form document of GOV.UK Forms: steps with one question each, and routes by the answer to a selection.

The format is that of the forms-api's form document (https://github.com/alphagov/forms-api): `steps`, or `pages` in older
ones, with `data`, `answer_settings` and `routing_conditions`. Texts may be words, or a map of languages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from commonhall.catalogue.importing.form import (
    ALWAYS,
    Choice,
    Condition,
    Form,
    Question,
    Said,
    Step,
    Words,
    must_fit,
)
from commonhall.catalogue.importing.routes import Jump, exit_after, first_that_fits, follow
from commonhall.catalogue.importing.taking import line, lines, mapping, maps, truth, word

SYSTEM = "GOV.UK Forms"
TYPES: Mapping[str, str] = {
    "text": "text, or textarea where it is long",
    "name": "name, or text for each part of it",
    "organisation_name": "text",
    "email": "email",
    "phone_number": "phone",
    "national_insurance_number": "national-insurance-number",
    "address": "address; textarea where it may be abroad",
    "date": "date",
    "number": "number",
    "selection": "radios, select (over 30 options) or checkboxes",
    "file": "",
}
"""Every type of answer of the system, with what it becomes; '' for what is left out."""
MANY = 30
"""Above so many options, GOV.UK Forms lets people search instead of showing them all."""
LONGEST, LONGEST_LINES = 499, 4999
"""How many characters GOV.UK Forms takes in one line, and in several."""
NONE = "none_of_the_above"
_NONE_WORDS = Words("None of the above", "Dim un o’r rhain")
_REASONS: Mapping[str, str] = {
    "payment_url": "a link to pay: services take no payments yet",
    "submission_email": "who gets the answers: choose a connector when a council adopts it",
    "privacy_policy_url": "the privacy notice is in the footer of each council’s site",
    "support_email": "how to get help is on each council’s site",
    "support_phone": "how to get help is on each council’s site",
    "support_url": "how to get help is on each council’s site",
    "s3_bucket_name": "who gets the answers: choose a connector when a council adopts it",
}


def is_govuk_form(data: Any) -> bool:
    """Whether this is a form document, alone or in its envelope."""
    found = _document(data)
    steps = maps(found.get("steps")) or maps(found.get("pages"))
    return bool(steps) and any(
        "question_text" in _data(step) or "answer_type" in _data(step) for step in steps
    )


def _document(data: Any) -> Mapping[str, Any]:
    given = mapping(data)
    return mapping(given["content"]) if isinstance(given.get("content"), Mapping) else given


def _data(step: Mapping[str, Any]) -> Mapping[str, Any]:
    return mapping(step["data"]) if "data" in step else step


def read_govuk_form(data: Any) -> Form:
    """The form that a document says."""
    document = _document(data)
    form = Form(SYSTEM, line(document.get("name")) or Words("A form"))
    given = _in_order(maps(document.get("steps")) or maps(document.get("pages")))
    must_fit(len(given))
    places = [f"question {number} “{line(_data(step).get('question_text')).en[:80]}”"
              for number, step in enumerate(given, start=1)]  # fmt: skip
    steps = [_step(form, step, place) for step, place in zip(given, places, strict=True)]
    form.steps = _routed(form, given, steps)
    declaration = lines(document.get("declaration_markdown")) or lines(document.get("declaration_text"))
    if declaration:
        form.steps.append(_declaration(declaration))
    form.confirmation = lines(document.get("what_happens_next_markdown")) or lines(
        document.get("what_happens_next_text")
    )
    for key, why in _REASONS.items():
        if line(document.get(key)):
            form.left(key, why)
    return form


def _in_order(steps: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """By their positions, where each has one."""
    positions = [step.get("position") for step in steps]
    if all(isinstance(one, int) for one in positions):
        return sorted(steps, key=lambda step: step["position"])
    return steps


def _declaration(statement: Words) -> Step:
    label = Words("Declaration", "Datganiad")
    question = Question("declaration", "declaration", label, "declaration", texts={"statement": statement})
    return Step(label, "declaration", [question])


# -- questions -------------------------------------------------------------------------------------------------------


def _step(form: Form, given: Mapping[str, Any], place: str) -> Step:
    data = _data(given)
    key = _id(given)
    text = line(data.get("question_text")) or Words("Question")
    one = Question(
        key, "text", text, place, hint=line(data.get("hint_text")), optional=truth(data.get("is_optional"))
    )
    title = line(data.get("page_heading")) or text
    page = Step(title, place, [one], body=lines(data.get("guidance_markdown")))
    settings = mapping(data.get("answer_settings"))
    kind = word(data.get("answer_type"))
    if kind == "file" or kind not in TYPES:
        form.left(
            place, f"it asks for a {kind or 'thing that has no type'}, which services cannot ask for yet"
        )
        page.questions = []
        return page
    _KINDS[kind](form, page, one, settings)
    if truth(data.get("is_repeatable")) and page.questions:
        _repeat(form, page, key)
    return page


def _id(given: Mapping[str, Any]) -> str:
    return word(given.get("id")) or word(given.get("external_id"))


def _text(_form: Form, _page: Step, one: Question, settings: Mapping[str, Any]) -> None:
    if word(settings.get("input_type")) == "long_text":
        one.type, one.more = "textarea", {"max_length": LONGEST_LINES}
    else:
        one.more = {"max_length": LONGEST}


def _plain(kind: str, **more: Any) -> Any:
    def put(_form: Form, _page: Step, one: Question, _settings: Mapping[str, Any]) -> None:
        one.type, one.more = kind, dict(more)

    return put


def _number(form: Form, _page: Step, one: Question, _settings: Mapping[str, Any]) -> None:
    one.type, one.more = "number", {"decimals": 2}
    form.changed(one.place, "any number was taken; now two decimals at most: say how many")


def _date(_form: Form, _page: Step, one: Question, settings: Mapping[str, Any]) -> None:
    one.type = "date"
    if word(settings.get("input_type")) == "date_of_birth":
        one.more = {"past": True, "autocomplete": "bday"}


def _address(form: Form, _page: Step, one: Question, settings: Mapping[str, Any]) -> None:
    where = mapping(settings.get("input_type"))
    if truth(where.get("international_address")):
        one.type = "textarea"
        form.changed(one.place, "addresses abroad were taken: it is lines of text now")
    else:
        one.type = "address"


_PARTS: Mapping[str, tuple[tuple[str, Words, str, bool], ...]] = {
    "first_and_last_name": (
        ("first", Words("First name", "Enw cyntaf"), "given-name", False),
        ("last", Words("Last name", "Cyfenw"), "family-name", False),
    ),
    "first_middle_and_last_name": (
        ("first", Words("First name", "Enw cyntaf"), "given-name", False),
        ("middle", Words("Middle names", "Enwau canol"), "additional-name", True),
        ("last", Words("Last name", "Cyfenw"), "family-name", False),
    ),
}


def _name(_form: Form, page: Step, one: Question, settings: Mapping[str, Any]) -> None:
    one.type = "name"
    parts = list(_PARTS.get(word(settings.get("input_type")), ()))
    if truth(settings.get("title_needed")):
        parts = [("title", Words("Title", "Teitl"), "honorific-prefix", True), *parts]
        if len(parts) == 1:
            parts.append(("name", one.label, "name", False))
    if not parts:
        return
    page.hint = one.hint
    page.questions = [
        Question(
            f"{one.key}/{name}", "text", label, one.place, optional=one.optional or optional,
            more={"autocomplete": token},
        )
        for name, label, token, optional in parts
    ]  # fmt: skip


def _selection(form: Form, page: Step, one: Question, settings: Mapping[str, Any]) -> None:
    options = settings.get("selection_options")
    if isinstance(options, Mapping):  # in a document of several languages, each has its list
        english, welsh = maps(options.get("en")), maps(options.get("cy"))
    else:
        english, welsh = maps(options), []
    for number, option in enumerate(english):
        cy = welsh[number].get("name") if number < len(welsh) else None
        label = line(option.get("name")) if cy is None else line(option.get("name"), cy)
        one.choices.append(Choice(word(option.get("value")) or label.en, label))
    if not one.choices:
        form.left(one.place, "a selection without options")
        page.questions = []
        return
    if one.optional:
        one.choices.append(Choice(NONE, _NONE_WORDS))
        one.optional = False
    if truth(settings.get("only_one_option")):
        one.type = "select" if len(one.choices) > MANY else "radios"
    else:
        one.type = "checkboxes"
        if one.choices[-1].value == NONE:
            form.changed(one.place, "“None of the above” can be chosen together with others")


def _repeat(form: Form, page: Step, key: str) -> None:
    label = page.questions[0].label if len(page.questions) == 1 else page.title
    item = Words("answer", "ateb")
    page.questions = [
        Question(
            f"{key}/list", "list", label, page.place, columns=page.questions, texts={"item": item},
            more={"min": 0 if all(one.optional for one in page.questions) else 1, "max": 10},
        )
    ]  # fmt: skip
    form.changed(page.place, "up to 10 answers can be added; say what one is called")


_KINDS = {
    "text": _text,
    "name": _name,
    "organisation_name": _plain("text", autocomplete="organization"),
    "email": _plain("email"),
    "phone_number": _plain("phone"),
    "national_insurance_number": _plain("national-insurance-number"),
    "address": _address,
    "date": _date,
    "number": _number,
    "selection": _selection,
}


# -- routes ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Route:
    """A route: from the page of this index, on the answer to the page of that key."""

    start: int
    when: Condition
    given: Mapping[str, Any]
    place: str


def _routed(form: Form, given: list[Mapping[str, Any]], steps: list[Step]) -> list[Step]:
    """The pages with their conditions, and the ends that routes lead to."""
    index = {
        name: i for i, one in enumerate(given) for name in (_id(one), word(one.get("external_id"))) if name
    }
    routes = [route for i, one in enumerate(given) for route in _routes(form, i, one, index, steps)]
    jumps: list[Jump] = []
    ends: list[tuple[_Route, Step]] = []
    for start in range(len(steps)):
        mine = [route for route in routes if route.start == start]
        for route, (when, to) in zip(
            mine, first_that_fits([(one.when, _target(one, index, len(steps))) for one in mine]), strict=True
        ):
            end = _end(route)
            if end is not None:
                ends.append((route, end))
            elif to > start:
                jumps.append(Jump(start, to, when))
            else:
                form.left(route.place, "a route to a page that is not after it: say when pages are asked")
    follow(form, steps, jumps)
    found: list[Step] = []
    for i, step in enumerate(steps):
        found.append(step)
        for route, end in ends:
            if route.start == i:
                end.when = exit_after(steps, i, route.when)
                found.append(end)
    for extra, before in _others(form, given, steps):
        found.insert(found.index(before) + 1, extra)
    return found


def _routes(
    form: Form, start: int, given: Mapping[str, Any], index: Mapping[str, int], steps: list[Step]
) -> list[_Route]:
    found = []
    for number, one in enumerate(maps(given.get("routing_conditions")), start=1):
        place = f"{steps[start].place}, route {number}"
        value = line(one.get("answer_value")).en
        about = word(one.get("check_page_id")) or _id(given)
        if not value:
            # Without an answer it is for everybody who comes by: how the first of two branches goes past the second.
            found.append(_Route(start, ALWAYS, one, place))
            continue
        asked = steps[index[about]].questions if about in index else []
        if len(asked) != 1 or asked[0].type not in {"radios", "select"}:
            form.left(
                place, "a route on an answer that is not one of several options: say when pages are asked"
            )
            continue
        found.append(_Route(start, Said(asked[0].key, "==", _value(asked[0], value)), one, place))
    return found


def _value(asked: Question, value: str) -> str:
    """The value of an option that a route names by its words."""
    for choice in asked.choices:
        if value in {choice.value, choice.label.en}:
            return choice.value
    return value


def _target(route: _Route, index: Mapping[str, int], end: int) -> int:
    if truth(route.given.get("skip_to_end")):
        return end
    return index.get(word(route.given.get("goto_page_id")), -1)


def _end(route: _Route) -> Step | None:
    heading = line(route.given.get("exit_page_heading"))
    body = lines(route.given.get("exit_page_markdown"))
    if not heading and not body:
        return None
    heading = heading or Words("You cannot use this form", "Ni allwch ddefnyddio’r ffurflen hon")
    return Step(heading, route.place, body=body or heading, when=route.when, exit=True)


def _others(form: Form, given: list[Mapping[str, Any]], steps: list[Step]) -> list[tuple[Step, Step]]:
    """What is asked of those who chose none of the above, each with the page that it follows."""
    found = []
    for one, step in zip(given, steps, strict=True):
        asked = mapping(mapping(_data(one).get("answer_settings")).get("none_of_the_above_question"))
        text = line(asked.get("question_text"))
        if not text or not step.questions or step.questions[0].choices[-1:] != [Choice(NONE, _NONE_WORDS)]:
            continue
        about = step.questions[0]
        question = Question(
            f"{about.key}/none", "text", text, step.place, optional=truth(asked.get("is_optional")),
            more={"max_length": LONGEST},
        )  # fmt: skip
        when = Said(about.key, "has" if about.type == "checkboxes" else "==", NONE)
        form.changed(step.place, f"“{text.en}” is a page of its own, after “{_NONE_WORDS.en}”")
        found.append((Step(text, step.place, [question], when=when), step))
    return found
