"""From the files of a package to a `Service`, or to every problem in them with its place and remedy."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from commonhall.engine import meaning
from commonhall.engine.checks import Shown
from commonhall.engine.definition import Example, ServiceDefinition
from commonhall.engine.package import Service
from commonhall.engine.problems import Problem, ServiceRefused
from commonhall.engine.source import Source, did_you_mean, read_yaml
from commonhall.engine.texts import flatten, holes_in, texts_of
from commonhall.engine.vocabulary import known_keys, root_of
from commonhall.engine.working_days import Calendar

FILES = ("service.yaml", "cy.yaml", "journeys.yaml", "CHANGELOG.md")
_EXAMPLES = TypeAdapter(list[Example])


def read_service(
    files: Mapping[str, str], calendars: Mapping[str, Calendar], folder: str = "", *, accepted: bool = False
) -> Service:
    """Read a package (file name to text). Raises `ServiceRefused`; `folder` begins the problems' paths.

    A package that was `accepted` once is refused only where it cannot be run: what the checker has learnt to mind
    since then must not close a site, nor keep a case from its back office.
    """
    prefix = f"{folder.rstrip('/')}/" if folder else ""
    if "service.yaml" not in files:
        missing = Problem(
            f"{prefix}service.yaml", 1, 1, "there is no service.yaml", "a service is a folder that has one"
        )
        raise ServiceRefused((missing,))
    source, problems = read_yaml(f"{prefix}service.yaml", files["service.yaml"])
    definition = _definition(source, problems)
    if definition is None:
        raise ServiceRefused(tuple(sorted(set(problems))))
    welsh = _welsh(definition, files, prefix, problems)
    examples = _examples(definition, files, prefix, problems)
    _changelog(definition, files, prefix, problems)
    broken: list[Problem] = []
    compiled = meaning.compile_definition(definition, source, welsh, calendars, broken, problems)
    refused = [*broken, *(() if accepted and compiled else problems)]
    if refused or compiled is None:
        raise ServiceRefused(tuple(sorted(set(refused))))
    fields = {part.id: part for page in compiled.pages for part in page.fields}
    return Service(
        definition=definition,
        digest=digest_of({name: files[name] for name in sorted(files)}),
        files=dict(files),
        texts=compiled.texts,
        dialect=compiled.dialect,
        pages=compiled.pages,
        target=compiled.target,
        examples=tuple(examples),
        fields=fields,
        absent={name: value for part in fields.values() for name, value in part.bind(None).items()},
        holed={
            language: tuple(key for key, text in texts.items() if "{{" in text)
            for language, texts in compiled.texts.items()
        },
    )


def digest_of(content: Any) -> str:
    """A content's name: SHA-256 of its canonical JSON, in hexadecimal."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def _definition(source: Source, problems: list[Problem]) -> ServiceDefinition | None:
    if problems and not isinstance(source.data, dict):
        return None
    try:
        return ServiceDefinition.model_validate(source.data)
    except ValidationError as error:
        taken = {(problem.line, problem.column) for problem in problems}
        found = shape_problems(error, source)
        problems += [problem for problem in found if (problem.line, problem.column) not in taken]
        return None


def _welsh(
    definition: ServiceDefinition, files: Mapping[str, str], prefix: str, problems: list[Problem]
) -> dict[str, str]:
    """The Welsh texts by key; what is missing or names nothing is a problem."""
    name = f"{prefix}cy.yaml"
    if "cy" not in definition.languages:
        if "cy.yaml" in files:
            problems.append(
                Problem(name, 1, 1, "there is a cy.yaml, but `languages` has no cy", "add cy to languages")
            )
        return {}
    if "cy.yaml" not in files:
        problems.append(
            Problem(name, 1, 1, "`languages` names cy, but there is no cy.yaml", "write it or drop cy")
        )
        return {}
    source, found = read_yaml(name, files["cy.yaml"])
    problems += found
    if source.data is None and found:
        return {}
    if not isinstance(source.data, dict | None):
        problems.append(
            source.problem((), "this must be a map of texts", "see docs/service-language.md, cy.yaml")
        )
        return {}
    english = {text.key for text in texts_of(definition)}
    welsh: dict[str, str] = {}
    shown = Shown(definition)
    for key, text, where in flatten(source.data or {}):
        if key not in english:
            problems.append(
                source.problem(
                    where, f"'{key}' names no text of the service", did_you_mean(key, english), key=True
                )
            )
        elif not isinstance(text, str) or not text.strip():
            problems.append(
                source.problem(where, f"'{key}' is not a text", "write the Welsh text, in quotes if need be")
            )
        elif key in welsh:
            problems.append(source.problem(where, f"'{key}' is translated twice", "keep one", key=True))
        else:
            welsh[key] = text
            for hole in holes_in(text):
                fault = shown.fault(hole, key)
                if fault:
                    problems.append(source.problem(where, *fault))
    for key in sorted(english - welsh.keys()):
        parent = _nearest(source, key)
        missing = source.problem(parent, f"the Welsh text for '{key}' is missing", "add it")
        problems.append(replace(missing, about=tuple(key.split("."))))
    return welsh


def _nearest(source: Source, key: str) -> tuple[str | int, ...]:
    """The deepest place of a translation file that a missing key would be under."""
    steps = tuple(key.split("."))
    while steps and steps not in source.values:
        steps = steps[:-1]
    return steps


def _examples(
    definition: ServiceDefinition, files: Mapping[str, str], prefix: str, problems: list[Problem]
) -> list[Example]:
    name = f"{prefix}journeys.yaml"
    if "journeys.yaml" not in files:
        problems.append(Problem(name, 1, 1, "there is no journeys.yaml", "give at least one example journey"))
        return []
    source, found = read_yaml(name, files["journeys.yaml"])
    problems += found
    if found:
        return []
    try:
        examples = _EXAMPLES.validate_python(source.data)
    except ValidationError as error:
        problems += shape_problems(error, source)
        return []
    if not examples:
        problems.append(Problem(name, 1, 1, "there is no example", "give at least one example journey"))
    for i, example in enumerate(examples):
        _check_example(definition, example, i, source, problems)
    return examples


def _check_example(
    definition: ServiceDefinition, example: Example, i: int, source: Source, problems: list[Problem]
) -> None:
    """Whether the pages, questions and settings that an example names are there."""
    pages = [page.id for page in definition.pages]
    ends = ["submitted", *(page.id for page in definition.pages if page.exit)]
    fields = [part.id for page in definition.pages for part in page.fields]
    named: list[tuple[tuple[str | int, ...], str, str, list[str]]] = [
        ((i, "ends"), "end", example.ends, ends),
        *(((i, "path", j), "page", page, pages) for j, page in enumerate(example.path or ())),
        *(((i, "answers", name), "question", name, fields) for name in example.answers),
        *(((i, "settings", name), "setting", name, list(definition.settings)) for name in example.settings),
    ]
    for where, what, name, known in named:
        if name not in known:
            message = f"there is no {what} '{name}'"
            at_key = what in {"question", "setting"}
            problems.append(source.problem(where, message, did_you_mean(name, known), key=at_key))


def _changelog(
    definition: ServiceDefinition, files: Mapping[str, str], prefix: str, problems: list[Problem]
) -> None:
    text = files.get("CHANGELOG.md", "")
    if definition.version not in text:
        problem = f"CHANGELOG.md does not speak of version {definition.version}"
        problems.append(Problem(f"{prefix}CHANGELOG.md", 1, 1, problem, "say what this version changes"))


_PLAIN = {
    "missing": "'{key}' is missing",
    "extra_forbidden": "'{key}' is not a word of the language here",
    "literal_error": "'{value}' is not allowed; it must be {expected}",
    "union_tag_invalid": "'{value}' is not a type; it must be one of {expected_tags}",
    "union_tag_not_found": "'type' is missing",
    "string_pattern_mismatch": "'{value}' does not have the right form ({pattern})",
    "string_too_short": "this must not be empty",
    "string_too_long": "this is over {max_length} characters",
    "too_short": "this needs at least {min_length}, and has {actual_length}",
    "too_long": "this may hold at most {max_length}, and has {actual_length}",
    "greater_than_equal": "{value} is too small; it must be {ge} or more",
    "less_than_equal": "{value} is too big; it must be {le} or less",
    "date_from_datetime_parsing": "'{value}' is not a date",
}
_WANTED = {
    "string_type": "words",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a map",
    "model_type": "a map",
    "model_attributes_type": "a map",
    "date_type": "a date, like 2026-03-09",
    "date_parsing": "a date, like 2026-03-09",
    "date_from_datetime_parsing": "a date, like 2026-03-09",
    "date_from_datetime_inexact": "a date, like 2026-03-09",
}
_KINDS = {
    dict: "a map",
    list: "a list",
    str: "words",
    int: "a number",
    float: "a number",
    bool: "true or false",
}
_REMEDIES = {
    "missing": "add it",
    "union_tag_not_found": "add a `type`",
    "union_tag_invalid": "see docs/service-language.md, Fields",
    "string_too_short": "write it, or take the key away",
}


def shape_problems(
    error: ValidationError, source: Source, under: tuple[str | int, ...] = (), root: Any = None
) -> list[Problem]:
    """What does not have the shape of the language, in plain words, at its place.

    `under` is where in the file the validated part stands; `root` its shape, where it is not the engine's own.
    """
    shape = root or root_of(error.title)
    faults: dict[tuple[str | int, ...], list[tuple[Any, str | int]]] = {}
    for fault in error.errors(include_url=False):
        where, last = _locate(source.data, under, fault["loc"])
        faults.setdefault(where, []).append((fault, last))
    problems: list[Problem] = []
    for where, here in faults.items():
        plain = [(fault, last) for fault, last in here if fault["type"] not in _WANTED]
        deeper = any(len(other) > len(where) and other[: len(where)] == where for other in faults)
        if not plain and deeper:
            continue  # of a union, the member that the data meant says what is wrong inside
        if not plain:
            wanted = " or ".join(dict.fromkeys(_WANTED[fault["type"]] for fault, _ in here))
            message = f"this must be {wanted}, not {_kind(here[0][0].get('input'))}"
            problems.append(source.problem(where, message, "see docs/service-language.md for what goes here"))
        for fault, last in plain:
            kind = fault["type"]
            remedy = _REMEDIES.get(kind, "correct it")
            if kind == "extra_forbidden":
                inside = where[len(under) : -1]
                remedy = did_you_mean(str(last), known_keys(shape, inside, _at(source.data, under)))
            at_key = kind == "extra_forbidden" or last == "[key]"
            found = source.problem(where, _sentence(fault, last), remedy, key=at_key)
            problems.append(replace(found, about=(*where, last)) if kind == "missing" else found)
    return list(dict.fromkeys(problems))


def _sentence(fault: Any, last: str | int) -> str:
    given = fault.get("input")
    if fault["type"] == "union_tag_invalid" and isinstance(given, dict):
        given = given.get("type")
    template = _PLAIN.get(fault["type"])
    if template is None:
        return f"{fault['msg'][:1].lower()}{fault['msg'][1:]}"
    value = str(given) if len(str(given)) <= 60 else f"{str(given)[:60]}…"
    return template.format(**{"key": last, **fault.get("ctx", {}), "value": value})


def _kind(given: Any) -> str:
    if isinstance(given, str):
        return f"the words '{given[:40]}'" if given else "nothing"
    return _KINDS.get(type(given), "nothing" if given is None else "that")


def _at(data: Any, where: tuple[str | int, ...]) -> Any:
    here: Any = data
    for step in where:
        here = here[step]
    return here


def _locate(
    data: Any, under: tuple[str | int, ...], loc: tuple[str | int, ...]
) -> tuple[tuple[str | int, ...], str | int]:
    """Where in the file a fault is; pydantic's path also names the types chosen, which no file has."""
    where: tuple[str | int, ...] = ()
    here: Any = data
    last: str | int = loc[-1] if loc else ""
    named = False
    for step in (*under, *loc):
        if isinstance(here, dict) and here.get("type") == step and not named:
            named = True
            continue
        if not _has(here, step):
            continue
        here = here[step]
        where = (*where, step)
        named = False
    return where, last


def _has(here: Any, step: str | int) -> bool:
    if isinstance(here, list):
        return isinstance(step, int) and step < len(here)
    return isinstance(here, dict) and step in here
