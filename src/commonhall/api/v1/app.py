"""The routes of the API: services, journeys page by page, and a case in one call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from commonhall.api.keys import key_in
from commonhall.api.v1.bodies import answer_json, answers_in, rating_in, read_object, typed_in
from commonhall.api.v1.cases import cases_views
from commonhall.api.v1.limits import Limits, Standing
from commonhall.api.v1.openapi import document_of, index_of
from commonhall.api.v1.pages import (
    ROOT,
    SERVICE_IN_SCOPE,
    Prose,
    page_of,
    start_of,
    state_of,
    submitted_of,
)
from commonhall.api.v1.problems import KINDS, Problem
from commonhall.casework.desk import Desk
from commonhall.casework.direct import AnotherRequest, NotAccepted, hand_in
from commonhall.casework.exchange import NotAllowed, may_use
from commonhall.casework.journeys import (
    Journey,
    JourneyGone,
    answer_page,
    load_journey,
    rate_journey,
    reach_exit,
    start_journey,
    submit_journey,
)
from commonhall.casework.sites import Site
from commonhall.casework.systems import caller_of
from commonhall.engine.access import Scope
from commonhall.engine.contract import adopted_contract
from commonhall.engine.intake import read_page, read_typed
from commonhall.engine.journey import JourneyIncomplete
from commonhall.engine.package import Adopted

_CORS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "etag, location, ratelimit, ratelimit-policy, retry-after",
}
"""Any site's page may ask: nothing here goes by a cookie, so a browser lends nobody's sign-in."""
_PREFLIGHT = {
    **_CORS,
    "access-control-allow-methods": "GET, POST, DELETE",
    "access-control-allow-headers": (
        "authorization, content-disposition, content-type, idempotency-key, if-match, if-none-match, x-api-key"
    ),
    "access-control-max-age": "86400",
}


@dataclass(frozen=True, slots=True)
class ApiTools:
    """What the wiring hands in; `url` is a council's own address, of its site."""

    desk: Desk
    site_of: Callable[[str], Site | None]
    url: Callable[[Site], str]
    prose: Prose
    limits: Limits


View = Callable[[Request, Site], Awaitable[Response]]


def v1_app(tools: ApiTools) -> ASGIApp:
    """The application, for all councils' hosts."""
    api = _Api(tools)
    views: list[tuple[str, str, View]] = [
        ("/openapi.json", "GET", api.index),
        ("/problems", "GET", _problems),
        ("/services", "GET", api.services),
        ("/services/{service}", "GET", api.service),
        ("/services/{service}/contract", "GET", api.contract),
        ("/services/{service}/openapi.json", "GET", api.openapi),
        ("/services/{service}/cases", "POST", api.make_case),
        ("/services/{service}/journeys", "POST", api.start),
        ("/journeys/{journey}", "GET", api.journey),
        ("/journeys/{journey}/pages/{page}", "GET", api.page),
        ("/journeys/{journey}/pages/{page}", "POST", api.answer),
        ("/journeys/{journey}/submit", "POST", api.submit),
        ("/journeys/{journey}/feedback", "POST", api.rate),
    ]
    views += cases_views(tools.desk, lambda site: f"{tools.url(site)}{ROOT}")
    routes = [Route(ROOT + path, api.answered(view), methods=[method]) for path, method, view in views]
    anything = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    for path in dict.fromkeys(path for path, _, _ in views):
        allowed = [method for other, method, _ in views if other == path]
        routes.append(Route(ROOT + path, api.answered(partial(_another_method, allowed)), methods=anything))
    routes.append(Route(ROOT + "/{rest:path}", api.answered(_nothing), methods=anything))
    return Starlette(routes=routes)


class _Api:
    def __init__(self, tools: ApiTools) -> None:
        self.tools = tools
        self.desk = tools.desk
        self._log = structlog.get_logger("api")

    def answered(self, view: View) -> Callable[[Request], Awaitable[Response]]:
        """A view within its limit, whose problems are answered as problems."""

        async def endpoint(request: Request) -> Response:
            if request.method == "OPTIONS":
                return Response(status_code=204, headers=_PREFLIGHT)
            # By address and not by key: whoever makes keys up would never come to an end.
            standing = self.tools.limits.take(request.client.host if request.client else "?")
            try:
                response = await self._within(request, view, standing)
            except Problem as problem:
                response = problem.response()
            except Exception:
                self._log.exception("a request broke", path=request.url.path)
                response = JSONResponse(
                    {"type": "about:blank", "title": "This went wrong on our side", "status": 500}, 500,
                    media_type="application/problem+json",
                )  # fmt: skip
            response.headers.update({**_CORS, **standing.headers, "x-content-type-options": "nosniff"})
            response.headers.setdefault("cache-control", "no-store")
            return response

        return endpoint

    async def _within(self, request: Request, view: View, standing: Standing) -> Response:
        if standing.after:
            raise Problem("too-many", f"Wait {standing.after} seconds, then ask again.")
        site = self.tools.site_of(request.headers.get("host", "").partition(":")[0].lower())
        if site is None:
            raise Problem("not-found", "No council has this host name.")
        try:
            return await view(request, site)
        except JourneyGone as gone:
            kind, words = ("gone", "It has expired") if gone.expired else ("not-found", "There is no such journey for this secret")  # fmt: skip
            raise Problem(kind, f"{words}. Start another.") from None
        except NotAllowed as refused:
            has_key = bool(key_in(request))
            head = {} if has_key else {"www-authenticate": "Bearer"}
            raise Problem("not-allowed" if has_key else "no-key", f"{refused}.", headers=head) from None

    # -- what there is -------------------------------------------------------------------------------------------

    async def index(self, request: Request, site: Site) -> Response:
        """The API as it is for every service of this council."""
        return answer_json(index_of(self.tools.url(site), site))

    async def services(self, request: Request, site: Site) -> Response:
        """The services that the council runs."""
        return answer_json({"services": [self._about(site, adopted) for adopted in site.services]})

    async def service(self, request: Request, site: Site) -> Response:
        """One service, with what its start page says."""
        adopted = _service_of(request, site)
        start = {language: start_of(adopted, language, self.tools.prose) for language in adopted.languages}
        minutes = adopted.service.definition.start.time
        return answer_json({**self._about(site, adopted), "start": start, "minutes": minutes})

    def _about(self, site: Site, adopted: Adopted) -> dict[str, Any]:
        here = f"{self.tools.url(site)}{ROOT}/services/{adopted.service.id}"
        definition = adopted.service.definition
        return {
            "id": definition.id,
            "version": definition.version,
            "name": {language: adopted.texts.need(language, "name") for language in adopted.languages},
            "languages": list(adopted.languages),
            "lgsl": definition.lgsl,
            "lgil": definition.lgil,
            "page": f"{self.tools.url(site)}/{definition.id}",
            "links": {
                "self": here,
                "contract": f"{here}/contract",
                "openapi": f"{here}/openapi.json",
                "journeys": f"{here}/journeys",
                "cases": f"{here}/cases",
            },
        }

    async def contract(self, request: Request, site: Site) -> Response:
        """The service's contract as the council runs it: a JSON Schema of its answers."""
        found = adopted_contract(_service_of(request, site))
        return answer_json(found, media_type="application/schema+json")

    async def openapi(self, request: Request, site: Site) -> Response:
        """The API of one service, with its exact contract."""
        return answer_json(document_of(self.tools.url(site), site, _service_of(request, site)))

    # -- a case in one call --------------------------------------------------------------------------------------

    async def make_case(self, request: Request, site: Site) -> Response:
        """Make a case of all answers at once."""
        adopted = _service_of(request, site)
        caller = may_use(
            await caller_of(self.desk, site.council, key_in(request)), Scope.SUBMIT, adopted.service.id
        )
        body = await read_object(request)
        answers, language = answers_in(body), _language(body, adopted)
        key = request.headers.get("idempotency-key", "").strip()
        if len(key) > 200:
            raise Problem("bad-request", "Idempotency-Key may have up to 200 characters.")
        try:
            made = await hand_in(
                self.desk, site.council, adopted, answers, sender=f"api:{caller.system}", channel="api",
                language=language, key=key or None,
            )  # fmt: skip
        except NotAccepted as refused:
            raise self._refused(adopted, refused, language) from None
        except AnotherRequest as used:
            raise Problem("key-used", f"Use another key: {used}.") from None
        journey = made.journey
        found = {
            **submitted_of(journey, self.tools.url(site), self.tools.prose),
            "service": adopted.service.id,
            "again": made.again,
        }
        return answer_json(found, 200 if made.again else 201)

    def _refused(self, adopted: Adopted, refused: NotAccepted, language: str) -> Problem:
        if refused.exit is not None:
            shown = page_of(adopted, refused.exit, {}, language, self.tools.prose)
            return Problem("turned-away", f"{shown['question']}", page=shown)
        return Problem("not-accepted", "Correct what is wrong and send it again.", errors=refused.wrong)

    # -- page by page --------------------------------------------------------------------------------------------

    async def start(self, request: Request, site: Site) -> Response:
        """Start a journey; whoever has its secret goes on with it."""
        adopted = _service_of(request, site)
        body = await read_object(request, empty=True)
        secret = self.desk.chance.token()
        journey_id = await start_journey(
            self.desk, adopted, site.council, browser=secret, language=_language(body, adopted), channel="api"
        )
        journey = await load_journey(self.desk, site.council, journey_id, browser=secret)
        response = await self._state(site, journey, 201, secret=secret)
        response.headers["location"] = f"{self.tools.url(site)}{ROOT}/journeys/{journey_id}"
        return response

    async def _load(self, request: Request, site: Site) -> tuple[Journey, str]:
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise Problem(
                "no-key",
                "Give the journey's secret as Authorization: Bearer.",
                headers={"www-authenticate": "Bearer"},
            )
        secret = secret.strip()
        journey = await load_journey(self.desk, site.council, request.path_params["journey"], browser=secret)
        request.scope[SERVICE_IN_SCOPE] = journey.service
        return _shown_in(request, journey), secret

    async def _state(self, site: Site, journey: Journey, status: int = 200, **more: Any) -> Response:
        await reach_exit(self.desk, journey)
        found = state_of(journey, self.tools.url(site), self.tools.prose)
        return answer_json({**found, **more}, status, etag=journey.revision)

    async def journey(self, request: Request, site: Site) -> Response:
        """Where a journey stands."""
        journey, _ = await self._load(request, site)
        return await self._state(site, journey)

    async def page(self, request: Request, site: Site) -> Response:
        """A page of the journey with what was answered, to change it: how one goes back."""
        journey, _ = await self._load(request, site)
        page = journey.adopted.page(request.path_params["page"])
        if page is None or not journey.path.reaches(page.id):
            raise Problem("not-found", "The journey does not come to this page: see its path.")
        shown = page_of(journey.adopted, page, journey.answers, journey.language, self.tools.prose)
        back = journey.path.before(page.id)
        here = f"{self.tools.url(site)}{ROOT}/journeys/{journey.id}"
        links = {"self": f"{here}/pages/{page.id}", "journey": here}
        return answer_json(
            {**shown, "links": links | ({"back": f"{here}/pages/{back.id}"} if back else {})},
            etag=journey.revision,
        )

    async def answer(self, request: Request, site: Site) -> Response:
        """Answer a page; what follows is the state of the journey."""
        journey, secret = await self._load(request, site)
        if journey.reference is not None:
            raise Problem("submitted", f"It is case {journey.reference}.")
        _unchanged(request, journey)
        page = journey.adopted.page(request.path_params["page"])
        if page is None or page.exit or not journey.path.reaches(page.id):
            raise Problem(
                "not-found", "The journey does not come to this page, or it asks nothing: see its path."
            )
        body = await read_object(request)
        adopted, today, language = journey.adopted, journey.today, journey.language
        if "typed" in body and "answers" not in body:
            accepted, wrong = read_typed(adopted, page, typed_in(body), journey.answers, today, language)
        else:
            accepted, wrong = read_page(adopted, page, answers_in(body), journey.answers, today, language)
        if wrong:
            raise Problem("not-accepted", "Correct what is wrong and send it again.", errors=wrong)
        journey = await answer_page(
            self.desk, journey.adopted, site.council, journey.id, browser=secret, answers=accepted
        )
        return await self._state(site, _shown_in(request, journey))

    async def submit(self, request: Request, site: Site) -> Response:
        """Make the journey a case; twice is harmless."""
        journey, secret = await self._load(request, site)
        if journey.reference is None:
            _unchanged(request, journey)
        try:
            done = await submit_journey(self.desk, site.council, journey.id, browser=secret)
        except JourneyIncomplete:
            raise Problem(
                "not-ready", "There are questions to be answered: see where the journey stands."
            ) from None
        return await self._state(site, _shown_in(request, done), 200 if journey.reference else 201)

    async def rate(self, request: Request, site: Site) -> Response:
        """Keep how satisfied the person was with a journey that is submitted, once; twice is harmless."""
        journey, secret = await self._load(request, site)
        score, comment = rating_in(await read_object(request))
        if journey.reference is None:
            raise Problem("not-ready", "Submit the journey first.")
        first = await rate_journey(
            self.desk, site.council, journey.id, browser=secret, score=score, comment=comment
        )
        return answer_json({"again": not first})


async def _problems(request: Request, site: Site) -> Response:
    """What each type of problem means: where its address leads."""
    return answer_json({kind: {"status": status, "title": title} for kind, (status, title) in KINDS.items()})


async def _nothing(request: Request, site: Site) -> Response:
    raise Problem("not-found", f"See {ROOT}/openapi.json for what is served.")


async def _another_method(allowed: list[str], request: Request, site: Site) -> Response:
    raise Problem("method", f"Here it is {' or '.join(allowed)}.", headers={"allow": ", ".join(allowed)})


def _service_of(request: Request, site: Site) -> Adopted:
    adopted = site.service(request.path_params["service"])
    if adopted is None:
        paused = site.is_paused(request.path_params["service"])
        raise Problem("not-found", "The council has paused this service." if paused else "The council runs no such service.")  # fmt: skip
    return adopted


def _unchanged(request: Request, journey: Journey) -> None:
    wanted = request.headers.get("if-match", "").strip()
    if wanted and wanted != "*" and f'"{journey.revision}"' not in [one.strip() for one in wanted.split(",")]:
        raise Problem("changed", "Read the journey again: its answers are others now.")


def _shown_in(request: Request, journey: Journey) -> Journey:
    """The journey in the language that is asked for: a person may change it on the way."""
    wanted = request.query_params.get("language", journey.language)
    if wanted not in journey.adopted.languages:
        raise Problem("bad-request", f"The language must be one of {', '.join(journey.adopted.languages)}.")
    return replace(journey, language=wanted)


def _language(body: Mapping[str, Any], adopted: Adopted) -> str:
    language = body.get("language", "en")
    if language not in adopted.languages:
        raise Problem("bad-request", f"The language must be one of {', '.join(adopted.languages)}.")
    return str(language)
