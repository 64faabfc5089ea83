"""A council's own questions: pages at the places that a service names, read by the rules of shared pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from commonhall.engine import definition as d
from commonhall.engine.adopted_settings import Settings
from commonhall.engine.checks import check_field, unique
from commonhall.engine.choices import ExtraQuestion
from commonhall.engine.choosing import Choosing
from commonhall.engine.expressions import Dialect
from commonhall.engine.fields.compile import variables_of
from commonhall.engine.meaning import PageCompiler, choices_of, setting_variables
from commonhall.engine.package import CompiledPage
from commonhall.engine.reader import shape_problems
from commonhall.engine.source import Where, did_you_mean
from commonhall.engine.texts import holes_in, page_texts
from commonhall.engine.working_days import Calendar


@dataclass(frozen=True, slots=True)
class ExtraPage:
    """A council's page that has the right shape: after which shared page it comes, and where it was written."""

    page: d.Page
    after: str
    where: Where

    @property
    def key(self) -> str:
        """The start of its text keys."""
        return f"local.{self.page.id}"


def read_extra_pages(work: Choosing) -> list[ExtraPage]:
    """The council's pages, with their texts laid into `work.own`. Problems go to `work`."""
    places = {place.id: place.after for place in work.service.definition.places}
    found: list[ExtraPage] = []
    for i, question in enumerate(work.choices.extra_questions):
        where: Where = ("extra_questions", i)
        if question.place not in places:
            remedy = did_you_mean(question.place, places)
            work.say((*where, "place"), f"there is no place '{question.place}'", remedy)
            continue
        page = _read(work, question, (*where, "page"))
        if page is not None:
            found.append(ExtraPage(page, places[question.place], (*where, "page")))
    _no_doubles(work, found)
    return found


def _read(work: Choosing, question: ExtraQuestion, where: Where) -> d.Page | None:
    trees = {language: _pick(work, question.page, language, where) for language in work.own}
    try:
        page = d.Page.model_validate(trees["en"])
    except ValidationError as error:
        work.problems += shape_problems(error, work.source, (*work.under, *where))
        return None
    if page.exit or not page.fields:
        work.say(where, "an extra page asks at least one question and ends nothing", "add fields, drop exit")
        return None
    at: Where = (*work.under, *where)
    for j, part in enumerate(page.fields):
        check_field(work.service.definition, part, page, (*at, "fields", j), work.source, work.checks)
    unique([c.id for c in page.checks if c.id], "check", (*at, "checks"), work.source, work.checks)
    key = f"local.{page.id}"
    for language, tree in trees.items():
        for text in page_texts(d.Page.model_validate(tree), key, where):
            work.own[language][text.key] = text.text
            for hole in holes_in(text.text):
                fault = work.shown.fault(hole, text.key)
                if fault:
                    work.say(text.where, *fault)
    return page


def _no_doubles(work: Choosing, found: list[ExtraPage]) -> None:
    pages: set[str] = set()
    fields: set[str] = set()
    for extra in found:
        if extra.page.id in pages:
            work.say((*extra.where, "id"), f"the page '{extra.page.id}' stands twice", "rename one")
        pages.add(extra.page.id)
        for j, part in enumerate(extra.page.fields):
            if part.id in fields:
                place = (*extra.where, "fields", j, "id")
                work.say(place, f"the field '{part.id}' stands twice", "rename one")
            fields.add(part.id)


def _pick(work: Choosing, node: Any, language: str, at: Where) -> Any:
    """The tree in one language, from a tree whose texts may be `{en: …, cy: …}`."""
    if isinstance(node, dict):
        if "en" in node and node.keys() <= {"en", "cy"}:
            if language not in node:
                work.say(at, f"the text has no '{language}'", f"the council offers {language}: add it")
            # Half a translation must not hide what else is wrong with the page.
            given = node.get(language, node["en"])
            return given if isinstance(given, str) and given else node["en"]
        return {name: _pick(work, value, language, (*at, name)) for name, value in node.items()}
    if isinstance(node, list):
        return [_pick(work, value, language, (*at, i)) for i, value in enumerate(node)]
    return node


def compile_extra_pages(
    work: Choosing, extras: list[ExtraPage], settings: Settings, calendars: Mapping[str, Calendar]
) -> dict[str, list[CompiledPage]]:
    """The council's pages, ready to run, by the shared page that they come after."""
    made: dict[str, list[CompiledPage]] = {}
    for extra in extras:
        page = extra.page
        choices = choices_of(page.fields, extra.key, work.own, settings.options)
        units = {
            key.removesuffix(".unit"): {tongue: texts.get(key, text) for tongue, texts in work.own.items()}
            for key, text in work.own["en"].items()
            if key.startswith(f"{extra.key}.") and key.endswith(".unit")
        }
        compiler = PageCompiler(_dialect(work, page, calendars), work.source, work.problems, choices, units)
        ruled = page.when is not None or bool(page.checks)
        visible = _visible(work, extra.after) if ruled else set()
        compiled = compiler.page(page, extra.key, (*work.under, *extra.where), visible, "local.")
        made.setdefault(extra.after, []).append(compiled)
    return made


def _visible(work: Choosing, after: str) -> set[str]:
    """What a page at this place may read: the settings, and the answers of the shared pages before it."""
    definition = work.service.definition
    visible = {"today", *setting_variables(definition)}
    for shared in definition.pages:
        for part in shared.fields:
            visible |= variables_of(part.id, part).keys()
        if shared.id == after:
            break
    return visible


def _dialect(work: Choosing, page: d.Page, calendars: Mapping[str, Calendar]) -> Dialect:
    """The service's own dialect, unless this page has rules that name its own answers."""
    if not page.checks and page.when is None:
        return work.service.dialect
    variables = dict(work.service.dialect.variables)
    for part in page.fields:
        variables |= variables_of(f"local.{part.id}", part)
    return Dialect(variables, {work.nation: calendars[work.nation]})
