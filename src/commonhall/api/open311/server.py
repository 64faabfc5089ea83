"""The routes of GeoReport v2. Reading services is open; everything that touches a case needs a key."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from commonhall.api.keys import key_in
from commonhall.api.open311 import wire
from commonhall.api.open311.attributes import answers_of, attributes_of
from commonhall.api.open311.media import PATH, Media
from commonhall.api.open311.reading import Sent, read_query, read_sent
from commonhall.api.open311.wire import Refused, items, refused, single, timestamp
from commonhall.casework import attachments, exchange
from commonhall.casework.desk import LONDON, Desk
from commonhall.casework.direct import AnotherRequest, HandedIn, NotAccepted, hand_in
from commonhall.casework.journeys import Along
from commonhall.casework.sites import Site
from commonhall.casework.systems import caller_of
from commonhall.directory.everyday import words_for
from commonhall.directory.services import Services
from commonhall.engine.access import Caller, Scope
from commonhall.engine.back_office import CaseStatus
from commonhall.engine.journey import show_text
from commonhall.engine.package import Adopted

ROOT = "/open311"
SPAN = timedelta(days=90)
"""The longest span of one question, and the usual one."""
MOST_MEDIA = 6
_OPEN = [status.value for status in CaseStatus if not status.is_final]
_CLOSED = [status.value for status in CaseStatus if status.is_final]

Fetch = Callable[[str], Awaitable[bytes]]
"""Get a photo from a web address that is no private one. Raises `OSError` or `ValueError` with the reason."""


@dataclass(frozen=True, slots=True)
class Open311Tools:
    """What the wiring hands in. `secret` signs the addresses of photos; `url` is a council's own, of its site."""

    desk: Desk
    national: Services
    site_of: Callable[[str], Site | None]
    url: Callable[[Site], str]
    fetch: Fetch
    secret: bytes


def open311_app(tools: Open311Tools) -> ASGIApp:
    """The application, for all councils' hosts."""
    server = _Server(tools)
    v2 = f"{ROOT}/v2"
    routes = [
        Route(ROOT + "/discovery.{form}", server.shown(server.discovery)),
        Route(v2 + "/services.{form}", server.shown(server.services)),
        Route(v2 + "/services/{code}.{form}", server.shown(server.definition)),
        Route(v2 + "/requests.{form}", server.shown(server.requests)),
        Route(v2 + "/requests.{form}", server.shown(server.post_request), methods=["POST"]),
        Route(v2 + "/requests/{id}.{form}", server.shown(server.one_request)),
        Route(v2 + "/tokens/{token}.{form}", server.shown(server.token)),
        Route(v2 + "/servicerequestupdates.{form}", server.shown(server.updates)),
        Route(v2 + "/servicerequestupdates.{form}", server.shown(server.post_update), methods=["POST"]),
        Route(PATH + "/{reference}/{attachment}/{signature}", server.media.show),
        Route(ROOT + "/{rest:path}", server.nothing, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    ]
    return Starlette(routes=routes)


View = Callable[[Request, Site], Awaitable[Response]]


class _Server:
    def __init__(self, tools: Open311Tools) -> None:
        self.tools = tools
        self.desk = tools.desk
        self.media = Media(tools.desk, tools.site_of, tools.url, tools.secret)

    def shown(self, view: View) -> Callable[[Request], Awaitable[Response]]:
        """A view whose refusals come in the standard's own shape, in the form that the path asks for."""

        async def answered(request: Request) -> Response:
            form = request.path_params["form"]
            if form not in {"json", "xml"}:
                return refused("json", Refused(404, f"there is no format '{form[:20]}': ask for json or xml"))
            host = request.headers.get("host", "").partition(":")[0].lower()
            site = self.tools.site_of(host)
            try:
                if site is None:
                    raise Refused(404, "no council has this host name")
                self._check_jurisdiction(request, site)
                return await view(request, site)
            except Refused as why:
                return refused(form, why)
            except exchange.NotAllowed as why:
                return refused(form, Refused(403, str(why)))

        return answered

    def _check_jurisdiction(self, request: Request, site: Site) -> None:
        given = request.query_params.get("jurisdiction_id", "").strip()
        if given and given not in {site.council, site.gss, site.host}:
            raise Refused(
                404,
                f"jurisdiction_id '{given[:60]}' is not served here: leave it out, or give '{site.council}'",
            )

    async def _caller(self, request: Request, site: Site, sent: Sent) -> Caller | None:
        return await caller_of(self.desk, site.council, key_in(request, sent.first))

    # -- what there is -------------------------------------------------------------------------------------------

    async def discovery(self, request: Request, site: Site) -> Response:
        """Where the interface is, and what it speaks."""
        base = f"{self.tools.url(site)}{ROOT}/v2"
        formats = ["application/json", "text/xml"]
        about: dict[str, Any] = {
            "changeset": "2011-04-05T17:48Z",
            "contact": site.homepage_url,
            "key_service": f"The council makes keys for systems: {site.homepage_url}",
            "endpoints": [
                {
                    "specification": "http://wiki.open311.org/GeoReport_v2",
                    "url": base,
                    "changeset": "2011-04-05T17:48Z",
                    "type": "test" if site.demonstration else "production",
                    "formats": formats,
                }
            ],
        }
        return single(request.path_params["form"], "discovery", about)

    async def services(self, request: Request, site: Site) -> Response:
        """The services that the council runs."""
        found = [self._service(site, adopted) for adopted in site.services]
        return items(request.path_params["form"], "services", "service", found)

    def _service(self, site: Site, adopted: Adopted) -> dict[str, Any]:
        definition, texts = adopted.service.definition, adopted.texts
        national = self.tools.national.service(definition.lgsl)
        return {
            "service_code": definition.id,
            "service_name": texts.need("en", "name"),
            "description": show_text(adopted, "start.intro", {}, "en"),
            "metadata": True,
            "type": "realtime",
            "keywords": ",".join(
                [*words_for(definition.lgsl), f"lgsl:{definition.lgsl}", f"lgil:{definition.lgil}"]
            ),
            "group": national.name if national else None,
        }

    async def definition(self, request: Request, site: Site) -> Response:
        """What a service asks, as attributes."""
        adopted = _service_of(site, request.path_params["code"])
        found = {"service_code": adopted.service.id, "attributes": attributes_of(adopted)}
        return single(request.path_params["form"], "service_definition", found)

    # -- requests ------------------------------------------------------------------------------------------------

    async def post_request(self, request: Request, site: Site) -> Response:
        """Make a case, by the same rules as a journey."""
        sent = await read_sent(request)
        code = sent.one("service_code")
        if not code:
            raise Refused(400, "service_code was not provided: give one of services.json")
        adopted = _service_of(site, code)
        caller = exchange.may_use(await self._caller(request, site, sent), Scope.SUBMIT, adopted.service.id)
        given, rest = answers_of(adopted, sent.fields)
        along = await self._along(sent, caller, rest)
        key = request.headers.get("idempotency-key", "").strip()[:200] or sent.one("attribute[external_id]")
        try:
            made = await hand_in(
                self.desk, site.council, adopted, given, sender=f"open311:{caller.system}", channel="api",
                key=key or None, along=along,
            )  # fmt: skip
        except NotAccepted as wrong:
            raise Refused(400, _why(adopted, wrong)) from wrong
        except AnotherRequest as wrong:
            raise Refused(400, f"this Idempotency-Key or external_id cannot be used: {wrong}") from wrong
        found = {"service_request_id": made.reference, "service_notice": _notice(made), "account_id": None}
        return items(
            request.path_params["form"], "service_requests", "request", [found], 200 if made.again else 201
        )

    async def _along(self, sent: Sent, caller: Caller, rest: list[tuple[str, str]]) -> Along:
        """What came beside the answers. What cannot be kept of it is told to staff, and loses nothing else."""
        files = await self._files(sent)
        notes = [f"{name}: {text}" for name, text in rest if name != "external_id"]
        media = sent.fields.get("media_url", [])
        room = max(0, min(MOST_MEDIA, attachments.MOST_FILES - len(files)))
        for found in await asyncio.gather(*map(self._fetched, media[:room])):
            if isinstance(found, str):
                notes.append(found)
            else:
                files.append(found)
        notes += [f"Another photo: {address[:300]}" for address in media[room:]]
        return Along(f"system/{caller.system}", files, "\n".join(notes))

    async def _fetched(self, address: str) -> attachments.Attachment | str:
        """A photo at an address, or what to tell staff of it."""
        try:
            content = await self.tools.fetch(address)
            name = address.partition("?")[0].rpartition("/")[2] or "photo"
            return await attachments.look_at(name, content)
        except (OSError, ValueError, attachments.AttachmentRefused) as why:
            return f"A photo at {address[:300]} could not be fetched: {why}"

    async def _files(self, sent: Sent) -> list[attachments.Attachment]:
        if len(sent.files) > attachments.MOST_FILES:
            raise Refused(400, f"a request can have {attachments.MOST_FILES} photos: send fewer")
        try:
            return [await attachments.look_at(name, content) for name, content in sent.files]
        except attachments.AttachmentRefused as why:
            raise Refused(400, str(why)) from None

    async def requests(self, request: Request, site: Site) -> Response:
        """Cases by id, or by service, status and time: newest first."""
        query = read_query(request)
        caller = exchange.may_use(await self._caller(request, site, query), Scope.READ)
        ids = _listed(query.one("service_request_id"))
        span = exchange.Span(references=ids) if ids else self._span_of(query)
        found = await exchange.exchanged(self.desk, caller, span)
        return await self._requests(request, site, found)

    def _span_of(self, query: Sent) -> exchange.Span:
        first, last = _times(query, self.desk.clock())
        statuses: set[str] = set()
        for word in _listed(query.one("status")):
            known = {"open": _OPEN, "closed": _CLOSED}.get(word, [word])
            if not set(known) <= {status.value for status in CaseStatus}:
                raise Refused(
                    400, f"status '{word[:40]}' is not known: say open, closed, or one of the extended ones"
                )
            statuses.update(known)
        codes = _listed(query.one("service_code"))
        return exchange.Span(None, codes or None, sorted(statuses) or None, first, last)

    async def one_request(self, request: Request, site: Site) -> Response:
        """One case."""
        query = read_query(request)
        caller = exchange.may_use(await self._caller(request, site, query), Scope.READ)
        wanted = request.path_params["id"]
        found = await exchange.exchanged(self.desk, caller, exchange.Span(references=[wanted]))
        if not found:
            raise Refused(404, f"service_request_id '{wanted[:60]}' was not found")
        return await self._requests(request, site, found)

    async def _requests(self, request: Request, site: Site, found: list[exchange.Exchanged]) -> Response:
        files = await attachments.files_of(self.desk, site.council, [case.reference for case in found])
        rows = [self._request(site, case, files.get(case.reference, [])) for case in found]
        return items(request.path_params["form"], "service_requests", "request", rows)

    def _request(
        self, site: Site, case: exchange.Exchanged, files: list[attachments.AttachmentRow]
    ) -> dict[str, Any]:
        place = case.location
        row: dict[str, Any] = {
            "service_request_id": case.reference,
            "status": "closed" if case.status.is_final else "open",
            "extended_status": case.status.value,
            "status_notes": case.note or None,
            "service_name": case.adopted.texts.need("en", "name"),
            "service_code": case.service,
            "description": case.summary[:4000],
            "agency_responsible": site.name.get("en"),
            "service_notice": None,
            "requested_datetime": timestamp(case.submitted_at),
            "updated_datetime": timestamp(case.updated_at),
            "expected_datetime": _end_of(case.target_on),
            "address": ", ".join(filter(None, (place.description, place.postcode))) or None,
            "address_id": place.uprn,
            "zipcode": place.postcode,
            "lat": place.lat,
            "long": place.long,
            "media_url": next((self.media.address(site, one) for one in files), None),
        }
        if len(files) > 1:
            row["media_urls"] = [self.media.address(site, one) for one in files]
        return {name: value for name, value in row.items() if value is not None}

    async def token(self, request: Request, site: Site) -> Response:
        """The case that was handed in under a token; here every request has its number at once."""
        query = read_query(request)
        caller = exchange.may_use(await self._caller(request, site, query), Scope.SUBMIT)
        token = request.path_params["token"]
        reference = await exchange.case_by_token(self.desk, caller, token)
        if reference is None:
            raise Refused(404, f"token '{token[:60]}' was not found")
        found = [{"service_request_id": reference, "token": token}]
        return items(request.path_params["form"], "service_requests", "request", found)

    # -- updates -------------------------------------------------------------------------------------------------

    async def updates(self, request: Request, site: Site) -> Response:
        """What happened to cases in a span of time."""
        query = read_query(request)
        caller = exchange.may_use(await self._caller(request, site, query), Scope.READ)
        first, last = _times(query, self.desk.clock())
        rows = [
            {
                "update_id": f"{row.reference}-{row.sequence}",
                "service_request_id": row.reference,
                "status": row.status,
                "updated_datetime": timestamp(row.at),
                "description": row.note,
                "media_url": None,
            }
            for row in await exchange.happened(self.desk, caller, first, last)
        ]
        return items(request.path_params["form"], "service_requests_updates", "request_update", rows)

    async def post_update(self, request: Request, site: Site) -> Response:
        """Add to a case's history."""
        sent = await read_sent(request)
        caller = exchange.may_use(await self._caller(request, site, sent), Scope.WORK)
        reference, word = sent.one("service_request_id"), sent.one("status").lower()
        if not reference:
            raise Refused(400, "service_request_id was not provided")
        known = {status.value: status for status in CaseStatus}
        if word not in known:
            raise Refused(400, f"status '{word[:40]}' is not known: say one of {', '.join(known)}")
        at = sent.one("updated_datetime")
        taken = await exchange.say(
            self.desk,
            caller,
            reference,
            status=known[word],
            note=sent.one("description"),
            at=wire.moment_of("updated_datetime", at) if at else None,
            update_id=sent.one("update_id")[:200] or None,
        )
        if taken.unknown:
            raise Refused(404, f"service_request_id '{reference[:60]}' was not found")
        found = {"update_id": sent.one("update_id") or None, "service_request_id": reference}
        return items(request.path_params["form"], "service_request_updates", "request_update", [found])

    async def nothing(self, request: Request) -> Response:
        """What is not served here."""
        words = f"there is nothing at {request.url.path[:100]}: see {ROOT}/discovery.json"
        return JSONResponse([{"code": 404, "description": words}], 404)


def _service_of(site: Site, code: str) -> Adopted:
    adopted = site.service(code)
    if adopted is None:
        raise Refused(404, f"service_code '{code[:60]}' was not found: see services.json")
    return adopted


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _times(query: Sent, now: datetime) -> tuple[datetime, datetime]:
    """From when until when: ninety days at most, up to now where nothing else is said."""
    start, end = query.one("start_date"), query.one("end_date")
    last = wire.moment_of("end_date", end) if end else None
    first = wire.moment_of("start_date", start) if start else (last or now) - SPAN
    last = last or min(now, first + SPAN) if start else last or now
    if last < first:
        raise Refused(400, "end_date is before start_date")
    if last - first > SPAN:
        raise Refused(400, "start_date and end_date may not span more than 90 days: ask several times")
    return first, last


def _end_of(day: Any) -> str | None:
    return timestamp(datetime(day.year, day.month, day.day, 17, tzinfo=LONDON)) if day else None


def _notice(made: HandedIn) -> str:
    adopted, answers = made.journey.adopted, made.journey.path.answers
    return show_text(adopted, "confirmation.body", answers, "en")[:4000]


def _why(adopted: Adopted, wrong: NotAccepted) -> str:
    if wrong.exit is not None:
        heading = adopted.texts.need("en", f"{wrong.exit.key}.question")
        return f"the service does not take this: {heading}"
    return "; ".join(f"{'.'.join(one.where)}: {one.says}" for one in wrong.wrong)
