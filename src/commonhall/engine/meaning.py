"""What a definition means: its logic compiled, its fields ready to run, its options in every language.

Everything that can be known without a person or a council is settled here, once, when a package is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cel_expr_python import cel

from commonhall.engine import definition as d
from commonhall.engine.checks import check_names, check_texts
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
from commonhall.engine.texts import texts_of
from commonhall.engine.working_days import Calendar

_SETTING_TYPES = {"integer": INT, "money": INT, "number": DOUBLE, "boolean": BOOL, "options": STRINGS}


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
    checks: list[Problem],
) -> Compiled | None:
    """Check and compile; None means that nothing could be compiled.

    What stands in the way of running is added to `problems`, what the checker alone minds to `checks`.
    """
    check_names(definition, source, checks)
    keyed = texts_of(definition)
    texts: dict[str, Mapping[str, str]] = {"en": {text.key: text.text for text in keyed}}
    if "cy" in definition.languages:
        texts["cy"] = welsh
    variables = setting_variables(definition)
    for page in definition.pages:
        for part in page.fields:
            variables |= variables_of(part.id, part)
    check_texts(definition, keyed, source, checks)
    if (problems or checks) and not _can_be_compiled(variables):
        return None
    dialect = Dialect(variables, calendars)
    compiler = PageCompiler(
        dialect, source, problems, default_choices(definition, texts), units_of(definition, texts)
    )
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


def _can_be_compiled(variables: Mapping[str, cel.Type]) -> bool:
    """Whether CEL takes these names at all: a field called `in` is told of by name, and ends the reading."""
    try:
        cel.NewEnv(variables=dict(variables))
    except (RuntimeError, TypeError):
        return False
    return True


TextsByLanguage = Mapping[str, Mapping[str, str]]


def default_choices(definition: d.ServiceDefinition, texts: TextsByLanguage) -> dict[str, tuple[Choice, ...]]:
    """The options of every choosing field by its text key; a setting's default where it names one."""
    named = {
        name: choices_from(setting.default or [], f"settings.{name}.options", texts)
        for name, setting in definition.settings.items()
        if isinstance(setting, d.OptionsSetting)
    }
    found: dict[str, tuple[Choice, ...]] = {}
    for page in definition.pages:
        found |= choices_of(page.fields, f"pages.{page.id}", texts, named)
    return found


def choices_of(
    parts: Iterable[d.FieldPart], key: str, texts: TextsByLanguage, named: Mapping[str, tuple[Choice, ...]]
) -> dict[str, tuple[Choice, ...]]:
    """The options of the choosing fields among `parts`, by text key; `named` are those of the settings."""
    found: dict[str, tuple[Choice, ...]] = {}
    for part in parts:
        field_key = f"{key}.fields.{part.id}"
        options = getattr(part, "options", None)
        if isinstance(options, str):
            found[field_key] = named.get(options.removeprefix("settings."), ())
        elif isinstance(options, list):
            found[field_key] = choices_from(options, f"{field_key}.options", texts)
        if isinstance(part, d.ListField):
            found |= choices_of(part.fields, field_key, texts, named)
    return found


def choices_from(options: Iterable[d.Option], key: str, texts: TextsByLanguage) -> tuple[Choice, ...]:
    """Options with their words in both languages; English where there is no Welsh."""
    english, welsh = texts.get("en", {}), texts.get("cy", {})
    made = []
    for option in options:
        label = english.get(f"{key}.{option.code}", option.label)
        hint = english.get(f"{key}.{option.code}.hint", option.hint or "")
        made.append(
            Choice(
                option.code,
                {"en": label, "cy": welsh.get(f"{key}.{option.code}", label)},
                {"en": hint, "cy": welsh.get(f"{key}.{option.code}.hint", hint)},
            )
        )
    return tuple(made)


def units_of(definition: d.ServiceDefinition, texts: TextsByLanguage) -> dict[str, dict[str, str]]:
    """The unit of every number that has one, in each language, by the text key of its field."""
    units: dict[str, dict[str, str]] = {}
    for language in ("cy", "en"):
        for key, text in texts.get(language, {}).items():
            if key.endswith(".unit") and key.startswith("pages."):
                units.setdefault(key.removesuffix(".unit"), {})[language] = text
    return units


class PageCompiler:
    """Compiles pages against one dialect, and says what cannot be."""

    def __init__(
        self,
        dialect: Dialect,
        source: Source,
        problems: list[Problem],
        choices: Mapping[str, tuple[Choice, ...]],
        units: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self.dialect = dialect
        self.source = source
        self.problems = problems
        self.choices = choices
        self.units = units or {}

    def page(self, page: d.Page, key: str, where: Where, visible: set[str], prefix: str) -> CompiledPage:
        """Compile one page; `visible` is what its condition may read; `prefix` is '' or 'local.'."""
        fields = tuple(
            compile_field(
                f"{prefix}{part.id}", f"{key}.fields.{part.id}", part, self.choices, units=self.units
            )
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
                place = (fault.line, fault.column)
                self.problems.append(self.source.problem(where, fault.message, remedy, inside=place))
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
