"""The views of a journey: start, questions, check answers, confirmation, feedback."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from starlette.responses import Response

from commonhall.casework.journeys import Journey, JourneyGone
from commonhall.engine.fields.base import Fault
from commonhall.engine.journey import JourneyIncomplete, flat_answers, parse_page
from commonhall.engine.package import CompiledPage
from commonhall.web.pages import plain
from commonhall.web.resident.compile import Place, answer_values, raw_values
from commonhall.web.resident.rows import ROW_ACTION, Form, form_rows, most_rows, renumbered, stored_rows
from commonhall.web.resident.tools import Room, Visit
from commonhall.web.responses import FormRefused, is_cross_site, page_response, read_form, see
from commonhall.web.texts import WORDS

_BROWSER = re.compile(r"[A-Za-z0-9_-]{20,64}")
_JOURNEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
CHECK, CONFIRMATION, FEEDBACK = "check", "confirmation", "feedback"


class JourneyViews:
    """Views over one room."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.use = room.tools.use
        self.desk = room.tools.desk

    # -- start -------------------------------------------------------------------------------------------

    async def start(self, visit: Visit) -> Response:
        """The start page, or with POST a new journey."""
        place = self.room.place(visit)
        if place is None and visit.site.is_paused(visit.params["service"]):
            return self.room.message(visit, 503, "paused_title", "paused_text", retry_after="3600")
        if place is None:
            return self.room.missing(visit)
        if visit.request.method != "POST":
            return page_response(
                visit.request, self.room.compiler.start(place), headers={"cache-control": "no-cache"}
            )
        if is_cross_site(visit.request):
            return self._refuse(visit, FormRefused(403, "refused_token"), place.path())
        browser = visit.browser if visit.browser and _BROWSER.fullmatch(visit.browser) else None
        fresh = browser or self.desk.chance.token()
        journey = await self.use.start_journey(
            self.desk, place.adopted, visit.site.council, browser=fresh, language=visit.language
        )
        first = place.adopted.pages[0]
        response = see(place.path(journey, first.id))
        if browser is None:
            self.room.set_browser(response, fresh)
        return response

    # -- a page of a journey -----------------------------------------------------------------------------

    async def page(self, visit: Visit) -> Response:
        """Any page of a journey."""
        place = self.room.place(visit) or await self._withdrawn(visit)
        if place is None:
            return self.room.missing(visit)
        if not visit.browser or not _JOURNEY.fullmatch(visit.params["journey"]):
            return self._gone(visit, place, expired=False)
        try:
            if visit.request.method == "POST":
                return await self._post(visit, place, visit.browser)
            journey = await self._load(visit, visit.browser)
            return await self._get(
                visit, Place(visit.site, journey.adopted, visit.language), journey, visit.browser
            )
        except JourneyGone as gone:
            return self._gone(visit, place, expired=gone.expired)
        except FormRefused as refused:
            return self._refuse(visit, refused, place.path(visit.params["journey"], visit.params["page"]))

    async def _withdrawn(self, visit: Visit) -> Place | None:
        """Where a journey is whose service the council no longer offers: whoever has begun may finish."""
        if not visit.browser or not _JOURNEY.fullmatch(visit.params["journey"]):
            return None
        try:
            journey = await self._load(visit, visit.browser)
        except JourneyGone:
            return None
        same = journey.service == visit.params["service"]
        return Place(visit.site, journey.adopted, visit.language) if same else None

    async def _load(self, visit: Visit, browser: str) -> Journey:
        return await self.use.load_journey(
            self.desk, visit.site.council, visit.params["journey"], browser=browser
        )

    async def _get(self, visit: Visit, place: Place, journey: Journey, browser: str) -> Response:
        page_id = visit.params["page"]
        if journey.service != place.service or journey.service != visit.params["service"]:
            return self.room.missing(visit)
        if journey.reference is not None:
            return self._submitted(visit, place, journey, browser)
        if page_id == CHECK:
            if not journey.path.complete:
                return see(self._here(place, journey))
            return self._check(visit, place, journey, browser)
        page = journey.adopted.page(page_id)
        if page is None:
            if page_id in {CONFIRMATION, FEEDBACK}:
                return see(self._here(place, journey))
            return self.room.missing(visit)
        if not journey.path.reaches(page_id):
            return see(self._here(place, journey))
        if page.exit:
            await self.use.reach_exit(self.desk, journey)
            back = self._back(place, journey, page, changing=False)
            return page_response(
                visit.request, self.room.compiler.exit(place, page, journey.path, journey.id, back)
            )
        faults = journey.path.faults if page is journey.path.current else ()
        return self._question(
            visit, place, journey, page, answer_values(page, journey.answers), faults, browser
        )

    def _here(self, place: Place, journey: Journey) -> str:
        """Where the person can go on."""
        if journey.reference is not None:
            return place.path(journey.id, CONFIRMATION)
        following = journey.path.exit or journey.path.current
        return place.path(journey.id, following.id if following else CHECK)

    def _back(self, place: Place, journey: Journey, page: CompiledPage, *, changing: bool) -> str:
        if changing and journey.path.complete:
            return place.path(journey.id, CHECK)
        before = journey.path.before(page.id)
        return place.path(journey.id, before.id) if before else place.start()

    def _question(
        self,
        visit: Visit,
        place: Place,
        journey: Journey,
        page: CompiledPage,
        values: Mapping[str, bytes],
        faults: Sequence[Fault],
        browser: str,
        *,
        rows: int | None = None,
    ) -> Response:
        changing = visit.changing
        action = place.path(journey.id, page.id) + ("?change=1" if changing else "")
        filled = {
            **values,
            "journey": journey.id.encode(),
            "token": self.room.token(browser, journey.id).encode(),
            "action": plain(action),
            "back": plain(self._back(place, journey, page, changing=changing)),
        }
        count = rows if rows is not None else stored_rows(page, journey.answers)
        body = self.room.compiler.question(place, page, faults, count, filled)
        refused = faults and visit.request.method == "POST"
        return page_response(visit.request, body, 422 if refused else 200)

    # -- answering ---------------------------------------------------------------------------------------

    async def _post(self, visit: Visit, place: Place, browser: str) -> Response:
        journey_id, page_id = visit.params["journey"], visit.params["page"]
        form = await read_form(visit.request)
        given = (form.get("_token") or [""])[0]
        if is_cross_site(visit.request) or not self.room.token_holds(browser, journey_id, given):
            raise FormRefused(403, "refused_token")
        if page_id == CHECK:
            return await self._submit(visit, place, browser)
        if page_id == FEEDBACK:
            return await self._feedback(visit, place, browser, form)
        page = place.adopted.page(page_id)
        if page is None or page.exit:
            # Perhaps the journey runs an older version, which has such a page.
            journey = await self._load(visit, browser)
            place = Place(visit.site, journey.adopted, visit.language)
            page = journey.adopted.page(page_id)
            if page is None or page.exit:
                return self.room.missing(visit)
        action = ROW_ACTION.fullmatch((form.get("_action") or [""])[0])
        if action:
            return await self._rows(visit, browser, page_id, form, action)
        return await self._answer(visit, place, browser, page, form)

    async def _answer(
        self, visit: Visit, place: Place, browser: str, page: CompiledPage, form: Form
    ) -> Response:
        journey_id = visit.params["journey"]
        answers, faults = parse_page(page, form, self.desk.today())
        if faults:
            journey = await self._load(visit, browser)
            if journey.reference is not None:
                return see(self._here(place, journey))
            if journey.adopted.digest != place.adopted.digest:
                return await self._again(visit, journey, browser, page.id, form)
            return self._with_faults(visit, place, journey, page, form, faults, browser)
        journey = await self.use.answer_page(
            self.desk, place.adopted, visit.site.council, journey_id, browser=browser, answers=answers
        )
        if journey.reference is not None:
            return see(self._here(place, journey))
        if journey.adopted.digest != place.adopted.digest:
            return await self._again(visit, journey, browser, page.id, form)
        if journey.path.faults and journey.path.current and journey.path.current.id == page.id:
            return self._with_faults(visit, place, journey, page, form, journey.path.faults, browser)
        if not journey.path.reaches(page.id):
            return see(self._here(place, journey))
        if visit.changing and journey.path.complete:
            return see(place.path(journey.id, CHECK))
        if visit.changing:
            return see(self._here(place, journey))
        following = journey.path.after(page.id)
        return see(place.path(journey.id, following.id if following else CHECK))

    async def _again(
        self, visit: Visit, journey: Journey, browser: str, page_id: str, form: Form
    ) -> Response:
        """The journey runs another version than the site offers now: read the form by that version."""
        place = Place(visit.site, journey.adopted, visit.language)
        page = journey.adopted.page(page_id)
        if page is None or page.exit or not journey.path.reaches(page_id):
            return see(self._here(place, journey))
        return await self._answer(visit, place, browser, page, form)

    def _with_faults(
        self,
        visit: Visit,
        place: Place,
        journey: Journey,
        page: CompiledPage,
        form: Form,
        faults: Sequence[Fault],
        browser: str,
    ) -> Response:
        if not journey.path.reaches(page.id):
            return see(self._here(place, journey))
        values = raw_values(renumbered(page, form))
        most = most_rows(page)
        # Only a form that is not ours has more rows than the list may have: those are not drawn.
        shown = [fault for fault in faults if (fault.params or {}).get("row", 1) <= most]
        rows = min(most, max(1, form_rows(page, form)))
        return self._question(visit, place, journey, page, values, shown, browser, rows=rows)

    async def _rows(
        self, visit: Visit, browser: str, page_id: str, form: Form, action: re.Match[str]
    ) -> Response:
        """Add or remove a row of a list: the same page again with what was typed; nothing is stored yet."""
        journey = await self._load(visit, browser)
        place = Place(visit.site, journey.adopted, visit.language)
        page = journey.adopted.page(page_id)
        if journey.reference is not None or page is None or page.exit or not journey.path.reaches(page_id):
            return see(self._here(place, journey))
        verb, _, number = action.groups()
        kept = renumbered(page, form, without=int(number) if verb == "remove" and number else None)
        count = max(1, form_rows(page, kept)) + (verb == "add")
        rows = min(count, most_rows(page))
        return self._question(visit, place, journey, page, raw_values(kept), (), browser, rows=rows)

    # -- check answers, submit, confirmation -------------------------------------------------------------

    def _check(self, visit: Visit, place: Place, journey: Journey, browser: str) -> Response:
        last = journey.path.pages[-1] if journey.path.pages else None
        values = {
            "journey": journey.id.encode(),
            "token": self.room.token(browser, journey.id).encode(),
            "back": plain(place.path(journey.id, last.id) if last else place.start()),
        }
        return page_response(visit.request, self.room.compiler.check(place, journey.path, values))

    async def _submit(self, visit: Visit, place: Place, browser: str) -> Response:
        council, journey_id = visit.site.council, visit.params["journey"]
        try:
            journey = await self.use.submit_journey(self.desk, council, journey_id, browser=browser)
        except JourneyIncomplete as incomplete:
            following = incomplete.path.exit or incomplete.path.current
            return see(place.path(journey_id, following.id if following else CHECK))
        return see(place.path(journey.id, CONFIRMATION))

    def _submitted(self, visit: Visit, place: Place, journey: Journey, browser: str) -> Response:
        if visit.params["page"] != CONFIRMATION:
            return see(place.path(journey.id, CONFIRMATION))
        return self._confirmation(visit, place, journey, browser)

    def _confirmation(
        self, visit: Visit, place: Place, journey: Journey, browser: str, *, comment: str | None = None
    ) -> Response:
        """The confirmation; with a `comment` it is shown again for feedback that came without a score."""
        values = {
            "journey": journey.id.encode(),
            "token": self.room.token(browser, journey.id).encode(),
            "reference": plain(journey.reference or ""),
            "value:comment": plain(comment or ""),
        }
        unrated = comment is not None
        thanks = not unrated and "thanks" in visit.request.query_params
        # The stored answers are the contract's: those of the council's own questions stand under `local`.
        answers = flat_answers(journey.answers)
        body = self.room.compiler.confirmation(place, answers, values, thanks=thanks, unrated=unrated)
        return page_response(visit.request, body, 422 if unrated else 200)

    async def _feedback(self, visit: Visit, place: Place, browser: str, form: Form) -> Response:
        journey_id = visit.params["journey"]
        score, comment = ((form.get(name) or [""])[0] for name in ("score", "comment"))
        if score not in {"1", "2", "3", "4", "5"}:
            journey = await self._load(visit, browser)
            own = Place(visit.site, journey.adopted, visit.language)
            if journey.reference is None:
                return see(self._here(own, journey))
            return self._confirmation(visit, own, journey, browser, comment=comment)
        await self.use.rate_journey(
            self.desk,
            visit.site.council,
            journey_id,
            browser=browser,
            score=int(score),
            comment=comment,
        )
        return see(f"{place.path(journey_id, CONFIRMATION)}?thanks=1")

    # -- what cannot be taken ----------------------------------------------------------------------------

    def _gone(self, visit: Visit, place: Place, *, expired: bool) -> Response:
        link = (place.start(), WORDS[visit.language]["start_again"])
        title = "expired" if expired else "gone"
        return self.room.message(visit, 410 if expired else 404, f"{title}_title", f"{title}_text", link=link)

    def _refuse(self, visit: Visit, refused: FormRefused, back: str) -> Response:
        link = (back, WORDS[visit.language]["back_to_question"])
        return self.room.message(visit, refused.status, "refused_title", refused.word, link=link)
