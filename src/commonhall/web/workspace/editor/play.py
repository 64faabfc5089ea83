"""Play a service that is being written, as a resident would walk it; keep the walk as an example. And see its pages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from markupsafe import Markup
from starlette.responses import Response

from commonhall.catalogue.editing import starting
from commonhall.catalogue.editing.looking import adopted_alone
from commonhall.catalogue.editing.patching import CannotEdit
from commonhall.engine.journey import Path, details, walk
from commonhall.engine.package import Adopted
from commonhall.engine.staff import Permission
from commonhall.web.responses import page_response
from commonhall.web.workspace.editor.shared import Writing, drawing, keep, last, with_service
from commonhall.web.workspace.shown import shown
from commonhall.web.workspace.tools import BOTH, Page, Room, StaffVisit, see


def pages(room: Room) -> list[Page]:
    """The player, and every page as residents see it."""
    views = _Play(room)
    write = Permission.WRITE_SERVICES
    return [
        Page("/editor/{draft}/play", with_service(room, views.play), write, BOTH),
        Page("/editor/{draft}/keep", with_service(room, views.keep), write, ("POST",)),
        Page("/editor/{draft}/preview/{language}/{page}", with_service(room, views.preview), write),
    ]


class _Play:
    def __init__(self, room: Room) -> None:
        self.room = room

    def _adopted(self, visit: StaffVisit, writing: Writing) -> Adopted | None:
        if writing.seen.service is None:
            return None
        return adopted_alone(writing.seen.service, visit.site.nation, self.room.tools.adopting.calendars)

    def _not_yet(self, visit: StaffVisit, writing: Writing) -> Response:
        text = "Something is wrong with the service: put it right first."
        return self.room.message(visit, 409, "Nothing to play yet", text, link=(writing.path, writing.name))

    async def preview(self, visit: StaffVisit, writing: Writing) -> Response:
        """One page as residents see it; nothing can be sent from it."""
        adopted = self._adopted(visit, writing)
        language, name = visit.params["language"], visit.params["page"]
        if adopted is None or language not in adopted.languages:
            return self._not_yet(visit, writing)
        body = self.room.tools.preview(visit.site, adopted, name, language)
        if body is None:
            return self.room.missing(visit)
        words = Markup('<strong>Preview</strong> Nothing is sent. <a href="{}">Back to the editor</a>')
        return page_response(visit.request, shown(body, words.format(writing.path), ""))

    async def play(self, visit: StaffVisit, writing: Writing) -> Response:
        """Ask the questions one after another. What was answered travels with the form; nothing is kept."""
        adopted = self._adopted(visit, writing)
        if adopted is None:
            return self._not_yet(visit, writing)
        if visit.request.method != "POST":
            today = self.room.tools.desk.today()
            return self.room.page(
                visit, "workspace/editor/begin.html", "Play the journey", back=writing.path, today=today.isoformat(),
                languages=list(adopted.languages), path=f"{writing.path}/play", errors=[],
            )  # fmt: skip
        form = await self.room.read_form(visit)
        state = _state(form)
        if state is None:
            return see(f"{writing.path}/play")
        answers, today, language = _fitting(adopted, state[0], state[1]), *state[1:]
        asked = (form.get("_page") or [""])[0]
        if asked:
            page = adopted.page(asked)
            given = {
                name: values
                for name, values in form.items()
                if name not in {"_answers", "_today", "_page", "_language"}
            }
            if page is None:
                return see(f"{writing.path}/play")
            body, accepted = self.room.tools.ask(visit.site, adopted, asked, language, answers, today, given)
            if body is not None:
                return self._ask(visit, writing, body, asked, answers, today, language)
            answers = {**answers, **accepted}
        path = walk(adopted, answers, today)
        if path.complete or path.exit is not None:
            return self._end(visit, writing, adopted, path, answers, today)
        if path.current is None:
            return see(f"{writing.path}/play")
        body, _ = self.room.tools.ask(visit.site, adopted, path.current.id, language, answers, today, None)
        return self._ask(visit, writing, body or b"", path.current.id, answers, today, language)

    def _ask(
        self, visit: StaffVisit, writing: Writing, body: bytes, asked: str, answers: Mapping[str, Any], today: date,
        language: str,
    ) -> Response:  # fmt: skip
        hidden = {
            "token": self.room.token(visit.session),
            "_answers": json.dumps(answers, ensure_ascii=False),
            "_today": today.isoformat(),
            "_language": language,
            "_page": asked,
        }
        words = Markup(
            '<strong>Playing</strong> {}. Nothing is sent. <a href="{}">Start again</a><a href="{}">Back to the editor</a>'
        )
        band = words.format(writing.name, f"{writing.path}/play", writing.path)
        return page_response(visit.request, shown(body, band, f"{writing.path}/play", hidden))

    def _end(
        self, visit: StaffVisit, writing: Writing, adopted: Adopted, path: Path, answers: Mapping[str, Any], today: date
    ) -> Response:  # fmt: skip
        walked = [page.id for page in path.pages] + ([path.exit.id] if path.exit else [])
        ends = path.exit.id if path.exit else "submitted"
        heading = adopted.texts.need("en", f"{path.exit.key}.question") if path.exit else ""
        kept = {
            name: answers[name] for page in path.pages for part in page.fields if (name := part.id) in answers
        }
        return self.room.page(
            visit,
            "workspace/editor/end.html",
            "The journey ends here",
            back=f"{writing.path}/play",
            writing=writing,
            heading=heading,
            exit=path.exit,
            details=[] if path.exit else details(adopted, path, "en"),
            answers=json.dumps(kept, ensure_ascii=False),
            today=today.isoformat(),
            ends=ends,
            walked=walked,
            steps=drawing(writing, writing.seen, (), (*walked, ends)),
            revision=writing.row.revision,
        )

    async def keep(self, visit: StaffVisit, writing: Writing) -> Response:
        """Keep a walk as an example of the package."""
        form = last(await self.room.read_form(visit))
        state = _state({name: [value] for name, value in form.items()})
        adopted = self._adopted(visit, writing)
        name = form.get("name", "").strip()[:200]
        if state is None or adopted is None or not name:
            text = "Say in a few words what happens in it. Go back with your browser's button."
            return self.room.message(
                visit, 400, "The example needs a name", text, link=(writing.path, writing.name)
            )
        answers, today = _fitting(adopted, state[0], state[1]), state[1]
        path = walk(adopted, answers, today)
        ends = path.exit.id if path.exit else "submitted" if path.complete else ""
        if not ends:
            return see(f"{writing.path}/play")
        walked = [page.id for page in path.pages] + ([path.exit.id] if path.exit else [])
        try:
            starting.new_example(writing.edit, name, today.isoformat(), answers, ends, walked)
        except CannotEdit as refused:
            return self.room.message(
                visit, 409, "The example cannot be kept", str(refused), link=(writing.path, writing.name)
            )
        stale = await keep(self.room, visit, writing, writing.edit, form, f"kept the example {name}"[:200])
        return stale or self.room.done(visit, writing.path, "Kept as an example")


def _state(form: Mapping[str, list[str]]) -> tuple[dict[str, Any], date, str] | None:
    """The answers so far, the day that it is, and the language; None for what this page never sent."""
    try:
        answers = json.loads((form.get("_answers") or ["{}"])[0])
        today = date.fromisoformat((form.get("_today") or [""])[0])
    except (ValueError, RecursionError):
        return None
    language = (form.get("_language") or ["en"])[0]
    if not isinstance(answers, dict) or language not in {"en", "cy"}:
        return None
    return answers, today, language


def _fitting(adopted: Adopted, answers: Mapping[str, Any], today: date) -> dict[str, Any]:
    """The answers that the service takes: the form has been in a browser, and the service may have changed since."""
    return {
        name: value
        for name, value in answers.items()
        if (part := adopted.fields.get(name)) is not None and not part.accepts(value, today).faults
    }
