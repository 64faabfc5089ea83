"""What is worse than usual, the last week in numbers, and which of it somebody gets by mail."""

from __future__ import annotations

from datetime import date, timedelta

from starlette.responses import Response

from commonhall.casework.staff import MAILS, choose_mails, mails_wanted
from commonhall.engine.staff import Permission, Role
from commonhall.reporting.digest import last_week
from commonhall.web.charts.artist import DrawingFailed
from commonhall.web.digest import COLUMNS, alert_words, alt_of, figures, picture_spec, title_of
from commonhall.web.workspace.tools import HOME, Page, Room, StaffVisit

PATH = f"{HOME}/alerts"
ENDED_WITHIN = timedelta(days=28)
MAIL_NAMES = {"alerts": "Alerts, when something gets worse", "digest": "The week in numbers, on Mondays"}


def pages(room: Room) -> list[Page]:
    """Alerts and the week, its picture, and the choice of mails."""
    views = _Alerts(room)
    return [
        Page("/alerts", views.overview, Permission.SEE_SERVICES),
        Page("/alerts/mails", views.choose, Permission.SEE_SERVICES, ("POST",)),
        Page("/alerts/{week}.png", views.picture, Permission.SEE_SERVICES),
    ]


class _Alerts:
    def __init__(self, room: Room) -> None:
        self.room = room
        self.desk = room.tools.desk

    async def overview(self, visit: StaffVisit) -> Response:
        """What goes on, what has ended lately, and the last week."""
        weeks, today = self.room.tools.weeks, self.desk.today()
        names = visit.site.service_names("en")
        found = await weeks.alerts(visit.council, today - ENDED_WITHIN)
        digest = await weeks.digest(visit.council, last_week(today))
        wanted = await mails_wanted(self.desk, visit.council, visit.actor.person)
        mails = [{"value": kind, "text": MAIL_NAMES[kind], "checked": kind in wanted} for kind in MAILS]
        return self.room.page(
            visit,
            "workspace/alerts/overview.html",
            "Alerts and the week",
            open_ones=[alert_words(one, names) for one in found if one.recovered_on is None],
            ended=[alert_words(one, names) for one in found if one.recovered_on is not None],
            week=title_of(digest),
            columns=COLUMNS,
            rows=figures(digest, names),
            alt=alt_of(digest),
            picture=f"{PATH}/{digest.first}.png" if any(sent for _, sent in digest.weeks) else "",
            mails=mails,
            sends_mail=weeks.sends_mail,
            asked=bool(visit.actor.roles & {Role.SERVICE_OWNER, Role.ADMINISTRATOR}),
        )

    async def picture(self, visit: StaffVisit) -> Response:
        """What was sent in each of nine weeks."""
        try:
            first = date.fromisoformat(visit.params["week"])
        except ValueError:
            return self.room.missing(visit)
        if first.weekday() or first > last_week(self.desk.today()) or first.year < 2000:
            return self.room.missing(visit)
        digest = await self.room.tools.weeks.digest(visit.council, first)
        key = f"week {visit.council} {digest.weeks}"
        try:
            body = await self.room.tools.dashboards.artist.picture(key, picture_spec(digest), "png", {})
        except DrawingFailed:
            headers = {"cache-control": "no-store", "retry-after": "5"}
            return Response("The picture could not be drawn. Try again.\n", 503, headers)
        return Response(body, headers={"cache-control": "private, max-age=300"}, media_type="image/png")

    async def choose(self, visit: StaffVisit) -> Response:
        """Which mails somebody wants."""
        form = await self.room.read_form(visit)
        await choose_mails(self.desk, visit.council, form.get("mails", []), visit.actor)
        return self.room.done(visit, PATH, "Your choice of mails is saved")
