"""What GOV.UK and councils exchange: links to councils' live services as its editors import them, and who serves a postcode.

The columns of the CSV are those of GOV.UK's local links; the addresses and shapes of the finder's API are those that
GOV.UK serves at `/api/local-authority`.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from commonhall.casework.links import LinkIndex, LinkRow
from commonhall.casework.moving_extras import harmless
from commonhall.casework.sites import Site
from commonhall.directory.councils import Council
from commonhall.directory.directory import Choice, Directory, Found, NorthernIreland, NotAPostcode

COLUMNS = (
    "Authority Name", "GSS", "Description", "LGSL", "LGIL", "URL", "Title", "Supported by GOV.UK", "Status",
    "Problem summary", "Status error", "Status warning", "New URL", "New Title",
)  # fmt: skip
INTERACTIONS: Mapping[int, str] = MappingProxyType({
    0: "Applications for service", 1: "Booking venues, resources and courses", 2: "Collecting revenue",
    3: "Consultation", 4: "Paying for goods and services", 5: "Procurement",
    6: "Providing access to community, professionals or business networks", 7: "Providing benefits and grants",
    8: "Providing information", 9: "Regulation", 10: "Appealing", 11: "Changing circumstances", 12: "Status checking",
    13: "Complaining", 14: "Renewing", 15: "Repairing", 16: "Replacing", 17: "Reporting",
    20: "Entitlement/eligibility checking", 21: "Appointment booking", 22: "Venue/facility booking",
    23: "Reserving a resource", 24: "Course booking", 25: "Statutory consultation", 26: "Democratic consultation",
    27: "Customer surveys", 28: "Issuing (licence, consent or permit)", 29: "Enforcement",
    30: "Application for exemption", 31: "Notifying of incidents or instances", 32: "Providing periodic returns",
    33: "Tell us once",
})  # fmt: skip
"""The Local Government Interaction List: what each LGIL is called (Local Government Association)."""


@dataclass(frozen=True, slots=True)
class GovukTools:
    """What the wiring hands in. `url` is the address of a page of a council's site."""

    directory: Directory
    all_sites: Callable[[], list[Site]]
    site_of: Callable[[str], Site | None]
    url: Callable[[Site, str], str]
    links: LinkIndex


def links_app(tools: GovukTools) -> ASGIApp:
    """`/local-links.csv` on a council's host: its own live services."""

    async def links(request: Request) -> Response:
        site = tools.site_of(request.headers.get("host", "").partition(":")[0].lower())
        return _csv(request, local_links(tools, [site] if site else []), site.council if site else "none")

    return Starlette(routes=[Route("/local-links.csv", links)])


def finder_api(tools: GovukTools) -> ASGIApp:
    """On the finder's host: `/local-links.csv` of all councils, `/api/local-authority` and `/api/link`."""

    async def links(request: Request) -> Response:
        sites = tools.all_sites()
        return _csv(request, local_links(tools, sites, _others(tools, sites)), "all-councils")

    async def link(request: Request) -> Response:
        return _link(tools, request.query_params)

    async def by_postcode(request: Request) -> Response:
        return _postcode(tools.directory, request.query_params.get("postcode", "")[:60].strip())

    async def by_slug(request: Request) -> Response:
        council = tools.directory.councils.council(request.path_params["slug"])
        if council is None:
            return _json({"message": "Local authority not found"}, 404)
        return _json({"local_authority": authority_of(tools.directory, council)})

    async def nothing(request: Request) -> Response:
        return _json({"message": "Not found"}, 404)

    return Starlette(
        routes=[
            Route("/local-links.csv", links),
            Route("/api/local-authority", by_postcode),
            Route("/api/link", link),
            Route("/api/local-authority/{slug}", by_slug),
            Route("/api/{rest:path}", nothing),
        ]
    )


def local_links(tools: GovukTools, sites: Iterable[Site], others: Iterable[LinkRow] = ()) -> str:
    """The CSV: one row for each live service, by council and LGSL, then other councils' own pages. A cell that a spreadsheet would run begins with '.

    `New URL` repeats the address, since that is the column which GOV.UK's import reads.
    """
    page = io.StringIO()
    sheet = csv.writer(page, lineterminator="\n")
    sheet.writerow(COLUMNS)
    for site in sorted(sites, key=lambda one: one.name["en"]):
        for adopted in sorted(site.services, key=lambda one: (one.service.definition.lgsl, one.service.id)):
            definition = adopted.service.definition
            national = tools.directory.services.service(definition.lgsl)
            name = national.name if national else adopted.texts.need("en", "name")
            interaction = INTERACTIONS.get(definition.lgil, f"Interaction {definition.lgil}")
            address, title = tools.url(site, f"/{definition.id}"), adopted.texts.need("en", "name")
            supported = "true" if national and national.govuk_tiers else "false"
            row = (
                site.name["en"], site.gss, f"{name}: {interaction}", definition.lgsl, definition.lgil, address, title,
                supported, "ok", "", "", "", address, title,
            )  # fmt: skip
            sheet.writerow([harmless(cell) for cell in row])
    for link in others:
        sheet.writerow([harmless(cell) for cell in _other(tools, link)])
    return page.getvalue()


def _others(tools: GovukTools, sites: Iterable[Site]) -> list[LinkRow]:
    """The links of councils that do not run the service here."""
    served = {(site.council, adopted.service.definition.lgsl) for site in sites for adopted in site.services}
    return [row for row in tools.links.all if (row.slug, row.lgsl) not in served]


def _other(tools: GovukTools, row: LinkRow) -> tuple[object, ...]:
    council, national = tools.directory.councils.council(row.slug), tools.directory.services.service(row.lgsl)
    name = national.name if national else str(row.lgsl)
    interaction = INTERACTIONS.get(row.lgil, f"Interaction {row.lgil}")
    return (
        council.name if council else row.slug, council.gss if council else "", f"{name}: {interaction}", row.lgsl,
        row.lgil, row.url, row.title, "true" if national and national.govuk_tiers else "false", row.status, row.problem,
        row.problem if row.status == "broken" else "", row.problem if row.status == "caution" else "", row.url, row.title,
    )  # fmt: skip


def _link(tools: GovukTools, query: Mapping[str, str]) -> Response:
    """Where a council does something: its live service here, or its own page; the council alone where neither is known."""
    slug, lgsl, lgil = query.get("authority_slug", ""), query.get("lgsl", ""), query.get("lgil", "")
    if not slug or not _is_code(lgsl) or (lgil and not _is_code(lgil)):
        return _json({"message": "Give authority_slug and lgsl, and lgil if it matters, as numbers"}, 400)
    council = tools.directory.councils.council(slug)
    if council is None or tools.directory.services.service(int(lgsl)) is None:
        return _json({"message": "Not found"}, 404)
    about = {
        "name": council.name,
        "slug": council.slug,
        "gss": council.gss,
        "tier": council.tier,
        "homepage_url": council.homepage_url,
        "country_name": council.nation,
    }
    found = _interaction(tools, slug, int(lgsl), int(lgil) if lgil else None)
    return _json({"local_authority": about} | ({"local_interaction": found} if found else {}))


def _interaction(tools: GovukTools, slug: str, lgsl: int, lgil: int | None) -> dict[str, Any] | None:
    for site in tools.all_sites():
        for adopted in site.services if site.council == slug else ():
            definition = adopted.service.definition
            if definition.lgsl == lgsl and lgil in {None, definition.lgil}:
                address, title = tools.url(site, f"/{definition.id}"), adopted.texts.need("en", "name")
                return {
                    "lgsl_code": lgsl,
                    "lgil_code": definition.lgil,
                    "url": address,
                    "title": title,
                    "status": "ok",
                }
    rows = tools.links.of(slug, lgsl, lgil)
    row = rows[0] if lgil is not None and rows else tools.links.best(slug, lgsl) if lgil is None else None
    if row is None:
        return None
    return {
        "lgsl_code": lgsl,
        "lgil_code": row.lgil,
        "url": row.url,
        "title": row.title or None,
        "status": row.status,
    }


def _is_code(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 7


def _csv(request: Request, text: str, name: str) -> Response:
    content = text.encode()
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"etag": etag, "cache-control": "public, max-age=300", "access-control-allow-origin": "*"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    headers["content-disposition"] = f'attachment; filename="local-links-{name}.csv"'
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


def _postcode(directory: Directory, postcode: str) -> Response:
    """One council: on to its own address. Several: their names to choose from, since no address is held here."""
    match directory.find(postcode):
        case NotAPostcode():
            return _json({"message": "Invalid postcode"}, 400)
        case Found(_, (council, *_)):
            headers = {"access-control-allow-origin": "*", "cache-control": "public, max-age=3600"}
            return RedirectResponse(f"/api/local-authority/{quote(council.slug)}", 302, headers)
        case Choice(_, candidates, whole) if whole:
            return _json({"addresses": [_choice(council) for council in candidates]})
        case NorthernIreland(_, councils):
            return _json({"addresses": [_choice(council) for council in councils]})
        case Choice():
            return _json({"message": "Invalid postcode"}, 400)
        case _:
            return _json({"message": "Postcode not found"}, 404)


def _choice(council: Council) -> dict[str, str]:
    return {"address": council.name, "slug": council.slug, "name": council.name}


def authority_of(directory: Directory, council: Council) -> dict[str, Any]:
    """A council, with its county where it has one."""
    found: dict[str, Any] = {
        "name": council.name,
        "homepage_url": council.homepage_url,
        "tier": council.tier,
        "slug": council.slug,
    }
    parent = directory.councils.parent(council)
    return {**found, "parent": authority_of(directory, parent)} if parent else found


def _json(found: Mapping[str, Any], status: int = 200) -> JSONResponse:
    return JSONResponse(
        found, status, {"access-control-allow-origin": "*", "cache-control": "public, max-age=300"}
    )
