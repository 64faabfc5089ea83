"""Adopt: a service and a council's choices give what that council runs, or every problem in the choices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from commonhall.engine import definition as d
from commonhall.engine.expressions import Dialect
from commonhall.engine.fields.base import Choice, CompiledField
from commonhall.engine.fields.compile import compile_field, variables_of
from commonhall.engine.fields.numbers import show_money
from commonhall.engine.meaning import PageCompiler, check_field, default_choices, hole_fault
from commonhall.engine.package import Adopted, CompiledCheck, CompiledPage, Service
from commonhall.engine.problems import Problem, ServiceRefused
from commonhall.engine.reader import digest_of, shape_problems
from commonhall.engine.source import Source, Where, did_you_mean
from commonhall.engine.texts import Texts, fill, holes_in, page_texts
from commonhall.engine.working_days import Calendar

_CHOICES = TypeAdapter(d.Choices)


@dataclass(frozen=True, slots=True)
class Adopter:
    """Who adopts: the nation whose bank holidays count, and the languages that the council offers."""

    nation: str
    languages: tuple[str, ...]


def adopt(
    service: Service,
    choices: Mapping[str, Any],
    adopter: Adopter,
    calendars: Mapping[str, Calendar],
    source: Source | None = None,
    under: Where = (),
) -> Adopted:
    """Compile a service as one council runs it. Raises `ServiceRefused` with every problem.

    `choices` is plain data in the shape of `Choices`; `source` and `under` say where it was written, if it
    was written in a file.
    """
    where = source or Source("choices", dict(choices), {}, {})
    try:
        chosen = _CHOICES.validate_python(choices)
    except ValidationError as error:
        raise ServiceRefused(tuple(shape_problems(error, where, under))) from None
    work = _Adoption(service, chosen, adopter, where, under)
    adopted = work.run(calendars)
    if work.problems:
        raise ServiceRefused(tuple(sorted(set(work.problems))))
    return adopted


class _Adoption:
    """One adoption in the making."""

    def __init__(
        self, service: Service, choices: d.Choices, adopter: Adopter, source: Source, under: Where
    ) -> None:
        self.service = service
        self.choices = choices
        self.adopter = adopter
        self.source = source
        self.under = under
        self.problems: list[Problem] = []
        self.own: dict[str, dict[str, str]] = {language: {} for language in adopter.languages}

    def say(self, where: Where, message: str, remedy: str, *, key: bool = False) -> None:
        self.problems.append(self.source.problem((*self.under, *where), message, remedy, key=key))

    def run(self, calendars: Mapping[str, Calendar]) -> Adopted:
        definition = self.service.definition
        if (self.choices.service, self.choices.version) != (definition.id, definition.version):
            there = f"{definition.id} {definition.version}"
            self.say(
                ("version",),
                f"these choices are for {self.choices.service} {self.choices.version}",
                f"not {there}",
            )
        languages = tuple(self.adopter.languages)
        for language in languages:
            if language not in definition.languages:
                self.say((), f"the service is not written in '{language}'", "offer it only in its languages")
        settings, options = self.settings()
        self.wording(set(definition.wording))
        bound = {f"settings.{name}": _bound(value) for name, value in settings.items()}
        pages = self.pages(options, calendars)
        fields = {part.id: part for page in pages for part in page.fields}
        # Words not given are '' and lists are [], so that a condition may ask after them.
        absent = {name: value for part in fields.values() for name, value in part.bind(None).items()}
        self.fill_settings(settings, options, languages)
        digest = digest_of(
            [self.service.digest, self.choices.model_dump(mode="json"), self.adopter.nation, list(languages)]
        )
        return Adopted(
            service=self.service,
            choices=self.choices,
            nation=self.adopter.nation,
            languages=languages,
            digest=digest,
            settings=settings,
            bound=absent | bound,
            texts=Texts(self.service.texts, self.own),
            pages=pages,
            fields=fields,
        )

    # -- settings ---------------------------------------------------------------------------------------

    def settings(self) -> tuple[dict[str, Any], dict[str, tuple[Choice, ...]]]:
        """The value of every setting, and the options of those that hold options."""
        known = self.service.definition.settings
        for name in self.choices.settings.keys() - known.keys():
            self.say(("settings", name), f"there is no setting '{name}'", did_you_mean(name, known), key=True)
        values: dict[str, Any] = {}
        options: dict[str, tuple[Choice, ...]] = {}
        for name, setting in known.items():
            given = self.choices.settings.get(name)
            if isinstance(setting, d.OptionsSetting):
                chosen = self.options(name, setting, given)
                options[name] = chosen
                values[name] = [choice.code for choice in chosen]
            elif given is None:
                if setting.default is None:
                    self.say(
                        ("settings",),
                        f"the setting '{name}' has no default",
                        f"give a value: {setting.label}",
                    )
                values[name] = setting.default
            else:
                values[name] = self.value(name, setting, given)
        return values, options

    def value(self, name: str, setting: d.Setting, given: Any) -> Any:
        """One plain setting, checked against its type and limits."""
        where: Where = ("settings", name)
        if isinstance(setting, d.TextSetting):
            words = self.local(given, where)
            for language, text in words.items():
                if len(text) > setting.max_length:
                    self.say(where, f"'{name}' is over {setting.max_length} characters", "shorten it")
                self.own.get(language, {})[f"settings.{name}.default"] = text
            return words.get("en", "")
        kinds: dict[type[Any], tuple[type[Any] | tuple[type[Any], ...], str]] = {
            d.BooleanSetting: (bool, "true or false"),
            d.IntegerSetting: (int, "a whole number"),
            d.MoneySetting: (int, "whole pence"),
            d.NumberSetting: ((int, float), "a number"),
        }
        kind, words_for = kinds[type(setting)]
        if not isinstance(given, kind) or (
            isinstance(given, bool) and not isinstance(setting, d.BooleanSetting)
        ):
            self.say(where, f"'{name}' must be {words_for}, not {given!r}", f"correct it: {setting.label}")
            return None
        low, high = getattr(setting, "min", None), getattr(setting, "max", None)
        if low is not None and given < low:
            self.say(where, f"'{name}' is {given}, but at least {low} is allowed", "raise it")
        if high is not None and given > high:
            self.say(where, f"'{name}' is {given}, but at most {high} is allowed", "lower it")
        return given

    def options(self, name: str, setting: d.OptionsSetting, given: Any) -> tuple[Choice, ...]:
        """The options of a setting: the council's own list, or the default with its translations."""
        where: Where = ("settings", name)
        if given is None:
            if setting.default is None:
                self.say(
                    ("settings",), f"the setting '{name}' has no default", f"give a list: {setting.label}"
                )
                return ()
            key = f"settings.{name}.options"
            shared = self.service.texts
            return tuple(
                Choice(
                    option.code,
                    {lang: self._shared(shared, lang, f"{key}.{option.code}") for lang in ("en", "cy")},
                    {lang: self._shared(shared, lang, f"{key}.{option.code}.hint") for lang in ("en", "cy")},
                )
                for option in setting.default
            )
        if not isinstance(given, list) or not all(isinstance(option, dict) for option in given):
            self.say(where, f"'{name}' must be a list of options", "write - {code: …, label: …}")
            return ()
        if not setting.min <= len(given) <= setting.max:
            self.say(where, f"'{name}' needs {setting.min} to {setting.max} options", f"it has {len(given)}")
        return self.local_options(given, where)

    def _shared(self, shared: Mapping[str, Mapping[str, str]], language: str, key: str) -> str:
        return shared.get(language, {}).get(key) or shared["en"].get(key, "")

    def local_options(self, given: list[dict[str, Any]], where: Where) -> tuple[Choice, ...]:
        """Options written by a council, with texts in its languages."""
        made: list[Choice] = []
        for i, raw in enumerate(given):
            try:
                option = d.Option(code=raw.get("code", ""), label="-")
            except ValidationError:
                self.say(
                    (*where, i),
                    f"the option code {raw.get('code')!r} is not allowed",
                    "use letters, digits, - and _",
                )
                continue
            if raw.keys() - {"code", "label", "hint"} or "label" not in raw:
                self.say(
                    (*where, i),
                    f"the option '{option.code}' needs code and label",
                    "an option has code, label, hint",
                )
                continue
            if any(option.code == other.code for other in made):
                self.say((*where, i), f"the option '{option.code}' stands twice", "keep one")
                continue
            label = self.local(raw["label"], (*where, i, "label"))
            hint = self.local(raw["hint"], (*where, i, "hint")) if raw.get("hint") else {}
            made.append(
                Choice(
                    option.code,
                    {lang: label.get(lang) or label.get("en", "") for lang in ("en", "cy")},
                    {lang: hint.get(lang) or hint.get("en", "") for lang in ("en", "cy")},
                )
            )
        return tuple(made)

    def local(self, given: Any, where: Where) -> dict[str, str]:
        """A text of the council's own: plain, or one for each language that it offers."""
        words = {"en": given} if isinstance(given, str) else given
        if not isinstance(words, dict) or not all(
            isinstance(text, str) and text.strip() for text in words.values()
        ):
            self.say(where, "this must be a text, or one for each language", "write {en: …, cy: …}")
            return {}
        for language in words.keys() - {"en", "cy"}:
            self.say((*where, language), f"'{language}' is not a language here", "use en and cy", key=True)
        if isinstance(given, dict):
            for language in self.adopter.languages:
                if language not in words:
                    self.say(where, f"the text has no '{language}'", f"the council offers {language}: add it")
        return {language: str(text) for language, text in words.items()}

    # -- wording and texts ------------------------------------------------------------------------------

    def wording(self, allowed: set[str]) -> None:
        """The council's own words, only where the service marks them as wording."""
        for language, texts in self.choices.wording.items():
            for key, text in texts.items():
                where: Where = ("wording", language, key)
                if key not in allowed:
                    known = key in self.service.texts["en"]
                    remedy = (
                        "the service does not mark it as wording" if known else did_you_mean(key, allowed)
                    )
                    self.say(where, f"'{key}' cannot be changed", remedy, key=True)
                elif language in self.own:
                    self.own[language][key] = text
                    self.check_holes(text, key, where)

    def check_holes(self, text: str, key: str, where: Where) -> None:
        variables = set(self.service.dialect.variables)
        exits = {page.key for page in self.service.pages if page.exit}
        answers = {f"answers.{part.id}" for page in self.service.pages for part in page.fields} | variables
        for hole in holes_in(text):
            fault = hole_fault(hole, key, variables, answers, exits)
            if fault:
                self.say(where, *fault)

    def fill_settings(
        self,
        settings: Mapping[str, Any],
        options: Mapping[str, tuple[Choice, ...]],
        languages: tuple[str, ...],
    ) -> None:
        """Write the settings' values into every text that names one."""
        kinds = self.service.definition.settings
        for language in languages:
            own = self.own[language]
            texts = {**self.service.texts.get(language, {}), **own}

            def words(name: str, language: str = language) -> str | None:
                setting = name.removeprefix("settings.")
                if setting == name or setting not in kinds:
                    return None
                return show_setting(
                    kinds[setting], settings[setting], options.get(setting, ()), language, self.own, setting
                )

            for key, text in texts.items():
                filled = fill(text, words)
                if filled != text:
                    own[key] = filled

    # -- pages ------------------------------------------------------------------------------------------

    def pages(
        self, options: Mapping[str, tuple[Choice, ...]], calendars: Mapping[str, Calendar]
    ) -> tuple[CompiledPage, ...]:
        """The service's pages with this council's options, and its own pages at their places."""
        shared = [self.with_options(page, options) for page in self.service.pages]
        if not self.choices.extra_questions:
            return tuple(shared)
        places = {place.id: place.after for place in self.service.definition.places}
        extra: dict[str, list[CompiledPage]] = {}
        for i, question in enumerate(self.choices.extra_questions):
            where: Where = ("extra_questions", i)
            if question.place not in places:
                self.say(
                    (*where, "place"),
                    f"there is no place '{question.place}'",
                    did_you_mean(question.place, places),
                )
                continue
            page = self.extra_page(question, (*where, "page"), places[question.place], calendars)
            if page is not None:
                extra.setdefault(places[question.place], []).append(page)
        return tuple(one for page in shared for one in (page, *extra.get(page.id, ())))

    def with_options(self, page: CompiledPage, options: Mapping[str, tuple[Choice, ...]]) -> CompiledPage:
        """A page with the council's options; a page that offers none of them is shared as it is."""
        if not any(isinstance(getattr(part.definition, "options", None), str) for part in _all(page.fields)):
            return page
        by_key = {
            part.key: options[part.definition.options.removeprefix("settings.")]  # type: ignore[attr-defined]
            for part in _all(page.fields)
            if isinstance(getattr(part.definition, "options", None), str)
        }
        by_key |= {
            part.key: part.choices for part in _all(page.fields) if part.choices and part.key not in by_key
        }
        fields = tuple(compile_field(part.id, part.key, part.definition, by_key) for part in page.fields)
        beside = {part.id: part for part in fields}
        checks = tuple(CompiledCheck(c.require, c.message, beside[c.field.id]) for c in page.checks)
        return CompiledPage(page.id, page.key, fields, page.when, checks, page.exit, page.counts_as)

    def extra_page(
        self, question: d.ExtraQuestion, where: Where, after: str, calendars: Mapping[str, Calendar]
    ) -> CompiledPage | None:
        """A council's own page, read by the same rules as a shared one."""
        english = self.split_languages(question.page, where)
        try:
            page = d.Page.model_validate(english["en"])
        except ValidationError as error:
            self.problems += shape_problems(error, self.source, (*self.under, *where))
            return None
        if page.exit or not page.fields:
            self.say(
                where, "an extra page asks at least one question and ends nothing", "add fields, drop exit"
            )
            return None
        definition = self.service.definition
        for j, part in enumerate(page.fields):
            check_field(
                definition, part, page, (*self.under, *where, "fields", j), self.source, self.problems
            )
        key = f"local.{page.id}"
        for language in self.adopter.languages:
            tree = english.get(language, english["en"])
            try:
                translated = d.Page.model_validate(tree)
            except ValidationError:
                translated = page
            self.own[language] |= {text.key: text.text for text in page_texts(translated, key, ())}
        variables = dict(self.service.dialect.variables)
        for part in page.fields:
            variables |= variables_of(f"local.{part.id}", part)
        choices = self._extra_choices(page, key)
        visible = {"today", *(name for name in variables if name.startswith("settings."))}
        for shared in definition.pages:
            for part in shared.fields:
                visible |= variables_of(part.id, part).keys()
            if shared.id == after:
                break
        compiler = PageCompiler(Dialect(variables, calendars), self.source, self.problems, choices)
        return compiler.page(page, key, (*self.under, *where), visible, "local.")

    def _extra_choices(self, page: d.Page, key: str) -> dict[str, tuple[Choice, ...]]:
        found = default_choices(
            d.ServiceDefinition.model_construct(settings={}, pages=[page]),
            {language: self.own[language] for language in self.adopter.languages}
            | {"en": self.own.get("en", {})},
        )
        renamed = {name.replace(f"pages.{page.id}", key, 1): options for name, options in found.items()}
        return {
            name: tuple(
                Choice(
                    choice.code,
                    {
                        lang: self.own.get(lang, {}).get(f"{name}.options.{choice.code}", choice.label["en"])
                        for lang in ("en", "cy")
                    },
                    choice.hint,
                )
                for choice in options
            )
            for name, options in renamed.items()
        }

    def split_languages(self, tree: Any, where: Where) -> dict[str, Any]:
        """One tree per language from a tree whose texts may be `{en: …, cy: …}`."""

        def pick(node: Any, language: str, at: Where) -> Any:
            if isinstance(node, dict):
                if "en" in node and node.keys() <= {"en", "cy"}:
                    if language not in node:
                        self.say(
                            at, f"the text has no '{language}'", f"the council offers {language}: add it"
                        )
                    return node.get(language, node["en"])
                return {name: pick(value, language, (*at, name)) for name, value in node.items()}
            if isinstance(node, list):
                return [pick(value, language, (*at, i)) for i, value in enumerate(node)]
            return node

        languages = {"en", *self.adopter.languages}
        return {language: pick(tree, language, where) for language in sorted(languages)}


def _all(fields: tuple[CompiledField, ...]) -> list[CompiledField]:
    return [one for part in fields for one in (part, *part.fields)]


def _bound(value: Any) -> Any:
    return "" if value is None else value


def show_setting(
    setting: d.Setting, value: Any, options: tuple[Choice, ...], language: str,
    own: Mapping[str, Mapping[str, str]], name: str,
) -> str:  # fmt: skip
    """A setting's value in words, for a text that names it."""
    if isinstance(setting, d.OptionsSetting):
        return ", ".join(option.label[language] for option in options)
    if isinstance(setting, d.TextSetting):
        return own.get(language, {}).get(f"settings.{name}.default") or str(value or "")
    if isinstance(setting, d.MoneySetting) and value is not None:
        return show_money(value)
    if isinstance(setting, d.BooleanSetting):
        return {"en": ("no", "yes"), "cy": ("nage", "ie")}[language][bool(value)]
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def defaults(service: Service, settings: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Choices with nothing chosen, to play a package by itself; `settings` fill what has no default."""
    return {"service": service.id, "version": service.version, "settings": dict(settings or {})}
