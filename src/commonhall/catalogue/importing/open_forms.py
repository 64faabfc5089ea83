"""A form as Open Forms exports it: a ZIP with forms.json, formSteps.json, formDefinitions.json and formLogic.json.

The format is that of https://github.com/open-formulieren/open-forms, `src/openforms/forms/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from commonhall.catalogue.importing.form import (
    ALWAYS,
    NEVER,
    Condition,
    Form,
    FormRefused,
    Question,
    Step,
    Words,
    all_of,
    any_of,
    must_fit,
    opposite,
)
from commonhall.catalogue.importing.open_components import Components, Found, components_of
from commonhall.catalogue.importing.open_logic import own_condition, trigger
from commonhall.catalogue.importing.steps import Item, split
from commonhall.catalogue.importing.taking import (
    filled_in,
    from_html,
    joined,
    line,
    mapping,
    maps,
    truth,
    whole,
    word,
)
from commonhall.catalogue.importing.values import Unreadable

SYSTEM = "Open Forms"
MEMBERS = ("forms.json", "formSteps.json", "formDefinitions.json", "formLogic.json")
"""The files of the ZIP that are read."""
ACTIONS: Mapping[str, str] = {
    "property": "hiding and showing a component; any other property is left out",
    "step-not-applicable": "the page’s condition",
    "step-applicable": "the page’s condition",
    "disable-next": "an end after the page",
    "value": "",
    "variable": "",
    "fetch-from-service": "",
    "evaluate-dmn": "",
    "set-registration-backend": "",
    "synchronize-variables": "",
}
"""Every action of a rule, with what it becomes; '' for what is left out."""
_CANNOT = Words("You cannot go on with this form", "Ni allwch barhau â’r ffurflen hon")
_CANNOT_BODY = Words(
    "What you have told us means that you cannot go on. Contact us if you think that this is wrong.",
    "Mae’r hyn rydych wedi’i ddweud wrthym yn golygu na allwch barhau. Cysylltwch â ni os ydych yn meddwl bod hyn yn anghywir.",
)


def read_open_form(files: Mapping[str, Any]) -> Form:
    """The form that the JSON of an export's files says. Raises `FormRefused`."""
    forms = maps(files.get("forms.json"))
    if len(forms) != 1:
        raise FormRefused(f"The export must hold one form, and has {len(forms)}. Export one form.")
    return _Reader(forms[0], files).read()


@dataclass(slots=True)
class _Part:
    """A component that asks or says something, with the rules that hide or show it."""

    found: Found
    part: Question | Words


@dataclass(slots=True)
class _Page:
    title: Words
    place: str
    given: Mapping[str, Any]
    parts: list[_Part]


class _Reader:
    def __init__(self, given: Mapping[str, Any], files: Mapping[str, Any]) -> None:
        self.given = given
        self.form = Form(SYSTEM, _translated(given, "name") or Words("A form"))
        self.components = Components(self.form)
        self.questions: dict[str, Question] = {}
        self.definitions = {word(one.get("uuid")): one for one in maps(files.get("formDefinitions.json"))}
        self.steps = sorted(maps(files.get("formSteps.json")), key=_number)
        self.rules = maps(files.get("formLogic.json"))
        self.hides: dict[str, list[Condition]] = {}
        self.shows: dict[str, list[Condition]] = {}
        self.skips: dict[str, list[Condition]] = {}
        self.asks: dict[str, list[Condition]] = {}
        self.stops: dict[str, list[Condition]] = {}

    def read(self) -> Form:
        """The form, its steps in order."""
        must_fit(len(self.steps))
        pages = [self._page(number, step) for number, step in enumerate(self.steps, start=1)]
        for number, rule in enumerate(sorted(self.rules, key=_number), start=1):
            self._rule(
                f"rule {number}"
                + (f" “{line(rule.get('description')).en[:80]}”" if rule.get("description") else ""),
                rule,
            )
        known = {word(part.found.given.get("key")) for page in pages for part in page.parts}
        known |= {word(one.get("key")) for page in pages for part in page.parts for one in part.found.holders}
        for key in sorted((self.hides.keys() | self.shows.keys()) - known):
            self.form.left("rules", f"one hides or shows '{key[:60]}', which is not there")
        for page in pages:
            self._write(page)
        self._texts()
        self._rest()
        return self.form

    # -- pages -------------------------------------------------------------------------------------------------------

    def _page(self, number: int, step: Mapping[str, Any]) -> _Page:
        definition = self.definitions.get(_last(step.get("form_definition")), {})
        title = _translated(definition, "name") or Words(f"Step {number}")
        page = _Page(title, f"step {number} “{title.en[:80]}”", step, [])
        if not definition:
            self.form.left(page.place, "its definition is not in the export")
        if truth(definition.get("login_required")):
            self.form.left(page.place, "people had to sign in for it")
        for found in components_of(mapping(definition.get("configuration")).get("components")):
            words = self.components.words(found.given)
            part = words if words is not None else self.components.question(found.given, page.place)
            if part is None:
                continue
            page.parts.append(_Part(found, part))
            if isinstance(part, Question):
                if part.key in self.questions:
                    self.form.changed(
                        part.place, f"'{part.key[:60]}' is asked twice: conditions speak of the first"
                    )
                self.questions.setdefault(part.key, part)
        return page

    def _write(self, page: _Page) -> None:
        items = [Item(one.part, self._shown(one.found, page.place)) for one in page.parts]
        items = [item for item in items if item.when != NEVER or self._hidden(item, page.place)]
        uuid = word(page.given.get("uuid"))
        skipped = any_of(self.skips.get(uuid, []))
        when: Condition = opposite(skipped)
        if page.given.get("is_applicable") is False:
            when = all_of([any_of(self.asks.get(uuid, [])), when])
        made = split(self.form, Step(page.title, page.place, when=when), items)
        for stop in self.stops.get(uuid, []):
            end = Step(_CANNOT, page.place, body=_CANNOT_BODY, when=all_of([when, stop]), exit=True)
            made.append(end)
            self.form.changed(
                page.place, "people could not go on from it: it is an end now; say why, and what to do"
            )
        self.form.steps += made

    def _hidden(self, item: Item, place: str) -> bool:
        if isinstance(item.part, Question):
            self.form.left(item.part.place, "it was never shown")
        elif item.part:
            self.form.left(place, f"words that were never shown: {item.part.en[:80]}")
        return False

    def _shown(self, found: Found, place: str) -> Condition:
        """When a component is shown: by its own condition, the rules, and those of all that hold it."""
        return all_of(self._alone(one, place) for one in (*found.holders, found.given))

    def _alone(self, given: Mapping[str, Any], place: str) -> Condition:
        key = word(given.get("key"))
        if word(given.get("type")) == "heading":
            return ALWAYS  # a fieldset's heading is shown with its fieldset, which is among its holders
        own: Condition | None = None
        try:
            own = own_condition(given, self.questions)
        except Unreadable as why:
            self.form.left(f"{place}, {key}", f"its condition: {why}; say when it is asked")
            own = ALWAYS
        if own is not None:
            return all_of([own, opposite(any_of(self.hides.get(key, [])))])
        if truth(given.get("hidden")):
            return any_of(self.shows.get(key, []))
        return opposite(any_of(self.hides.get(key, [])))

    # -- rules -------------------------------------------------------------------------------------------------------

    def _rule(self, place: str, rule: Mapping[str, Any]) -> None:
        actions = [(one, mapping(one.get("action"))) for one in maps(rule.get("actions"))]
        wanted = [(one, action) for one, action in actions if self._is_carried(place, one, action)]
        if not wanted:
            return
        try:
            when = trigger(rule.get("json_logic_trigger"), self.questions)
        except Unreadable as why:
            whom = ", ".join(word(one.get("component")) or word(action.get("type")) for one, action in wanted)
            self.form.left(place, f"{why}; it was about {whom}")
            return
        for one, action in wanted:
            kind = word(action.get("type"))
            step = word(one.get("form_step_uuid")) or _last(one.get("form_step"))
            if kind == "property":
                kept = self.hides if truth(action.get("state")) else self.shows
                kept.setdefault(word(one.get("component")), []).append(when)
            elif kind == "step-not-applicable":
                self.skips.setdefault(step, []).append(when)
            elif kind == "step-applicable":
                self.asks.setdefault(step, []).append(when)
            else:
                self._stop(place, step, when)

    def _stop(self, place: str, step: str, when: Condition) -> None:
        uuids = [word(one.get("uuid")) for one in self.steps]
        if step in uuids:
            self.stops.setdefault(step, []).append(when)
        elif uuids and not step:
            self.stops.setdefault(uuids[-1], []).append(when)
        else:
            self.form.left(place, "it stops people on a page that is not there")

    def _is_carried(self, place: str, one: Mapping[str, Any], action: Mapping[str, Any]) -> bool:
        kind = word(action.get("type"))
        if kind == "property" and word(mapping(action.get("property")).get("value")) == "hidden":
            return True
        if kind != "property" and ACTIONS.get(kind):
            return True
        what = word(mapping(action.get("property")).get("value")) or kind or "something of no type"
        whom = word(one.get("component")) or word(one.get("variable"))
        self.form.left(place, f"'{what}'{f' of {whom}' if whom else ''}: services have no rules for it")
        return False

    # -- the rest ----------------------------------------------------------------------------------------------------

    def _texts(self) -> None:
        intro = _translated_html(self.given, "explanation_template")
        page = _translated_html(self.given, "introduction_page_content")
        self.form.intro = joined(page, intro)
        self.form.confirmation = _translated_html(self.given, "submission_confirmation_template")
        for name in ("explanation_template", "introduction_page_content", "submission_confirmation_template"):
            for hole in filled_in(_texts_of(self.given, name)[0]):
                self.form.changed(name, f"'{hole}' was filled in there: say it in words")
        if not mapping(self.given.get("translations")).get("en"):
            self.form.changed(
                "words", "the form has no English marked as such: see that every text is in English"
            )

    def _rest(self) -> None:
        reasons = {
            "registration_backends": "where answers are sent: choose a connector when a council adopts it",
            "auth_backends": "people could sign in: see that nothing depends on it",
            "authentication_backends": "people could sign in: see that nothing depends on it",
            "payment_backend": "payment: services take none yet",
            "product": "a product with a price: services take no payments yet",
            "confirmation_email_template": "the words of the confirmation e-mail: councils have their own",
            "variables": "variables that are worked out",
        }
        for key, why in reasons.items():
            if self.given.get(key):
                self.form.left(key, why)
        if mapping(self.given.get("appointment_options")).get("is_appointment"):
            self.form.left("appointment_options", "appointments: services make none yet")


def _number(given: Mapping[str, Any]) -> int:
    for name in ("order", "index"):
        found = whole(given.get(name))
        if found is not None:
            return found
    return 0


def _last(url: Any) -> str:
    """The identifier at the end of an address."""
    return word(url).rstrip("/").rpartition("/")[2]


def _texts_of(given: Mapping[str, Any], name: str) -> tuple[Any, Any]:
    """A text in English, or as it is where there is none, and in Welsh."""
    translations = mapping(given.get("translations"))
    english = mapping(translations.get("en")).get(name) or given.get(name)
    return english, mapping(translations.get("cy")).get(name)


def _translated(given: Mapping[str, Any], name: str) -> Words:
    return line(*_texts_of(given, name))


def _translated_html(given: Mapping[str, Any], name: str) -> Words:
    return from_html(*_texts_of(given, name))
