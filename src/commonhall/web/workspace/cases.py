"""Cases: find one while the caller is on the line, see everything of it, answer, assign, redact; begin one for a caller."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from starlette.responses import Response

from commonhall.casework import attachments, caseload
from commonhall.casework.caseload import CannotRedact, CaseGone, Listed, Wanted, Whole
from commonhall.casework.journeys import start_journey
from commonhall.casework.staff import list_people
from commonhall.engine.back_office import CaseStatus
from commonhall.engine.staff import Permission
from commonhall.web.texts import STATUSES
from commonhall.web.workspace.tools import BOTH, HOME, Page, Room, StaffVisit, one, see

PATH = f"{HOME}/cases"
CHANNELS = {"phone": "Telephone", "in-person": "Face to face", "post": "Post or e-mail"}
ALL_CHANNELS = {"online": "Online", "api": "From another system", **CHANNELS}
WORDS = STATUSES["en"]
_BROWSER = re.compile(r"[A-Za-z0-9_-]{22}")
_LONDON = ZoneInfo("Europe/London")


def pages(room: Room) -> list[Page]:
    """The list, a case, what is done to it, and starting a service for a caller."""
    views = _Cases(room)
    work = Permission.WORK_CASES
    return [
        Page("/cases", views.overview, Permission.SEE_CASES),
        Page("/cases/for-a-caller", views.caller, work, BOTH),
        Page("/cases/{reference}", views.case, Permission.SEE_CASES),
        Page("/cases/{reference}/files/{file}", views.file, Permission.SEE_CASES),
        Page("/cases/{reference}/answer", views.answer, work, ("POST",)),
        Page("/cases/{reference}/assign", views.assign, work, ("POST",)),
        Page("/cases/{reference}/replay", views.replay, work, ("POST",)),
        Page("/cases/{reference}/redact", views.redact, Permission.REDACT_CASES, BOTH),
    ]


class _Cases:
    def __init__(self, room: Room) -> None:
        self.room = room
        self.desk = room.tools.desk

    async def overview(self, visit: StaffVisit) -> Response:
        """The list, narrowed by what was asked; a whole reference leads to its case at once."""
        query = {name: visit.request.query_params.get(name, "").strip()[:200] for name in ("q", "service", "status", "who", "show", "after")}  # fmt: skip
        listed = await caseload.find_cases(self.desk, visit.council, _wanted(query, visit, self.desk.today()), query["q"])  # fmt: skip
        if query["q"] and len(listed.rows) == 1 and _same(listed.rows[0].reference, query["q"]):
            return see(f"{PATH}/{listed.rows[0].reference}")
        people = {person.id: person.name for person in await list_people(self.desk, visit.council)}
        names = visit.site.service_names("en")
        rows = [
            {
                "row": row,
                "service": names.get(row.service, row.service),
                "status": WORDS[CaseStatus(row.status)],
                "who": people.get(row.assigned_to or "", ""),
                "submitted": show_time(row.submitted_at),
                "overdue": _overdue(row, self.desk.today()),
            }
            for row in listed.rows
        ]
        return self.room.page(
            visit,
            "workspace/cases/overview.html",
            "Cases",
            rows=rows,
            query=query,
            services=sorted(names.items(), key=lambda item: item[1]),
            statuses=[(status.value, WORDS[status]) for status in CaseStatus],
            people=sorted(people.items(), key=lambda item: item[1]),
            more=_more(query, listed),
            narrowed=any(value for name, value in query.items() if name != "after"),
        )

    async def case(self, visit: StaffVisit, problem: str | None = None, typed: str = "") -> Response:
        """Everything of a case."""
        reference = visit.params["reference"]
        try:
            whole = await caseload.open_case(self.desk, visit.council, reference, visit.actor)
        except CaseGone:
            return self._gone(visit)
        people = await list_people(self.desk, visit.council)
        names = {person.id: person.name for person in people}
        files = await attachments.files_of(self.desk, visit.council, [reference])
        return self.room.page(
            visit,
            "workspace/cases/case.html",
            f"Case {reference}",
            back=PATH,
            errors=[{"text": problem, "href": "#note"}] if problem else [],
            status=400 if problem else 200,
            whole=whole,
            service=visit.site.service_names("en").get(whole.row.service, whole.row.service),
            stands=WORDS[whole.status],
            overdue=_overdue(whole.row, self.desk.today()),
            submitted=show_time(whole.row.submitted_at),
            target=show_day(whole.row.target_on),
            channel=ALL_CHANNELS.get(whole.row.channel, whole.row.channel),
            who=names.get(whole.row.assigned_to or "", ""),
            people=people,
            history=[_entry(entry) for entry in reversed(whole.history)],
            files=[(file, show_size(file.size)) for file in files.get(reference, ())],
            deliveries=[_delivery(delivery) for delivery in whole.deliveries],
            failed=any(delivery.failed_at and not delivery.delivered_at for delivery in whole.deliveries),
            waiting=any(not delivery.delivered_at for delivery in whole.deliveries),
            statuses=[(status.value, WORDS[status]) for status in CaseStatus],
            typed=typed,
        )

    def _gone(self, visit: StaffVisit) -> Response:
        words = "Check the reference, or search by name, e-mail address or postcode."
        return self.room.message(visit, 404, "There is no such case", words, link=(PATH, "Cases"))

    async def file(self, visit: StaffVisit) -> Response:
        """A file of a case, as a download: the browser runs nothing of it."""
        reference = visit.params["reference"]
        found = await attachments.read_file(self.desk, visit.council, reference, visit.params["file"])
        if found is None:
            return self._gone(visit)
        headers = {
            "content-disposition": f"attachment; filename*=UTF-8''{quote(found.name)}",
            "cache-control": "no-store",
        }
        return Response(found.content, media_type=found.media_type, headers=headers)

    async def answer(self, visit: StaffVisit) -> Response:
        """A new status, words for the resident, or a note of the staff's own."""
        form = await self.room.read_form(visit)
        reference, note, what = visit.params["reference"], one(form, "note"), one(form, "what")
        chosen = one(form, "status")
        status = CaseStatus(chosen) if what == "status" and chosen in {one_status.value for one_status in CaseStatus} else None  # fmt: skip
        if what == "status" and status is None:
            return await self.case(visit, "Select where the case stands", note)
        if what in {"message", "internal"} and not note:
            return await self.case(visit, "Enter what you want to say", note)
        if what not in {"status", "message", "internal"}:
            return await self.case(visit, "Select what to do", note)
        try:
            await caseload.answer(
                self.desk,
                visit.council,
                reference,
                visit.actor,
                status=status,
                note=note,
                internal=what == "internal",
            )
        except CaseGone:
            return self._gone(visit)
        said = (
            "Kept for the staff" if what == "internal" else "The resident sees it when they follow their case"
        )
        return self.room.done(visit, f"{PATH}/{reference}", said)

    async def assign(self, visit: StaffVisit) -> Response:
        """Who works on it."""
        form = await self.room.read_form(visit)
        reference, chosen = visit.params["reference"], one(form, "person")
        people = {person.id for person in await list_people(self.desk, visit.council)}
        if chosen == "me":
            chosen = visit.actor.person
        if chosen and chosen not in people:
            return await self.case(visit, "Select somebody of your council")
        try:
            await caseload.assign(self.desk, visit.council, reference, chosen or None, visit.actor)
        except CaseGone:
            return self._gone(visit)
        return self.room.done(visit, f"{PATH}/{reference}", "Assigned" if chosen else "Nobody has it now")

    async def replay(self, visit: StaffVisit) -> Response:
        """Try its deliveries again now."""
        await self.room.read_form(visit)
        reference = visit.params["reference"]
        tried = await caseload.replay_case(self.desk, visit.council, reference, visit.actor)
        said = "It is being tried again now" if tried else "There was nothing to try again"
        return self.room.done(visit, f"{PATH}/{reference}", said)

    async def redact(self, visit: StaffVisit) -> Response:
        """Take everything personal out, after asking twice."""
        reference = visit.params["reference"]
        errors = []
        if visit.request.method == "POST":
            form = await self.room.read_form(visit)
            if not one(form, "reason"):
                errors.append({"text": "Enter why, without any personal data", "href": "#reason"})
            if not _same(reference, one(form, "confirm")):
                errors.append({"text": f"Enter {reference} to confirm", "href": "#confirm"})
            if not errors:
                try:
                    await caseload.redact(
                        self.desk, visit.council, reference, one(form, "reason"), visit.actor
                    )
                except CannotRedact as cannot:
                    errors.append(
                        {"text": f"This case cannot be redacted: {cannot}", "href": "#main-content"}
                    )
                else:
                    return self.room.done(visit, f"{PATH}/{reference}", "The case is redacted")
        return self.room.page(
            visit,
            "workspace/cases/redact.html",
            f"Redact case {reference}",
            back=f"{PATH}/{reference}",
            errors=errors,
            status=400 if errors else 200,
            reference=reference,
        )

    async def caller(self, visit: StaffVisit) -> Response:
        """Begin a service for somebody who calls, writes or stands at the desk; it goes on in the resident's pages."""
        services = sorted(visit.site.service_names("en").items(), key=lambda item: item[1])
        services = [item for item in services if visit.site.service(item[0])]
        errors = []
        if visit.request.method == "POST":
            form = await self.room.read_form(visit)
            adopted = visit.site.service(one(form, "service"))
            channel = one(form, "channel")
            if adopted is None:
                errors.append({"text": "Select a service", "href": "#service"})
            if channel not in CHANNELS:
                errors.append({"text": "Select how they reached you", "href": "#channel"})
            if adopted is not None and not errors:
                cookie = visit.request.cookies.get(self.room.resident_cookie, "")
                browser = cookie if _BROWSER.fullmatch(cookie) else self.desk.chance.token()
                journey = await start_journey(
                    self.desk, adopted, visit.council, browser=browser, language="en", channel=channel
                )
                response = see(f"/{adopted.service.id}/{journey}/{adopted.pages[0].id}")
                response.set_cookie(
                    self.room.resident_cookie, browser, httponly=True, samesite="lax",
                    secure=self.room.tools.https, path="/",
                )  # fmt: skip
                return response
        return self.room.page(
            visit,
            "workspace/cases/caller.html",
            "Do it for a caller",
            back=PATH,
            errors=errors,
            status=400 if errors else 200,
            services=services,
            channels=list(CHANNELS.items()),
        )


def _wanted(query: dict[str, str], visit: StaffVisit, today: Any) -> Wanted:
    statuses: tuple[str, ...] | None = None
    if query["status"] in {"open", "closed"} and query["show"] != "exactly":
        statuses = caseload.OPEN if query["status"] == "open" else caseload.CLOSED
    elif query["status"] in {status.value for status in CaseStatus}:
        statuses = (query["status"],)
    if query["show"] == "overdue":
        statuses = caseload.OPEN
    who = {"me": visit.actor.person, "nobody": ""}.get(query["who"], query["who"] or None)
    at, _, reference = query["after"].partition(" ")
    after = None
    if reference:
        try:
            after = (datetime.fromisoformat(at).astimezone(UTC), reference)
        except ValueError:
            after = None
    return Wanted(
        service=query["service"] or None,
        statuses=statuses,
        assigned_to=who,
        due_before=today if query["show"] == "overdue" else None,
        failed=query["show"] == "failed",
        after=after,
    )


def _more(query: dict[str, str], listed: Listed) -> str | None:
    if listed.more is None:
        return None
    at, reference = listed.more
    return f"{PATH}?{urlencode({**query, 'after': f'{at.isoformat()} {reference}'})}"


def _same(reference: str, typed: str) -> bool:
    plain = str.maketrans("", "", " -")
    return reference.translate(plain) == typed.upper().translate(plain)


def _overdue(row: Any, today: Any) -> bool:
    return bool(row.target_on and row.target_on < today and not CaseStatus(row.status).is_final)


def show_time(moment: datetime | None) -> str:
    """A moment as staff read it, in London's time."""
    if moment is None:
        return ""
    local = moment.astimezone(_LONDON)
    return f"{local.day} {local:%B %Y, %H:%M}"


def show_day(day: date | None) -> str:
    """A day as staff read it."""
    return f"{day.day} {day:%B %Y}" if day else ""


def _entry(entry: Any) -> dict[str, Any]:
    receipt = entry.source.startswith("receipt/")
    who = entry.by or {"commonhall": "The platform", "staff": "Staff"}.get(entry.source, entry.source.removeprefix("receipt/").removeprefix("system/"))  # fmt: skip
    return {
        "at": show_time(entry.at),
        "status": "Receipt" if receipt else WORDS[CaseStatus(entry.status)],
        "note": entry.note,
        "who": who,
        "internal": entry.internal,
    }


def _delivery(delivery: Any) -> dict[str, Any]:
    if delivery.delivered_at:
        state, colour, said = "Delivered", "green", show_time(delivery.delivered_at)
    elif delivery.failed_at:
        state, colour, said = "Given up", "red", f"on {show_time(delivery.failed_at)}: it needs a person"
    elif delivery.claimed_at:
        state, colour, said = "Being tried now", "blue", ""
    else:
        state, colour, said = "Waits", "yellow", f"next try {show_time(delivery.next_at)}"
    return {"row": delivery, "state": state, "colour": colour, "said": said}


__all__ = ["Whole", "pages", "show_time"]


def show_size(size: int) -> str:
    """A file's size as people say it."""
    return f"{size / 1024 / 1024:.1f} MB" if size >= 1024 * 1024 else f"{max(1, round(size / 1024))} KB"
