"""From the files of a package to a `Service`, or to every problem in them with its place and remedy."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from commonhall.engine import meaning
from commonhall.engine.definition import Example, ServiceDefinition
from commonhall.engine.package import Service
from commonhall.engine.problems import Problem, ServiceRefused
from commonhall.engine.source import Source, did_you_mean, read_yaml
from commonhall.engine.texts import flatten, texts_of
from commonhall.engine.vocabulary import known_keys
from commonhall.engine.working_days import Calendar

FILES = ("service.yaml", "cy.yaml", "journeys.yaml", "CHANGELOG.md")
_EXAMPLES = TypeAdapter(list[Example])


def read_service(files: Mapping[str, str], calendars: Mapping[str, Calendar], folder: str = "") -> Service:
    """Read a package (file name to text). Raises `ServiceRefused`; `folder` begins the problems' paths."""
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
    examples = _examples(files, prefix, problems)
    _changelog(definition, files, prefix, problems)
    compiled = meaning.compile_definition(definition, source, welsh, calendars, problems)
    if problems or compiled is None:
        raise ServiceRefused(tuple(sorted(set(problems))))
    return Service(
        definition=definition,
        digest=digest_of({name: files[name] for name in sorted(files)}),
        files=dict(files),
        texts=compiled.texts,
        dialect=compiled.dialect,
        pages=compiled.pages,
        target=compiled.target,
        examples=tuple(examples),
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
        problems += shape_problems(error, source)
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
    english = {text.key for text in texts_of(definition)}
    welsh: dict[str, str] = {}
    for key, text, where in flatten(source.data):
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
        else:
            welsh[key] = text
    for key in sorted(english - welsh.keys()):
        parent = _nearest(source, key)
        problems.append(source.problem(parent, f"the Welsh text for '{key}' is missing", "add it"))
    return welsh


def _nearest(source: Source, key: str) -> tuple[str | int, ...]:
    """The deepest place of a translation file that a missing key would be under."""
    steps = tuple(key.split("."))
    while steps and steps not in source.values:
        steps = steps[:-1]
    return steps


def _examples(files: Mapping[str, str], prefix: str, problems: list[Problem]) -> list[Example]:
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
    return examples


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
    "string_type": "this must be words, not {kind}",
    "int_type": "this must be a whole number, not {kind}",
    "int_parsing": "'{value}' is not a whole number",
    "bool_type": "this must be true or false",
    "bool_parsing": "'{value}' is not true or false",
    "list_type": "this must be a list, not {kind}",
    "dict_type": "this must be a map, not {kind}",
    "model_type": "this must be a map, not {kind}",
    "model_attributes_type": "this must be a map, not {kind}",
}
_KINDS = {
    dict: "a map",
    list: "a list",
    str: "words",
    int: "a number",
    float: "a number",
    bool: "true or false",
}


def shape_problems(
    error: ValidationError, source: Source, under: tuple[str | int, ...] = ()
) -> list[Problem]:
    """What does not have the shape of the language, in plain words, at its place."""
    problems: dict[tuple[Any, ...], Problem] = {}
    for fault in error.errors(include_url=False):
        where, key = _locate(source.data, under, fault["loc"])
        kind = fault["type"]
        given = fault.get("input")
        words = {
            "key": key,
            "value": given.get("type", given)
            if kind == "union_tag_invalid" and isinstance(given, dict)
            else given,
            "kind": _KINDS.get(type(given), "nothing" if given is None else "that"),
            **fault.get("ctx", {}),
        }
        template = _PLAIN.get(kind)
        message = template.format(**words) if template else f"{fault['msg'][:1].lower()}{fault['msg'][1:]}"
        remedy = ""
        if kind == "extra_forbidden":
            remedy = did_you_mean(str(key), known_keys(where[:-1], source.data))
        elif kind == "missing":
            remedy = "add it"
        at_key = kind == "extra_forbidden"
        problems.setdefault((where, message), source.problem(where, message, remedy, key=at_key))
    return list(problems.values())


def _locate(
    data: Any, under: tuple[str | int, ...], loc: tuple[str | int, ...]
) -> tuple[tuple[str | int, ...], str | int]:
    """Where in the file a fault is; pydantic's path also names the types chosen, which no file has."""
    where: tuple[str | int, ...] = ()
    here: Any = data
    last: str | int = loc[-1] if loc else ""
    for step in (*under, *loc):
        in_map = isinstance(here, dict) and step in here
        if in_map or (isinstance(here, list) and isinstance(step, int) and step < len(here)):
            here = here[step]
            where = (*where, step)
    return where, last
