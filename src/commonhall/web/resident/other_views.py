"""The pages beside the journey: home, case, brand, statements."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from starlette.responses import Response

from commonhall.casework.cases import CaseNotFound, CaseView, TooManyTries
from commonhall.casework.sites import Brand
from commonhall.engine.fields.base import clean, one
from commonhall.engine.fields.numbers import show_date
from commonhall.web.pages import prefixed
from commonhall.web.resident.tools import Room, Visit
from commonhall.web.responses import FormRefused, is_cross_site, page_response, read_form, text_response
from commonhall.web.texts import STATUSES, WORDS

_LONDON = ZoneInfo("Europe/London")
_REFERENCE = re.compile(r"[A-Za-z0-9-]{1,40}")


class OtherViews:
    """Views over one room."""

    def __init__(self, room: Room) -> None:
        self.room = room

    async def home(self, visit: Visit) -> Response:
        """The council's services, in its own order."""
        words = WORDS[visit.language]
        services = [
            {
                "path": prefixed(f"/{adopted.service.id}", visit.language),
                "name": adopted.texts.need(visit.language, "name"),
            }
            # What the council puts first, then all others in its own order.
            for adopted in sorted(
                visit.site.services, key=lambda one: one.service.id not in visit.site.featured
            )
        ]
        frame = self.room.compiler.frame(visit.site, visit.language, words["home_title"], "/")
        finder = self.room.tools.finder_url
        body = self.room.compiler.plain_page(
            "resident/home.html", frame, services=services, finder_url=finder
        )
        return page_response(visit.request, body, headers={"cache-control": "no-cache"})

    async def case(self, visit: Visit) -> Response:
        """Ask for reference and proof, and show the case."""
        reference = clean(visit.params.get("reference", ""))[:40]
        if visit.request.method != "POST":
            return self._case_form(visit, reference, "", None)
        try:
            if is_cross_site(visit.request):
                raise FormRefused(403, "refused_token")
            form = await read_form(visit.request)
        except FormRefused as refused:
            link = (prefixed("/case", visit.language), WORDS[visit.language]["case_title"])
            return self.room.message(visit, refused.status, "refused_title", refused.word, link=link)
        reference = (one(form, "reference") or reference)[:40]
        proof = one(form, "proof")[:300]
        client = visit.request.client.host if visit.request.client else "?"
        words = WORDS[visit.language]
        try:
            view = await self.room.tools.use.follow_case(
                self.room.tools.desk,
                visit.site.council,
                reference,
                proof=proof,
                client=client,
                language=visit.language,
            )
        except CaseNotFound:
            return self._case_form(visit, reference, proof, words["case_not_found"], 404)
        except TooManyTries as many:
            minutes = max(1, -(-many.retry_after // 60))
            response = self._case_form(
                visit, reference, proof, words["case_too_many"].format(minutes=minutes), 429
            )
            response.headers["retry-after"] = str(many.retry_after)
            return response
        return self._case(visit, view)

    def _case_form(
        self, visit: Visit, reference: str, proof: str, error: str | None, status: int = 200
    ) -> Response:
        words = WORDS[visit.language]
        title = f"{words['error_prefix'] if error else ''}{words['case_title']}"
        frame = self.room.compiler.frame(visit.site, visit.language, title, _case_path(reference))
        body = self.room.compiler.plain_page(
            "resident/case_form.html",
            frame,
            reference=reference,
            proof=proof,
            error=error,
            errors=[{"text": error, "href": "#reference"}] if error else [],
        )
        return page_response(visit.request, body, status)

    def _case(self, visit: Visit, view: CaseView) -> Response:
        statuses = STATUSES[visit.language]
        updates = [
            {
                "what": statuses[update.status],
                "when": _when(update.at.astimezone(_LONDON), visit.language),
                "machine": update.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ"),
                "note": update.note.splitlines(),
            }
            for update in reversed(view.updates)
        ]
        target = None
        if view.target_on and not view.status.is_final:
            target = show_date(view.target_on, visit.language)
        frame = self.room.compiler.frame(visit.site, visit.language, view.summary, _case_path(view.reference))
        body = self.room.compiler.plain_page(
            "resident/case.html",
            frame,
            reference=view.reference,
            summary=view.summary,
            now=statuses[view.status],
            target=target,
            updates=updates,
        )
        return page_response(visit.request, body)

    async def statement(self, visit: Visit) -> Response:
        """Accessibility, privacy or cookies."""
        name = visit.params["statement"]
        words = WORDS[visit.language]
        frame = self.room.compiler.frame(visit.site, visit.language, words[f"{name}_title"], f"/{name}")
        body = self.room.compiler.plain_page(
            "resident/message.html",
            frame,
            heading=words[f"{name}_title"],
            texts=[
                words[f"{name}_text"].format(cookie=self.room.cookie),
                words["phone"].format(phone=visit.site.phone),
            ],
            link=None,
        )
        return page_response(visit.request, body, headers={"cache-control": "no-cache"})

    async def brand(self, visit: Visit) -> Response:
        """The council's colours."""
        return _css(visit, _colours(visit.site.brand))

    async def look(self, visit: Visit) -> Response:
        """The council's colours with its own style sheet. Staff's pages have the colours alone, so that whatever the
        sheet does can be undone there."""
        return _css(visit, f"{_colours(visit.site.brand)}{visit.site.furniture.stylesheet}\n")

    async def logo(self, visit: Visit) -> Response:
        """The council's logo. Its name changes with its content, so that it may be kept for ever."""
        logo = visit.site.brand.logo
        if logo is None or visit.params["file"] != logo.file:
            return Response("There is no such file.\n", 404, {"cache-control": "no-store"}, "text/plain")
        etag = f'"{logo.image.digest[:32]}"'
        headers = {"etag": etag, "cache-control": "public, max-age=31536000, immutable"}
        if visit.request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return Response(logo.image.content, headers=headers, media_type=logo.image.media_type)


def _colours(brand: Brand) -> str:
    return (
        f":root{{--council-colour:{brand.colour};--council-on-colour:#fff;--council-accent:{brand.accent}}}\n"
    )


def _css(visit: Visit, text: str) -> Response:
    etag = f'"{visit.site.council}-{visit.site.revision}"'
    headers = {"etag": etag, "cache-control": "public, max-age=300", "vary": "accept-encoding"}
    if visit.request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return text_response(visit.request, text.encode(), "text/css; charset=utf-8", headers=headers)


def _case_path(reference: str) -> str:
    return f"/case/{reference}" if _REFERENCE.fullmatch(reference) else "/case"


def _when(moment: datetime, language: str) -> str:
    hour = moment.hour % 12 or 12
    half = "am" if moment.hour < 12 else "pm"
    clock = f"{hour}:{moment.minute:02d}{half}" if moment.minute else f"{hour}{half}"
    return f"{show_date(moment.date(), language)} {'at' if language == 'en' else 'am'} {clock}"
