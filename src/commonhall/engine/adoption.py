"""Adopt: a service and a council's choices give what that council runs, or every problem in the choices.

Councils share whatever they do not change: a page is compiled anew only where a council's options or words
stand in it, and only texts that differ are kept. So four hundred councils cost little more than one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from commonhall.engine.adopted_settings import Settings, read_settings, show_setting
from commonhall.engine.choices import Choices
from commonhall.engine.choosing import Choosing
from commonhall.engine.extra_questions import compile_extra_pages, read_extra_pages
from commonhall.engine.fields.base import Choice, CompiledField
from commonhall.engine.fields.compile import compile_field
from commonhall.engine.package import Adopted, CompiledCheck, CompiledPage, Service
from commonhall.engine.problems import ServiceRefused
from commonhall.engine.reader import digest_of, shape_problems
from commonhall.engine.source import Source, Where, did_you_mean
from commonhall.engine.texts import Texts, fill, holes_in
from commonhall.engine.working_days import Calendar

_CHOICES = TypeAdapter(Choices)


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
    *,
    accepted: bool = False,
) -> Adopted:
    """Compile a service as one council runs it. Raises `ServiceRefused` with every problem.

    Choices that were `accepted` once are refused only where they cannot be run (see `read_service`).

    `choices` is plain data in the shape of `Choices`; `source` and `under` say where it was written, if it
    was written in a file.
    """
    where = source or Source("choices", dict(choices), {}, {})
    try:
        chosen = _CHOICES.validate_python(choices)
    except ValidationError as error:
        raise ServiceRefused(tuple(shape_problems(error, where, under))) from None
    work = Choosing(service, chosen, adopter.nation, tuple(adopter.languages), where, under)
    _check_fit(work)
    if work.problems:
        raise ServiceRefused(tuple(sorted(set(work.problems))))
    adopted = _adopted(work, calendars)
    refused = [*work.problems, *(() if accepted else work.checks)]
    if refused:
        raise ServiceRefused(tuple(sorted(set(refused))))
    return adopted


def _check_fit(work: Choosing) -> None:
    """Whether these are choices for this service, and the service one for this council."""
    service, choices = work.service, work.choices
    if (choices.service, choices.version) != (service.id, service.version):
        work.say(
            ("version",),
            f"these choices are for {choices.service} {choices.version}, not {service.id} {service.version}",
            "choose the service and version that the settings are meant for",
        )
    if work.nation not in service.dialect.calendars:
        work.say((), f"'{work.nation}' is not a nation", did_you_mean(work.nation, service.dialect.calendars))
    for language in work.languages:
        if language not in service.definition.languages:
            work.say((), f"the service is not written in '{language}'", "offer it only in its languages")


def _adopted(work: Choosing, calendars: Mapping[str, Calendar]) -> Adopted:
    service = work.service
    _wording(work)
    settings = read_settings(work)
    extras = read_extra_pages(work)
    _fill_settings(work, settings)
    extra = compile_extra_pages(work, extras, settings, calendars)
    pages = _pages(work, settings, extra)
    local = [part for more in extra.values() for page in more for part in page.fields]
    fields = service.fields
    if pages is not service.pages:
        fields = {part.id: part for page in pages for part in page.fields}
    _check_mapping(work, fields)
    # Words not given are '' and lists are [], so that a condition may ask after them.
    absent = {name: value for part in local for name, value in part.bind(None).items()}
    bound = {f"settings.{name}": "" if value is None else value for name, value in settings.values.items()}
    languages = list(work.languages)
    return Adopted(
        service=service,
        choices=work.choices,
        nation=work.nation,
        languages=work.languages,
        digest=digest_of([service.digest, work.choices.model_dump(mode="json"), work.nation, languages]),
        settings=settings.values,
        bound={**service.absent, **absent, **bound},
        texts=Texts(service.texts, work.own),
        pages=pages,
        fields=fields,
    )


def _check_mapping(work: Choosing, fields: Mapping[str, CompiledField]) -> None:
    """Whether what is mapped to the back office's names is asked at all, and no two answers get one name."""
    mapping = work.choices.mapping
    names: dict[str, str] = {field: mapping.get(field, field) for field in fields}
    for name in mapping:
        where: Where = ("mapping", name)
        if name not in fields:
            work.say(where, f"the service has no answer '{name}'", did_you_mean(name, fields), key=True)
            continue
        twin = next((other for other in fields if other != name and names[other] == names[name]), None)
        if twin:
            message = f"'{name}' and '{twin}' are both called '{names[name]}' at the back office"
            work.say(where, message, "give each a name of its own")


def _wording(work: Choosing) -> None:
    """The council's own words, only where the service marks them as wording, in every language it offers."""
    allowed = set(work.service.definition.wording)
    given = work.choices.wording
    for language, texts in given.items():
        for key, text in texts.items():
            where: Where = ("wording", language, key)
            if key not in allowed:
                known = key in work.service.texts["en"]
                remedy = "the service does not mark it as wording" if known else did_you_mean(key, allowed)
                work.say(where, f"'{key}' cannot be changed", remedy, key=True)
                continue
            for other in work.languages:
                if key not in given.get(other, {}):  # type: ignore[call-overload]
                    work.say(
                        where, f"'{key}' has no own words in '{other}'", f"the council offers {other}: add it"
                    )
            for hole in holes_in(text):
                fault = work.shown.fault(hole, key)
                if fault:
                    work.say(where, *fault)
            if language in work.own:
                work.own[language][key] = text


def _fill_settings(work: Choosing, settings: Settings) -> None:
    """Write the settings' values into every text that names one; what names none stays shared."""
    kinds = work.service.definition.settings
    for language, own in work.own.items():
        shared = work.service.texts.get(language, {})
        values: dict[str, str] = {}
        for name, setting in kinds.items():
            key = f"settings.{name}.default"
            texts = {key: own.get(key) or shared.get(key) or ""}
            options = settings.options.get(name, ())
            values[f"settings.{name}"] = show_setting(
                setting, settings.values[name], options, language, texts, name
            )
        named = [key for key in work.service.holed.get(language, ()) if key not in own]
        for key in (*named, *own):
            text = own.get(key) or shared[key]
            filled = fill(text, values.get)
            if filled != text:
                own[key] = filled


def _pages(
    work: Choosing, settings: Settings, extra: Mapping[str, list[CompiledPage]]
) -> tuple[CompiledPage, ...]:
    """The service's pages with this council's options and words, and its own pages at their places."""
    touched = {
        key.rpartition(".options.")[0] if ".options." in key else key.removesuffix(".unit")
        for texts in work.own.values()
        for key in texts
        if ".options." in key or key.endswith(".unit")
    }
    touched |= {f"settings.{name}" for name in work.choices.settings}
    shared = [_anew(work, page, settings) if _touches(page, touched) else page for page in work.service.pages]
    if not extra and all(mine is theirs for mine, theirs in zip(shared, work.service.pages, strict=True)):
        return work.service.pages
    return tuple(one for page in shared for one in (page, *extra.get(page.id, ())))


def _touches(page: CompiledPage, touched: set[str]) -> bool:
    """Whether a field of the page, or a setting that holds its options, is among those that differ."""
    return bool(touched) and any(
        part.key in touched
        or (isinstance(named := getattr(part.definition, "options", None), str) and named in touched)
        for part in all_fields(page)
    )


def _anew(work: Choosing, page: CompiledPage, settings: Settings) -> CompiledPage:
    """A page with the council's options and words in its fields."""
    choices: dict[str, tuple[Choice, ...]] = {}
    units: dict[str, dict[str, str]] = {}
    for part in all_fields(page):
        options = getattr(part.definition, "options", None)
        if isinstance(options, str):
            choices[part.key] = settings.options[options.removeprefix("settings.")]
        elif part.choices:
            choices[part.key] = tuple(_reworded(work, part, choice) for choice in part.choices)
        if getattr(part.definition, "unit", None):
            key = f"{part.key}.unit"
            units[part.key] = {language: work.word(language, key) or "" for language in work.own}
    fields = tuple(
        compile_field(part.id, part.key, part.definition, choices, units=units) for part in page.fields
    )
    beside = {part.id: part for part in fields}
    checks = tuple(CompiledCheck(c.require, c.message, beside[c.field.id]) for c in page.checks)
    return CompiledPage(page.id, page.key, fields, page.when, checks, page.exit, page.counts_as)


def _reworded(work: Choosing, part: CompiledField, choice: Choice) -> Choice:
    key = f"{part.key}.options.{choice.code}"
    return Choice(
        choice.code,
        {language: work.word(language, key) or label for language, label in choice.label.items()},
        {language: work.word(language, f"{key}.hint") or hint for language, hint in choice.hint.items()},
    )


def all_fields(page: CompiledPage) -> list[CompiledField]:
    """The fields of a page, with the columns of its lists."""
    return [one for part in page.fields for one in (part, *part.fields)]


def defaults(service: Service, settings: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Choices with nothing chosen, to play a package by itself; `settings` fill what has no default."""
    return {"service": service.id, "version": service.version, "settings": dict(settings or {})}
