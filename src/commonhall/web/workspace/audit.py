"""The audit trail: who did what, when; latest first, and as a file."""

from __future__ import annotations

import csv
import io
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from commonhall.casework import staff
from commonhall.engine.staff import Permission
from commonhall.web.workspace.cases import show_time
from commonhall.web.workspace.tools import HOME, Page, Room, StaffVisit

PATH = f"{HOME}/audit"
PAGE = 50
MOST_IN_A_FILE = 100_000
SENTENCES = {
    "figures.change": "changed the council’s own costs and numbers",
    "brand.change": "changed how the site looks",
    "brand.furniture": "changed what stands around the pages",
    "brand.logo": "changed the logo",
    "brand.remove-logo": "removed the logo",
    "case.assign": "gave the case to somebody",
    "case.message": "told the resident something",
    "case.note": "kept a note",
    "case.read": "read the case",
    "case.redact": "redacted the case",
    "case.replay": "had the case sent again",
    "case.status": "changed where the case stands",
    "connector.replay": "had deliveries tried again",
    "connector.set-up": "set up the connector",
    "system.add": "let in the system",
    "system.change": "changed what a system may do:",
    "system.key": "gave another key to the system",
    "system.remove": "let in no longer the system",
    "system.push": "said where to tell what happens to cases, to the system",
    "system.push-off": "stopped telling what happens to cases to the system",
    "system.push-again": "told again what it had refused to the system",
    "connector.try": "tried the connector",
    "data_set.add": "made the data set",
    "data_set.change": "changed how the data set may be read:",
    "data_set.remove": "removed the data set",
    "data_set.token": "gave another token to the data set",
    "draft.begin": "began to change the service",
    "draft.change": "changed choices for the service",
    "draft.discard": "threw changes of the service away",
    "person.invite": "let somebody sign in",
    "person.mail": "chose which mails they get",
    "person.remove": "removed somebody",
    "person.roles": "changed somebody’s roles",
    "proposal.make": "proposed a change to the shared service",
    "proposal.withdraw": "withdrew a proposal",
    "service_draft.begin": "began to write the service",
    "service_draft.change": "changed the service being written",
    "service_draft.discard": "threw the service being written away",
    "service.activate": "activated the staged version",
    "service.feature": "changed what stands first",
    "service.go-live": "made the service live",
    "service.order": "changed the order of services",
    "service.pause": "paused the service",
    "service.resume": "let the service go on",
    "service.retire": "retired the service",
    "service.roll-back": "rolled the service back",
    "service.stage": "staged a version of the service",
    "service.take-patches": "chose whether patches are taken by themselves",
    "session.close": "signed out",
    "session.open": "signed in",
    "session.provider": "said where staff sign in",
}
"""Every action in words; a test finds actions that have none."""
KINDS = {
    "case.": "Cases",
    "service.": "Services",
    "draft.": "Changes in work",
    "service_draft.": "Services being written",
    "connector.": "Connectors",
    "data_set.": "Data sets",
    "person.": "People",
    "session.": "Signing in and out",
    "figures.": "Costs and numbers",
    "brand.": "Brand",
    "proposal.": "Proposals",
}


def pages(room: Room) -> list[Page]:
    """The trail, and its file."""
    views = _Audit(room)
    return [
        Page("/audit", views.overview, Permission.SEE_AUDIT),
        Page("/audit.csv", views.file, Permission.SEE_AUDIT),
    ]


class _Audit:
    def __init__(self, room: Room) -> None:
        self.room = room
        self.desk = room.tools.desk

    async def overview(self, visit: StaffVisit) -> Response:
        """The latest entries, or those before one; of one person, of one kind."""
        query = {name: visit.request.query_params.get(name, "") for name in ("person", "kind", "before")}
        entries = await self._entries(visit, query, query["before"])
        people = await staff.list_people(self.desk, visit.council)
        more = None
        if len(entries) == PAGE:
            more = f"{PATH}?{urlencode({**query, 'before': entries[-1].entry})}"
        return self.room.page(
            visit,
            "workspace/audit/overview.html",
            "Audit trail",
            rows=[
                {
                    "entry": entry,
                    "at": show_time(entry.at),
                    "said": SENTENCES.get(entry.action, entry.action),
                    "more": _details(entry.details),
                }
                for entry in entries
            ],
            query=query,
            people=[(person.id, person.name) for person in people],
            kinds=list(KINDS.items()),
            more=more,
            file=f"{PATH}.csv?{urlencode({name: query[name] for name in ('person', 'kind')})}",
        )

    async def _entries(self, visit: StaffVisit, query: dict[str, str], before: str | int) -> list[Any]:
        number = int(before) if str(before).isdigit() and len(str(before)) < 19 else None
        kind = query["kind"] if query["kind"] in KINDS else None
        return await staff.list_entries(
            self.desk, visit.council, before=number, person=query["person"] or None, action=kind
        )

    async def file(self, visit: StaffVisit) -> Response:
        """All of it as CSV, up to a hundred thousand entries."""
        query = {name: visit.request.query_params.get(name, "") for name in ("person", "kind")}
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(["at", "who", "action", "what", "details"])
        before: str | int = ""
        written = 0
        while written < MOST_IN_A_FILE:
            entries = await self._entries(visit, query, before)
            for entry in entries:
                row = [
                    entry.at.isoformat(),
                    entry.actor,
                    entry.action,
                    entry.subject,
                    _details(entry.details),
                ]
                writer.writerow([_safe(cell) for cell in row])
            written += len(entries)
            if len(entries) < PAGE:
                break
            before = entries[-1].entry
        headers = {
            "content-disposition": f'attachment; filename="audit-{visit.council}.csv"',
            "cache-control": "no-store",
        }
        return Response(out.getvalue(), headers=headers, media_type="text/csv; charset=utf-8")


def _safe(cell: str) -> str:
    """A cell that a spreadsheet does not take for a formula."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell


def _details(details: Any) -> str:
    return "; ".join(f"{name}: {', '.join(map(str, value)) if isinstance(value, list) else value}" for name, value in details.items() if name != "digest")  # fmt: skip
