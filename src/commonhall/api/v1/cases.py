"""The case API: back offices read the cases that their key opens, come for them, and answer them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from email.message import Message
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from commonhall.api.keys import key_in
from commonhall.api.v1.bodies import answer_json, read_bytes, read_object
from commonhall.api.v1.case_json import case_json, file_json, status_named
from commonhall.api.v1.problems import Problem
from commonhall.casework import attachments, collecting, exchange
from commonhall.casework.desk import Desk
from commonhall.casework.exchange import Changed, Place, WholeCase
from commonhall.casework.sites import Site
from commonhall.casework.systems import caller_of
from commonhall.engine.access import Caller, Scope

MOST_CASES = 100
_ETAG = re.compile(r'"(\d{1,9})-[0-9a-f]{16}"')

View = Callable[[Request, Site], Awaitable[Response]]


def cases_views(desk: Desk, root: Callable[[Site], str]) -> list[tuple[str, str, View]]:
    """(path, method, view) of the case API; `root` is the address of the API on a site's host."""
    api = _Cases(desk, root)
    case = "/cases/{reference}"
    return [
        ("/cases", "GET", api.listed),
        (case, "GET", api.one),
        (f"{case}/claim", "POST", api.claim),
        (f"{case}/claim", "DELETE", api.let_go),
        (f"{case}/acknowledge", "POST", api.acknowledge),
        (f"{case}/refuse", "POST", api.refuse),
        (f"{case}/updates", "POST", api.update),
        (f"{case}/messages", "POST", api.message),
        (f"{case}/attachments", "POST", api.attach),
        (f"{case}/attachments/{{attachment}}", "GET", api.attachment),
    ]


class _Cases:
    def __init__(self, desk: Desk, root: Callable[[Site], str]) -> None:
        self.desk = desk
        self.root = root

    async def _caller(self, request: Request, site: Site, *scopes: Scope) -> Caller:
        found = await caller_of(self.desk, site.council, key_in(request))
        for scope in scopes:
            found = exchange.may_use(found, scope)
        assert found is not None
        return found

    async def _case(self, caller: Caller, reference: str) -> WholeCase:
        found = await exchange.whole(self.desk, caller, [reference])
        if not found:
            raise Problem("not-found", "There is no such case, or this key does not open it.")
        return found[0]

    # -- reading -------------------------------------------------------------------------------------------------

    async def listed(self, request: Request, site: Site) -> Response:
        """Cases in the order in which something was written of them; or those that wait for this system."""
        query = request.query_params
        if unknown := query.keys() - {"since", "cursor", "limit", "service", "status", "waiting", "api_key"}:
            raise Problem("bad-request", f"There is no parameter '{min(unknown)[:40]}' here.")
        most = _limit(query.get("limit", ""))
        if query.get("waiting", "") in {"true", "1"}:
            caller = await self._caller(request, site, Scope.READ, Scope.WORK)
            references = await collecting.waiting(self.desk, caller, most)
            found = await exchange.whole(self.desk, caller, references)
            return self._list(site, found, None)
        if query.get("waiting", "") not in {"", "false", "0"}:
            raise Problem("bad-request", "Write waiting=true, or leave it out.")
        caller = await self._caller(request, site, Scope.READ)
        after = _place(query.get("cursor", ""), query.get("since", ""))
        services, statuses = query.getlist("service"), [status_named(one) for one in query.getlist("status")]
        found, place = await exchange.changed_since(
            self.desk, caller, after, services=services or None,
            statuses=[one.value for one in statuses] or None, most=most,
        )  # fmt: skip
        more = {"limit": query.get("limit"), "service": services, "status": query.getlist("status")}
        following = {name: value for name, value in more.items() if value} | {"cursor": _cursor(place)}
        return self._list(site, found, urlencode(following, doseq=True))

    def _list(self, site: Site, found: list[WholeCase], following: str | None) -> Response:
        here = f"{self.root(site)}/cases"
        links = {"next": f"{here}?{following}"} if following else {}
        return answer_json({"cases": [case_json(one, here) for one in found], "links": links})

    async def one(self, request: Request, site: Site) -> Response:
        """One case; nothing where it is as it was."""
        caller = await self._caller(request, site, Scope.READ)
        return self._shown(request, site, await self._case(caller, request.path_params["reference"]))

    def _shown(
        self, request: Request, site: Site, found: WholeCase, status: int = 200, **more: Any
    ) -> Response:
        shown = case_json(found, f"{self.root(site)}/cases")
        etag = f"{found.last}-{hashlib.sha256(msgspec.json.encode(shown)).hexdigest()[:16]}"
        if request.method == "GET" and f'"{etag}"' in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers={"etag": f'"{etag}"'})
        return answer_json({**shown, **more}, status, etag=etag)

    async def attachment(self, request: Request, site: Site) -> Response:
        """A file of a case, as a download."""
        caller = await self._caller(request, site, Scope.READ)
        found = await self._case(caller, request.path_params["reference"])
        wanted = request.path_params["attachment"]
        file = await attachments.read_file(self.desk, site.council, found.row.reference, wanted)
        if file is None:
            raise Problem("not-found", "The case has no such file.")
        headers = {
            "content-disposition": f"attachment; filename*=UTF-8''{quote(file.name)}",
            "content-security-policy": "sandbox; default-src 'none'",
            "etag": f'"{file.digest}"',
        }
        return Response(file.content, media_type=file.media_type, headers=headers)

    # -- coming for a case ---------------------------------------------------------------------------------------

    async def claim(self, request: Request, site: Site) -> Response:
        """Hold a case while the system takes it."""
        caller = await self._caller(request, site, Scope.READ, Scope.WORK)
        body = await read_object(request, empty=True)
        seconds = body.get("seconds", collecting.USUAL_HOLD)
        if (
            isinstance(seconds, bool)
            or not isinstance(seconds, int)
            or not 1 <= seconds <= collecting.LONGEST_HOLD
        ):
            raise Problem("bad-request", f"'seconds' is a whole number from 1 to {collecting.LONGEST_HOLD}.")
        reference = request.path_params["reference"]
        await self._taking(collecting.hold(self.desk, caller, reference, seconds))
        return self._shown(request, site, await self._case(caller, reference))

    async def let_go(self, request: Request, site: Site) -> Response:
        """Let a case wait again."""
        caller = await self._caller(request, site, Scope.WORK)
        await self._taking(collecting.let_go(self.desk, caller, request.path_params["reference"]))
        return Response(status_code=204)

    async def acknowledge(self, request: Request, site: Site) -> Response:
        """The system has the case, under its own number."""
        caller = await self._caller(request, site, Scope.READ, Scope.WORK)
        body = await read_object(request, empty=True)
        number, note = _words(body, "id", collecting.LONGEST_ID), _words(body, "note", exchange.LONGEST_NOTE)
        reference = request.path_params["reference"]
        await self._taking(collecting.acknowledge(self.desk, caller, reference, number, note))
        return self._shown(request, site, await self._case(caller, reference))

    async def refuse(self, request: Request, site: Site) -> Response:
        """The system does not take the case: somebody at the council must look."""
        caller = await self._caller(request, site, Scope.READ, Scope.WORK)
        reason = _words(await read_object(request), "reason", collecting.LONGEST_REASON)
        if not reason:
            raise Problem("bad-request", "Say why, as 'reason'.")
        reference = request.path_params["reference"]
        await self._taking(collecting.refuse(self.desk, caller, reference, reason))
        return self._shown(request, site, await self._case(caller, reference))

    async def _taking(self, done: Awaitable[Any]) -> None:
        try:
            await done
        except collecting.NotThere:
            raise Problem("not-found", "There is no such case, or this key does not open it.") from None
        except collecting.NotWaiting as why:
            raise Problem("not-waiting", f"{str(why)[:1].upper()}{str(why)[1:]}.") from None
        except collecting.HeldByAnother as why:
            after = max(1, int((why.until - self.desk.clock()).total_seconds()))
            raise Problem("held", f"{why}.".capitalize(), headers={"retry-after": str(after)}) from None

    # -- answering -----------------------------------------------------------------------------------------------

    async def update(self, request: Request, site: Site) -> Response:
        """Say where a case stands."""
        body = await read_object(request)
        status = status_named(_words(body, "status", 60))
        at = _moment(_words(body, "at", 40))
        return await self._say(request, site, body, "note", status=status, at=at)

    async def message(self, request: Request, site: Site) -> Response:
        """Tell the person who made the case something, or leave a note for staff."""
        body = await read_object(request)
        internal = body.get("internal", False)
        if not isinstance(internal, bool):
            raise Problem("bad-request", "'internal' is true or false.")
        if not _words(body, "text", exchange.LONGEST_NOTE):
            raise Problem("bad-request", "Give what is to be said, as 'text'.")
        return await self._say(request, site, body, "text", status=None, at=None, internal=internal)

    async def _say(
        self, request: Request, site: Site, body: Mapping[str, Any], words: str, *, status: Any, **how: Any
    ) -> Response:
        caller = await self._caller(request, site, Scope.READ, Scope.WORK)
        note = _words(body, words, exchange.LONGEST_NOTE)
        once = request.headers.get("idempotency-key", "").strip() or _words(body, "id", 200)
        if len(once) > 200:
            raise Problem("bad-request", "Idempotency-Key may have up to 200 characters.")
        before = await self._case(caller, request.path_params["reference"])
        reference = before.row.reference
        try:
            taken = await exchange.say(
                self.desk, caller, reference, status=status, note=note, update_id=once or None,
                only_after=_wanted(request), **how,
            )  # fmt: skip
        except Changed:
            said = await exchange.said(self.desk, caller, reference, once) if once else None
            if said is None:
                raise Problem("changed", "Read the case again: something was added to it.") from None
            taken = exchange.Taken(0, 1, ())
        if not taken.added and once:
            said = await exchange.said(self.desk, caller, reference, once)
            same = (
                said is not None
                and said.note == exchange.tidied(note)
                and (status is None or said.status == status)
            )
            if not same or said is None or said.internal != how.get("internal", False):
                raise Problem("key-used", "Use another key: with this one something else was said.")
        after = await self._case(caller, reference)
        return self._shown(request, site, after, 201 if taken.added else 200, again=not taken.added)

    async def attach(self, request: Request, site: Site) -> Response:
        """Add a file to a case; the same file twice is one."""
        caller = await self._caller(request, site, Scope.READ, Scope.WORK)
        found = await self._case(caller, request.path_params["reference"])
        name = _file_name(request.headers.get("content-disposition", ""))
        content = await read_bytes(request, attachments.MOST_BYTES)
        try:
            file = await attachments.look_at(name, content)
            known = {one.attachment for one in found.files}
            source = f"system/{caller.system}"
            [added] = await attachments.add_files(
                self.desk, site.council, found.row.reference, [file], source
            )
        except attachments.AttachmentRefused as why:
            raise Problem("no-file", f"{why}.") from None
        after = await self._case(caller, found.row.reference)
        [row] = [one for one in after.files if one.attachment == added]
        shown = file_json(row, f"{self.root(site)}/cases")
        response = answer_json({**shown, "again": added in known}, 200 if added in known else 201)
        response.headers["location"] = shown["href"]
        return response


# -- parts of requests -----------------------------------------------------------------------------------------------


def _words(body: Mapping[str, Any], name: str, longest: int) -> str:
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > longest:
        raise Problem("bad-request", f"'{name}' is a text of up to {longest:,} characters.")
    return value.strip()


def _limit(text: str) -> int:
    if not text:
        return MOST_CASES
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= MOST_CASES):
        raise Problem("bad-request", f"'limit' is a whole number from 1 to {MOST_CASES}.")
    return int(text)


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Problem(
            "bad-request", "Write a time as RFC 3339 has it, such as 2026-03-10T09:00:00Z."
        ) from None


def _wanted(request: Request) -> int | None:
    """The number of the last entry that If-Match asks for; None where it asks for nothing."""
    wanted = request.headers.get("if-match", "").strip()
    if not wanted or wanted == "*":
        return None
    found = _ETAG.fullmatch(wanted)
    return int(found.group(1)) if found else -1


def _cursor(place: Place) -> str:
    words = msgspec.json.encode([place.recorded_at, place.reference, place.sequence])
    return base64.urlsafe_b64encode(words).decode().rstrip("=")


def _place(cursor: str, since: str) -> Place:
    if cursor and since:
        raise Problem("bad-request", "Give a cursor, or since when: not both.")
    if since:
        found = _moment(since)
        assert found is not None
        return Place(found)
    if not cursor:
        return Place(datetime(2000, 1, 1, tzinfo=UTC))
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        at, reference, sequence = msgspec.json.decode(raw, type=tuple[datetime, str, int])
        if at.tzinfo is None or not 0 <= sequence < 2**31 or "\x00" in reference:
            raise ValueError
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        raise Problem("bad-request", "This cursor is none that was given here: take it as it came.") from None
    return Place(at, reference, sequence)


def _file_name(header: str) -> str:
    """The file's name of a Content-Disposition header, as RFC 6266 has it; 'file' where there is none."""
    message = Message()
    message["content-disposition"] = header.replace("\r", " ").replace("\n", " ")
    return message.get_filename("file") or "file"
