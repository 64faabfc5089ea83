"""What a definition means: names that agree, logic that compiles, texts that can be filled in.

Everything that can be known without a person or a council is settled here, once, when a package is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cel_expr_python import cel

from commonhall.engine import definition as d
from commonhall.engine.expressions import (
    BOOL,
    DOUBLE,
    INT,
    STRING,
    STRINGS,
    Dialect,
    Expression,
    ExpressionRefused,
    names_in,
)
from commonhall.engine.fields.base import Choice, CompiledField
from commonhall.engine.fields.compile import compile_field, variables_of
from commonhall.engine.package import CompiledCheck, CompiledPage
from commonhall.engine.problems import Problem
from commonhall.engine.source import Source, Where, did_you_mean
from commonhall.engine.texts import FILLED_WITH_ANSWERS, KeyedText, holes_in, is_reference, texts_of
from commonhall.engine.working_days import Calendar

_SETTING_TYPES = {"integer": INT, "money": INT, "number": DOUBLE, "boolean": BOOL, "options": STRINGS}
_RESERVED = "as break const continue else false for function if import in let loop null package"
_CEL_WORDS = frozenset(f"{_RESERVED} namespace return true var void while".split(" "))


@dataclass(frozen=True, slots=True)
class Compiled:
    """What the reader makes of a definition."""

    texts: Mapping[str, Mapping[str, str]]
    dialect: Dialect
    pages: tuple[CompiledPage, ...]
    target: Expression | int | None


def compile_definition(
    definition: d.ServiceDefinition,
    source: Source,
    welsh: Mapping[str, str],
    calendars: Mapping[str, Calendar],
    problems: list[Problem],
) -> Compiled | None:
    """Check and compile; problems are added to `problems`, and None means that nothing could be compiled."""
    before = len(problems)
    check_names(definition, source, problems)
    keyed = texts_of(definition)
    texts: dict[str, Mapping[str, str]] = {"en": {text.key: text.text for text in keyed}}
    if "cy" in definition.languages:
        texts["cy"] = welsh
    variables = setting_variables(definition)
    for page in definition.pages:
        for part in page.fields:
            variables |= variables_of(part.id, part)
    check_texts(definition, keyed, welsh, variables, source, problems)
    if len(problems) > before and any("stands twice" in problem.message for problem in problems[before:]):
        return None
    dialect = Dialect(variables, calendars)
    compiler = PageCompiler(dialect, source, problems, default_choices(definition, texts))
    visible = set(setting_variables(definition)) | {"today"}
    pages = []
    for i, page in enumerate(definition.pages):
        pages.append(compiler.page(page, f"pages.{page.id}", ("pages", i), visible, ""))
        for part in page.fields:
            visible |= variables_of(part.id, part).keys()
    target: Expression | int | None = None
    if isinstance(definition.case.target_working_days, str):
        where: Where = ("case", "target_working_days")
        target = compiler.expression(definition.case.target_working_days, where, visible, (INT,))
    else:
        target = definition.case.target_working_days
    return Compiled(texts, dialect, tuple(pages), target)


def setting_variables(definition: d.ServiceDefinition) -> dict[str, cel.Type]:
    """The CEL variables of the settings, with their types."""
    return {f"settings.{name}": _SETTING_TYPES.get(s.type, STRING) for name, s in definition.settings.items()}


def default_choices(
    definition: d.ServiceDefinition, texts: Mapping[str, Mapping[str, str]]
) -> dict[str, tuple[Choice, ...]]:
    """The options of every choosing field by its text key; a setting's default where it names one."""
    found: dict[str, tuple[Choice, ...]] = {}

    def gather(parts: list[d.FieldPart], key: str) -> None:
        for part in parts:
            field_key = f"{key}.fields.{part.id}"
            options = getattr(part, "options", None)
            if isinstance(options, str):
                setting = definition.settings.get(options.removeprefix("settings."))
                default = setting.default if isinstance(setting, d.OptionsSetting) else None
                found[field_key] = tuple(
                    _choice(o, f"{options}.options.{o.code}", texts) for o in default or ()
                )
            elif isinstance(options, list):
                found[field_key] = tuple(_choice(o, f"{field_key}.options.{o.code}", texts) for o in options)
            if isinstance(part, d.ListField):
                gather(list(part.fields), field_key)

    for page in definition.pages:
        gather(list(page.fields), f"pages.{page.id}")
    return found


def _choice(option: d.Option, key: str, texts: Mapping[str, Mapping[str, str]]) -> Choice:
    label = {language: texts[language].get(key, option.label) for language in texts}
    hint = {language: texts[language].get(f"{key}.hint", option.hint or "") for language in texts}
    for words in (label, hint):
        words.setdefault("cy", words["en"])
    return Choice(option.code, label, hint)


class PageCompiler:
    """Compiles pages against one dialect, and says what cannot be."""

    def __init__(
        self,
        dialect: Dialect,
        source: Source,
        problems: list[Problem],
        choices: dict[str, tuple[Choice, ...]],
    ) -> None:
        self.dialect = dialect
        self.source = source
        self.problems = problems
        self.choices = choices

    def page(self, page: d.Page, key: str, where: Where, visible: set[str], prefix: str) -> CompiledPage:
        """Compile one page; `visible` is what its condition may read; `prefix` is '' or 'local.'."""
        fields = tuple(
            compile_field(f"{prefix}{part.id}", f"{key}.fields.{part.id}", part, self.choices)
            for part in page.fields
        )
        when = self.expression(page.when, (*where, "when"), visible, (BOOL,)) if page.when else None
        own = visible | {name for part in page.fields for name in variables_of(f"{prefix}{part.id}", part)}
        checks = []
        for i, check in enumerate(page.checks):
            place = (*where, "checks", i)
            require = self.expression(check.require, (*place, "require"), own, (BOOL,))
            beside = self._beside(check, fields, place, prefix)
            if require and beside:
                checks.append(CompiledCheck(require, f"{key}.checks.{check.id or i}.message", beside))
        page_id = page.id if not prefix else f"local-{page.id}"
        return CompiledPage(page_id, key, fields, when, tuple(checks), page.exit, page.counts_as)

    def _beside(
        self, check: d.Check, fields: tuple[CompiledField, ...], place: Where, prefix: str
    ) -> CompiledField | None:
        if not fields:
            message = "a check needs a question on the same page to stand beside"
            self.problems.append(
                self.source.problem(place, message, "move it to the page whose answer it checks")
            )
            return None
        if check.field is None:
            return fields[0]
        for compiled in fields:
            if compiled.id == f"{prefix}{check.field}":
                return compiled
        remedy = did_you_mean(check.field, [compiled.id for compiled in fields])
        self.problems.append(
            self.source.problem((*place, "field"), f"this page does not ask '{check.field}'", remedy)
        )
        return None

    def expression(
        self, text: str, where: Where, visible: set[str], expected: tuple[cel.Type, ...]
    ) -> Expression | None:
        """Compile one expression; a name that exists but is asked only later is explained."""
        try:
            compiled = self.dialect.compile(text, expected)
        except ExpressionRefused as refused:
            names = sorted(self.dialect.variables)
            for fault in refused.faults:
                unknown = re.search(r"nothing is called '([^']+)'", fault.message)
                remedy = (
                    did_you_mean(unknown.group(1), names)
                    if unknown
                    else "see docs/service-language.md, Logic"
                )
                shift = fault.column - 1 if fault.line == 1 else 0
                self.problems.append(self.source.problem(where, fault.message, remedy, column_shift=shift))
            return None
        later = sorted(
            name for name in names_in(text) if name in self.dialect.variables and name not in visible
        )
        for name in later:
            message = (
                f"'{name}' is asked on this page or a later one, so this condition could turn in a circle"
            )
            self.problems.append(self.source.problem(where, message, "use only answers of earlier pages"))
        return None if later else compiled


def check_names(definition: d.ServiceDefinition, source: Source, problems: list[Problem]) -> None:
    """Ids that are unique, references that lead somewhere, pages that are whole."""
    pages = [page.id for page in definition.pages]
    _unique(pages, "page", ("pages",), source, problems)
    fields = [(part, page, ("pages", i, "fields", j)) for i, page in enumerate(definition.pages)
              for j, part in enumerate(page.fields)]  # fmt: skip
    seen: set[str] = set()
    for part, page, where in fields:
        if part.id in seen:
            problems.append(
                source.problem((*where, "id"), f"the field '{part.id}' stands twice", "rename one")
            )
        seen.add(part.id)
        check_field(definition, part, page, where, source, problems)
    for i, page in enumerate(definition.pages):
        _check_page(page, ("pages", i), source, problems)
    _unique([place.id for place in definition.places], "place", ("places",), source, problems)
    for i, place in enumerate(definition.places):
        if place.after not in pages:
            remedy = did_you_mean(place.after, pages)
            problems.append(
                source.problem(("places", i, "after"), f"there is no page '{place.after}'", remedy)
            )
    _check_case(definition, {part.id: part for part, _, _ in fields}, source, problems)
    for name, setting in definition.settings.items():
        if name in _CEL_WORDS:
            problems.append(
                source.problem(("settings", name), f"'{name}' is a word of CEL", "rename it", key=True)
            )
        if isinstance(setting, d.OptionsSetting) and setting.default is not None:
            codes = [option.code for option in setting.default]
            _unique(codes, "option", ("settings", name, "default"), source, problems)


def _check_page(page: d.Page, where: Where, source: Source, problems: list[Problem]) -> None:
    if page.exit and page.fields:
        problems.append(
            source.problem((*where, "fields"), "an exit page asks nothing", "take the fields away")
        )
    if page.exit and not page.when:
        problems.append(source.problem(where, f"the exit '{page.id}' ends every journey", "say `when`"))
    if page.exit and not page.body:
        problems.append(source.problem(where, f"the exit '{page.id}' gives no next step", "say it in `body`"))
    if not page.exit and not page.fields:
        problems.append(
            source.problem(where, f"the page '{page.id}' asks nothing", "add fields, or `exit: true`")
        )
    checks = [check.id for check in page.checks if check.id]
    _unique(checks, "check", (*where, "checks"), source, problems)
    if page.id in {"start", "check", "confirmation", "feedback"}:
        problems.append(
            source.problem((*where, "id"), f"the page id '{page.id}' is the platform's own", "rename it")
        )


def check_field(
    definition: d.ServiceDefinition, part: d.FieldPart, page: d.Page, where: Where, source: Source,
    problems: list[Problem],
) -> None:  # fmt: skip
    """One field: its label, options, limits and pattern."""
    if part.id in _CEL_WORDS or part.id == "local":
        problems.append(source.problem((*where, "id"), f"'{part.id}' is a reserved word", "rename the field"))
    if len(page.fields) > 1 and part.label is None:
        problems.append(
            source.problem(where, f"'{part.id}' needs a label", "a page with several fields labels each")
        )
    options = getattr(part, "options", None)
    if isinstance(options, str):
        setting = definition.settings.get(options.removeprefix("settings."))
        if not isinstance(setting, d.OptionsSetting):
            known = [
                f"settings.{n}" for n, s in definition.settings.items() if isinstance(s, d.OptionsSetting)
            ]
            message = f"'{options}' is not a setting of type options"
            problems.append(source.problem((*where, "options"), message, did_you_mean(options, known)))
    elif isinstance(options, list):
        if not options:
            problems.append(source.problem((*where, "options"), "there is no option", "add some"))
        _unique([option.code for option in options], "option", (*where, "options"), source, problems)
    low, high = getattr(part, "min", None), getattr(part, "max", None)
    if low is not None and high is not None and low > high:
        problems.append(source.problem((*where, "min"), f"min {low} is more than max {high}", "swap them"))
    if isinstance(part, d.TextField) and part.pattern:
        _check_pattern(part, where, source, problems)
    if isinstance(part, d.DateField) and part.past and part.future:
        problems.append(source.problem(where, "no date is both past and future", "keep one"))
    if isinstance(part, d.ListField):
        names = [sub.id for sub in part.fields]
        _unique(names, "field", (*where, "fields"), source, problems)
        for i, sub in enumerate(part.fields):
            if sub.label is None:
                place = (*where, "fields", i)
                problems.append(source.problem(place, f"'{sub.id}' needs a label", "add one"))


def _check_pattern(part: d.TextField, where: Where, source: Source, problems: list[Problem]) -> None:
    try:
        re.compile(part.pattern or "")
    except re.error as error:
        problems.append(
            source.problem((*where, "pattern"), f"not a regular expression: {error}", "correct it")
        )
        return
    if re.search(r"[+*}]\)?[+*{]", part.pattern or "") or re.search(r"\\[1-9]", part.pattern or ""):
        message = "a repeat inside a repeat, or a back reference, can take for ever on a hostile answer"
        problems.append(source.problem((*where, "pattern"), message, "write it without"))
    if part.pattern_message is None:
        problems.append(source.problem(where, f"'{part.id}' has a pattern but no pattern_message", "add one"))


def _check_case(
    definition: d.ServiceDefinition,
    fields: Mapping[str, d.FieldPart],
    source: Source,
    problems: list[Problem],
) -> None:
    wanted = {
        ("case", "contact", "name"): (definition.case.contact.name, ("name", "text")),
        ("case", "contact", "email"): (definition.case.contact.email, ("email",)),
        ("case", "contact", "phone"): (definition.case.contact.phone, ("phone",)),
        ("case", "location"): (definition.case.location, ("address", "map-location")),
    }
    for where, (name, types) in wanted.items():
        if name is None:
            continue
        part = fields.get(name)
        if part is None:
            problems.append(source.problem(where, f"there is no field '{name}'", did_you_mean(name, fields)))
        elif getattr(part, "type", "") not in types:
            message = f"the field '{name}' is of type {getattr(part, 'type', '?')}, not {' or '.join(types)}"
            problems.append(source.problem(where, message, "name another field"))


def check_texts(
    definition: d.ServiceDefinition,
    keyed: list[KeyedText],
    welsh: Mapping[str, str],
    variables: Mapping[str, cel.Type],
    source: Source,
    problems: list[Problem],
) -> None:
    """Wording keys that exist, and holes in texts that can be filled where they stand."""
    keys = {text.key: text for text in keyed}
    for i, key in enumerate(definition.wording):
        if key not in keys:
            problems.append(
                source.problem(
                    ("wording", i), f"'{key}' names no text of the service", did_you_mean(key, keys)
                )
            )
    exits = {f"pages.{page.id}" for page in definition.pages if page.exit}
    answers = {f"answers.{part.id}" for page in definition.pages for part in page.fields} | set(variables)
    for text in keyed:
        for language, words in (("", text.text), ("Welsh ", welsh.get(text.key, ""))):
            for hole in holes_in(words):
                fault = hole_fault(hole, text.key, set(variables), answers, exits)
                if fault:
                    problems.append(source.problem(text.where, f"{language}{fault[0]}", fault[1]))


def hole_fault(
    hole: str, key: str, variables: set[str], answers: set[str], exits: set[str]
) -> tuple[str, str] | None:
    """Why a text may not name this, and what to do; None where it may."""
    if not is_reference(hole):
        return f"'{{{{ {hole} }}}}' is not a plain name", "texts hold no logic: name a setting or an answer"
    if hole.startswith("settings."):
        return None if hole in variables else (f"nothing is called '{hole}'", did_you_mean(hole, variables))
    if hole not in answers:
        return f"nothing is called '{hole}'", did_you_mean(hole, answers)
    on_exit = any(key.startswith(f"{page}.") for page in exits)
    if FILLED_WITH_ANSWERS.fullmatch(key) and (on_exit or not key.startswith("pages.")):
        return None
    return f"'{key}' cannot show an answer", "only case.summary, confirmation.body and exit pages can"


def _unique(names: list[str], what: str, where: Where, source: Source, problems: list[Problem]) -> None:
    seen: set[str] = set()
    for i, name in enumerate(names):
        if name in seen:
            problems.append(
                source.problem((*where, i), f"the {what} '{name}' stands twice", "rename one of them")
            )
        seen.add(name)
