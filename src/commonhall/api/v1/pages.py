"""A page of a service as JSON: everything that another platform needs to ask it as its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from commonhall.api.v1.problems import told
from commonhall.casework.journeys import Journey
from commonhall.engine.fields.base import Choice, CompiledField
from commonhall.engine.intake import tell
from commonhall.engine.journey import can_be_followed, details, flat_answers, label_of, show_text
from commonhall.engine.package import Adopted, CompiledPage

ROOT = "/api/v1"
SERVICE_IN_SCOPE = "commonhall.service"
"""Where a request's scope says which service its journey is of, once that is known: its path does not."""


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
        "typed": _typed(page, answers),
    }
    if page.exit:
        shown["counts_as"] = page.counts_as
    return shown


def _typed(page: CompiledPage, answers: Mapping[str, Any]) -> dict[str, list[str]]:
    """What was answered, as the boxes of a form hold it."""
    found: dict[str, list[str]] = {}
    for part in page.fields:
        value = answers.get(part.id)
        if value is not None:
            found |= {name: list(texts) for name, texts in part.raw(value).items()}
    return found


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
    for name in ("width", "rows"):
        size = getattr(part.definition, name, None)
        if size is not None:
            shown[name] = size
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


def state_of(journey: Journey, site_url: str, prose: Prose) -> dict[str, Any]:
    """Where a journey stands: `asking`, `exit`, `ready` or `submitted`, with the page that is next and how to go on.

    `path` are the pages answered so far, each with its address; `errors` say why a page asks again what was answered.
    """
    here = f"{site_url}{ROOT}/journeys/{journey.id}"
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
        return {**state, "status": "submitted", **submitted_of(journey, site_url, prose)}
    following = path.current or path.exit
    if following is not None:
        back = path.before(following.id) or (path.pages[-1] if path.pages else None)
        state["status"] = "exit" if path.exit is not None else "asking"
        state["page"] = page_of(journey.adopted, following, journey.answers, journey.language, prose)
        if path.faults:
            state["errors"] = told(tell(journey.adopted, following, path.faults, journey.language))
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


def submitted_of(journey: Journey, site_url: str, prose: Prose) -> dict[str, Any]:
    """What a person is told when a case is made; `follow` is where they can see its progress, if they can."""
    adopted = journey.adopted
    # The stored answers are the contract's: those of the council's own questions stand under `local`.
    answers = flat_answers(journey.answers)
    body = _Texts(adopted, answers, journey.language, prose).prose("confirmation.body")
    case = "/cy/case/" if journey.language == "cy" else "/case/"
    return {
        "reference": journey.reference,
        "confirmation": {"body": body, "body_html": prose.html(body) if body else None},
        "follow": f"{site_url}{case}{journey.reference}" if can_be_followed(adopted, answers) else None,
    }


def start_of(adopted: Adopted, language: str, prose: Prose) -> dict[str, Any]:
    """What a service's start page says: what it is for, what to have at hand."""
    text = _Texts(adopted, {}, language, prose)
    intro = text.prose("start.intro") or ""
    need = range(len(adopted.service.definition.start.need))
    return {
        "intro": intro,
        "intro_html": prose.html(intro),
        "need": [text.line(f"start.need.{number}") for number in need],
    }
