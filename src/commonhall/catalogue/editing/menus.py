"""What conditions of a service may speak of, as menus offer it and as people read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from commonhall.catalogue.editing.conditions import OPERATORS, SAID, Row, Subject, takes

_KINDS = {
    "radios": "choice", "select": "choice", "checkboxes": "choices", "list": "rows", "money": "whole", "date": "date",
    "declaration": "yes", "text": "words", "textarea": "words", "email": "words", "phone": "words", "name": "words",
    "national-insurance-number": "words", "vehicle-registration": "words",
}  # fmt: skip
_PIECES = {
    "address": (("line1", "first line"), ("line2", "second line"), ("town", "town"), ("postcode", "postcode"),
                ("uprn", "property number")),
    "map-location": (("description", "description"), ("postcode", "postcode")),
}  # fmt: skip
_SETTINGS = {
    "integer": "whole", "money": "whole", "number": "number", "boolean": "yes", "options": "options",
    "text": "setting-words", "email": "setting-words", "phone": "setting-words", "url": "setting-words",
}  # fmt: skip


def subjects_of(definition: Mapping[str, Any], upto: int | None = None) -> list[Subject]:
    """What a condition may speak of: answers of the pages before index `upto` (None: of all), and the settings.

    `definition` is the plain data of `service.yaml`; what is not yet whole is passed over.
    """
    settings = _maps(definition.get("settings"))
    found = []
    pages = definition.get("pages")
    for page in (pages if isinstance(pages, list) else [])[:upto]:
        if not isinstance(page, dict):
            continue
        for part in page.get("fields") or ():
            if isinstance(part, dict) and isinstance(part.get("id"), str):
                found += _of_field(part, str(page.get("question") or page.get("id") or ""), settings)
    for name, setting in settings.items():
        kind = _SETTINGS.get(str(setting.get("type")))
        if kind is not None:
            options = _options(setting.get("default")) if kind == "options" else ()
            found.append(Subject(f"settings.{name}", str(setting.get("label") or name), kind, options))
    return found


def _of_field(part: Mapping[str, Any], question: str, settings: Mapping[str, Any]) -> list[Subject]:
    name, label, kind = f"answers.{part['id']}", str(part.get("label") or question), str(part.get("type"))
    if kind in _PIECES:
        return [Subject(f"{name}.{piece}", f"{label}: {said}", "words") for piece, said in _PIECES[kind]]
    if kind == "number":
        return [Subject(name, label, "number" if part.get("decimals") else "whole")]
    if kind not in _KINDS:
        return []
    given = part.get("options")
    if isinstance(given, str):
        given = settings.get(given.removeprefix("settings."), {}).get("default")
    return [Subject(name, label, _KINDS[kind], _options(given))]


def _options(given: Any) -> tuple[tuple[str, str], ...]:
    options = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    return tuple((str(one["code"]), str(one.get("label", one["code"]))) for one in options if "code" in one)


def _maps(given: Any) -> dict[str, dict[str, Any]]:
    return (
        {str(name): one for name, one in given.items() if isinstance(one, dict)}
        if isinstance(given, dict)
        else {}
    )


@dataclass(frozen=True, slots=True)
class Statement:
    """One entry of the menu: its key (`subject|operator|code`), what it says, and what else it takes."""

    key: str
    text: str
    takes: str = ""
    of: str = field(default="")


def menu(subjects: Iterable[Subject]) -> list[tuple[str, list[Statement]]]:
    """Everything that can be said, grouped by subject."""
    groups = []
    for subject in subjects:
        found: list[Statement] = []
        for operator in OPERATORS[subject.kind]:
            if takes(operator) != "code" or subject.kind in {"words", "setting-words"}:
                need = "words" if takes(operator) == "code" else takes(operator)
                said = SAID[operator] if not need or "…" in SAID[operator] else f"{SAID[operator]} …"
                found.append(Statement(f"{subject.name}|{operator}|", said, need))
            else:
                found += [
                    Statement(f"{subject.name}|{operator}|{code}", f"{SAID[operator]} “{label}”")
                    for code, label in subject.options
                ]
        groups.append((subject.label, found))
    return groups


def in_words(rows: Sequence[Row], subjects: Iterable[Subject]) -> str:
    """What the rows say, for a person."""
    known = {subject.name: subject for subject in subjects}
    said = []
    for i, row in enumerate(rows):
        subject = known[row.subject]
        text = SAID[row.operator]
        value = dict(subject.options).get(row.value, row.value)
        if row.value.startswith("settings.") and takes(row.operator) == "number":
            value = f"“{known[row.value].label}”" if row.value in known else row.value
        elif takes(row.operator) == "code":
            value = f"“{value}”"
        text = text.replace("…", value) if "…" in text else f"{text} {value}" if takes(row.operator) else text
        joined = "" if i == 0 else "or " if row.either else "and "
        said.append(f"{joined}“{subject.label}” {text}")
    return " ".join(said)
