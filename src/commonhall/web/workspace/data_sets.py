"""Data sets that figures are sent to: make one, say who may read it how, change its token, remove it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from starlette.responses import Response

from commonhall.engine.staff import Permission
from commonhall.reporting import data_sets
from commonhall.reporting.data_sets import DataSet, DataSetRefused
from commonhall.reporting.data_types import TYPES
from commonhall.web.workspace.cases import show_time
from commonhall.web.workspace.tools import BOTH, HOME, Page, Room, StaffVisit, one

PATH = f"{HOME}/data-sets"
OVERLAPS = {0: "At once", 1: "In a day", 7: "In a week"}
AGES = {0: "Not at all", 120: "2 minutes", 1800: "Half an hour", 86_400: "A day"}
ELSEWHERE = "elsewhere"


def pages(room: Room) -> list[Page]:
    """The list, making a data set, one of them, its token, removing it."""
    views = _DataSets(room)
    change = Permission.CHANGE_CONNECTORS
    return [
        Page("/data-sets", views.overview, change),
        Page("/data-sets/new", views.new, change, BOTH),
        Page("/data-sets/{group}/{type}", views.change, change, BOTH),
        Page("/data-sets/{group}/{type}/token", views.token, change, ("POST",)),
        Page("/data-sets/{group}/{type}/remove", views.remove, change, BOTH),
    ]


class _DataSets:
    def __init__(self, room: Room) -> None:
        self.room = room
        self.figures = room.tools.figures

    async def overview(self, visit: StaffVisit) -> Response:
        """Every data set of the council, and what is in it."""
        found = await data_sets.list_data_sets(self.figures, visit.council)
        rows = [
            {
                "set": row,
                "path": f"{PATH}/{row.address}",
                "service": self._service(visit, row),
                "records": f"{row.records:,}",
                "written": show_time(row.written_at) if row.written_at else "Never",
            }
            for row in found
        ]
        return self.room.page(visit, "workspace/data_sets/overview.html", "Data sets", rows=rows)

    async def new(self, visit: StaffVisit) -> Response:
        """Make a data set, and show its token once."""
        if visit.request.method != "POST":
            return self._new_form(visit, {}, {})
        form = await self.room.read_form(visit)
        given = {name: one(form, name).strip()[:200] for name in ("group", "type", "service", "lgsl", "raw")}
        service, lgsl, fault = self._service_in(visit, given)
        wrong = {"lgsl" if given["service"] == ELSEWHERE else "service": fault} if fault else {}
        if not wrong:
            try:
                token = await data_sets.make_data_set(
                    self.figures, visit.council, given["group"], given["type"], service=service, lgsl=lgsl,
                    raw=given["raw"] == "yes", by=visit.actor,
                )  # fmt: skip
            except DataSetRefused as refused:
                wrong = {"group": f"{str(refused)[:1].upper()}{str(refused)[1:]}"}
            else:
                return self._shown(visit, f"{given['group']}/{given['type']}", token)
        return self._new_form(visit, given, wrong)

    async def change(self, visit: StaffVisit) -> Response:
        """How a data set may be read, and its tokens."""
        row = await self._row(visit)
        if row is None:
            return self.room.missing(visit)
        if visit.request.method == "POST":
            form = await self.room.read_form(visit)
            age = one(form, "age")
            if age not in {str(row.max_age), *map(str, AGES)}:
                return self.room.missing(visit)
            await data_sets.change_data_set(
                self.figures, visit.council, row.group, row.type, raw=one(form, "raw") == "yes", max_age=int(age),
                by=visit.actor,
            )  # fmt: skip
            return self.room.done(visit, PATH, f"How {row.address} may be read is changed")
        ages = AGES if row.max_age in AGES else {row.max_age: f"{row.max_age:,} seconds", **AGES}
        return self.room.page(
            visit,
            "workspace/data_sets/one.html",
            row.address,
            back=PATH,
            row=row,
            url=self._url(row.address),
            service=self._service(visit, row),
            records=f"{row.records:,}",
            ages=[
                {"value": str(age), "text": text, "selected": age == row.max_age}
                for age, text in ages.items()
            ],
            raw=[{"value": "yes", "text": "Let anybody read its records one by one", "checked": row.raw}],
            tokens=[
                {
                    "ending": token.ending,
                    "made": show_time(token.made_at),
                    "ends": show_time(token.ends_at) if token.ends_at else None,
                }
                for token in row.tokens
            ],
            overlaps=[{"value": str(days), "text": text} for days, text in OVERLAPS.items()],
        )

    async def token(self, visit: StaffVisit) -> Response:
        """Another token, shown once; the old one holds until the new one has been put in place."""
        form = await self.room.read_form(visit)
        row, days = await self._row(visit), one(form, "days")
        if row is None or days not in map(str, OVERLAPS):
            return self.room.missing(visit)
        token = await data_sets.another_token(
            self.figures, visit.council, row.group, row.type, by=visit.actor,
            other_holds=timedelta(days=int(days)),
        )  # fmt: skip
        return self._shown(visit, row.address, token)

    async def remove(self, visit: StaffVisit) -> Response:
        """Remove a data set with all that was sent to it: asked first, since nothing brings it back."""
        row = await self._row(visit)
        if row is None:
            return self.room.missing(visit)
        if visit.request.method != "POST":
            return self.room.page(
                visit,
                "workspace/data_sets/remove.html",
                f"Remove {row.address}",
                back=f"{PATH}/{row.address}",
                records=f"{row.records:,}",
            )
        await self.room.read_form(visit)
        await data_sets.remove_data_set(self.figures, visit.council, row.group, row.type, by=visit.actor)
        return self.room.done(visit, PATH, f"{row.address} is removed")

    async def _row(self, visit: StaffVisit) -> DataSet | None:
        found = await data_sets.list_data_sets(self.figures, visit.council)
        address = f"{visit.params['group']}/{visit.params['type']}"
        return next((row for row in found if row.address == address), None)

    def _url(self, address: str) -> str:
        return f"{self.room.tools.finder_url.rstrip('/')}/performance/data/{address}"

    def _service(self, visit: StaffVisit, row: DataSet) -> str:
        if row.service in (names := visit.site.service_names("en")):
            return names[row.service]
        national = self.room.tools.national.service(row.lgsl) if row.lgsl is not None else None
        return national.name if national else row.service or f"LGSL {row.lgsl}"

    def _service_in(self, visit: StaffVisit, given: dict[str, str]) -> tuple[str | None, int | None, str]:
        """The service that was chosen: its id here, its national number, or what is wrong with the choice."""
        for adopted in visit.site.offered:
            if adopted.service.id == given["service"]:
                return adopted.service.id, adopted.service.definition.lgsl, ""
        if given["service"] != ELSEWHERE:
            return None, None, "Select which service the figures are of"
        code = given["lgsl"]
        if not (
            code.isascii()
            and code.isdigit()
            and len(code) < 7
            and self.room.tools.national.service(int(code))
        ):
            return None, None, "Enter the service’s number in the national list, as in 524"
        return None, int(code), ""

    def _shown(self, visit: StaffVisit, address: str, token: str) -> Response:
        title = f"The token of {address}"
        page = self.room.page(
            visit, "workspace/data_sets/token.html", title, back=PATH, token=token, url=self._url(address)
        )
        page.headers["cache-control"] = "no-store"
        return page

    def _new_form(self, visit: StaffVisit, given: dict[str, str], wrong: dict[str, str]) -> Response:
        chosen = given.get("service", "")
        services: list[dict[str, Any]] = [
            {
                "value": adopted.service.id,
                "text": adopted.texts.need("en", "name"),
                "checked": chosen == adopted.service.id,
            }
            for adopted in visit.site.offered
        ]
        other = {
            "value": ELSEWHERE,
            "text": "Another one, by its number below",
            "checked": chosen == ELSEWHERE,
        }
        return self.room.page(
            visit,
            "workspace/data_sets/new.html",
            "Make a data set",
            back=PATH,
            errors=[{"text": text, "href": f"#{part}"} for part, text in wrong.items()],
            status=400 if wrong else 200,
            wrong=wrong,
            given={"group": f"{visit.council}-", **given},
            services=[*services, other],
            types=", ".join(TYPES),
            raw=[
                {
                    "value": "yes",
                    "text": "Let anybody read its records one by one",
                    "checked": given.get("raw") == "yes",
                }
            ],
        )
