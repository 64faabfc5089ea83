"""A page of a service as JSON: everything that another platform needs to ask it as its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from commonhall.casework.journeys import Journey
from commonhall.engine.fields.base import Choice, CompiledField
from commonhall.engine.journey import details, label_of, show_text
from commonhall.engine.package import Adopted, CompiledPage


@dataclass(frozen=True, slots=True)
class Prose:
    """How words become pages: `html` makes CommonMark safe HTML, `escape` lets an answer stand in CommonMark as typed."""

    html: Callable[[str], str]
    escape: Callable[[str], str]


def page_of(
    adopted: Adopted,
    page: CompiledPage,
    answers: Mapping[str, Any],
    language: str,
    prose: Prose,
) -> dict[str, Any]:
    """A page of questions, or one at which the journey ends. Texts are CommonMark; `body_html` is safe to show."""
    text = _Texts(adopted, answers, language, prose)
    body = text.prose(f"{page.key}.body")
    shown: dict[str, Any] = {
        "id": page.id,
        "kind": "exit" if page.exit else "questions",
        "question": text.line(f"{page.key}.question"),
        "hint": text.line(f"{page.key}.hint"),
        "body": body,
        "body_html": prose.html(body) if body else None,
        "fields": [_field(adopted, page, part, answers.get(part.id), language) for part in page.fields],
    }
    if page.exit:
        shown["counts_as"] = page.counts_as
    return shown


class _Texts:
    def __init__(self, adopted: Adopted, answers: Mapping[str, Any], language: str, prose: Prose) -> None:
        self.adopted, self.answers, self.language, self._prose = adopted, answers, language, prose

    def line(self, key: str) -> str | None:
        if self.adopted.texts.get(self.language, key) is None:
            return None
        return show_text(self.adopted, key, self.answers, self.language)

    def prose(self, key: str) -> str | None:
        if self.adopted.texts.get(self.language, key) is None:
            return None
        return show_text(self.adopted, key, self.answers, self.language, self._prose.escape)


def _field(
    adopted: Adopted, page: CompiledPage, part: CompiledField, value: Any, language: str
) -> dict[str, Any]:
    texts = adopted.texts
    own = texts.get(language, f"{part.key}.label")
    shown: dict[str, Any] = {
        "id": part.id,
        "type": part.type,
        "label": label_of(adopted, page, part, language) if part in page.fields else own or part.id,
        "hint": texts.get(language, f"{part.key}.hint"),
        "optional": part.definition.optional,
        "schema": dict(part.schema),
        "value": value,
    }
    if part.definition.autocomplete:
        shown["autocomplete"] = part.definition.autocomplete
    for name in ("statement", "unit", "item"):
        found = texts.get(language, f"{part.key}.{name}")
        if found is not None:
            shown[name] = found
    if part.choices:
        shown["options"] = [_option(choice, language) for choice in part.choices]
    if part.fields:
        shown["fields"] = [_field(adopted, page, column, None, language) for column in part.fields]
    return shown


def _option(choice: Choice, language: str) -> dict[str, Any]:
    return {
        "code": choice.code,
        "label": choice.label.get(language, choice.label["en"]),
        "hint": choice.hint.get(language) or None,
    }


def state_of(journey: Journey, base: str, prose: Prose) -> dict[str, Any]:
    """Where a journey stands: `asking`, `exit`, `ready` or `submitted`, with the page that is next and how to go on.

    `base` is the address of the journeys of this council. `path` are the pages answered so far, each with its address.
    """
    here = f"{base}/{journey.id}"
    path = journey.path
    state: dict[str, Any] = {
        "journey": journey.id,
        "service": journey.service,
        "version": journey.adopted.service.version,
        "language": journey.language,
        "expires_at": journey.expires_at.isoformat(),
        "path": [{"page": page.id, "href": f"{here}/pages/{page.id}"} for page in path.pages],
        "links": {"self": here},
    }
    if journey.reference is not None:
        return {**state, "status": "submitted", **submitted_of(journey, prose)}
    following = path.current or path.exit
    if following is not None:
        back = path.before(following.id) or (path.pages[-1] if path.pages else None)
        state["status"] = "exit" if path.exit is not None else "asking"
        state["page"] = page_of(journey.adopted, following, journey.answers, journey.language, prose)
        state["links"] |= {"answer": f"{here}/pages/{following.id}"} if path.current else {}
        state["links"] |= {"back": f"{here}/pages/{back.id}"} if back else {}
        return state
    state["status"] = "ready"
    state["check"] = [
        {
            "page": row.page.id,
            "field": row.field.id,
            "question": row.question,
            "answer": "\n".join(row.lines),
            "href": f"{here}/pages/{row.page.id}",
        }
        for row in details(journey.adopted, path, journey.language)
    ]
    state["links"] |= {"submit": f"{here}/submit"}
    state["links"] |= {"back": f"{here}/pages/{path.pages[-1].id}"} if path.pages else {}
    return state


def submitted_of(journey: Journey, prose: Prose) -> dict[str, Any]:
    """What a person is told when a case is made."""
    adopted = journey.adopted
    text = _Texts(adopted, journey.path.answers, journey.language, prose)
    body = text.prose("confirmation.body")
    return {
        "reference": journey.reference,
        "confirmation": {"body": body, "body_html": prose.html(body) if body else None},
    }
