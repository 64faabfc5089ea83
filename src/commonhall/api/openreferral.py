"""Open Referral UK 3.0: the live services of a council (or, on the finder's host, of all) as an open directory.

Source: the Open Referral UK profile of HSDS 3.0. Ids are UUIDs made of stable names (version 5, RFC 9562), so that they
are the same in every process and for ever. Every service here is used online: its one location is virtual.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from commonhall.api.govuk import INTERACTIONS
from commonhall.casework.sites import Site
from commonhall.directory.directory import Choice, Directory, Found, NorthernIreland, NotAPostcode
from commonhall.engine.journey import show_text
from commonhall.engine.package import Adopted

ROOT = "/openreferral"
PROFILE = "https://docs.openreferraluk.org/en/latest/"
OPENAPI = "https://raw.githubusercontent.com/openreferral/uk-profile/main/schema/openapi.json"
LISTS = {
    "LGSL": ("Local Government Service List", "http://id.esd.org.uk/list/englishAndWelshServices", "http://id.esd.org.uk/service/"),
    "LGIL": ("Local Government Interaction List", "http://id.esd.org.uk/list/interactions", "http://id.esd.org.uk/interaction/"),
}  # fmt: skip
"""The national lists as taxonomies: their names, and the URIs of lists and terms (esd-toolkit)."""
USUAL, MOST = 50, 500
_SPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?")
_DAYS = frozenset({"MO", "TU", "WE", "TH", "FR", "SA", "SU"})
_LANGUAGES = {"en": "English", "cy": "Welsh"}

Record = dict[str, Any]


class BadQuery(Exception):  # noqa: N818
    """A parameter means nothing here; the message says what to give."""


@dataclass(frozen=True, slots=True)
class ReferralTools:
    """What the wiring hands in. `sites_of` are the sites that a host speaks of; `url` is a page of a council's site, and
    `root` the address of a host's own directory."""

    directory: Directory
    sites_of: Callable[[str], Sequence[Site]]
    url: Callable[[Site, str], str]
    root: Callable[[str], str]


def id_of(*names: object) -> str:
    """A record's id: always the same for the same names."""
    return str(uuid.uuid5(_SPACE, "commonhall/" + "/".join(map(str, names))))


def referral_app(tools: ReferralTools) -> ASGIApp:
    """The directory, for every host."""

    def answered(view: Callable[[Request, _Records], Record | None]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            host = request.headers.get("host", "").partition(":")[0].lower()
            records = _Records(tools, tools.sites_of(host), tools.root(host))
            try:
                found = view(request, records)
            except BadQuery as bad:
                return _answer(request, _problem(400, "A parameter cannot be used", str(bad)), 400)
            if found is None:
                return _answer(request, _problem(404, "There is nothing here", f"See {ROOT}/."), 404)
            return _answer(request, found)

        return endpoint

    routes = [Route(f"{ROOT}/", answered(_about)), Route(ROOT, answered(_about))]
    for name in ("services", "organizations", "taxonomies", "taxonomy_terms", "service_at_locations"):
        routes += [
            Route(f"{ROOT}/{name}", answered(_listing(name))),
            Route(f"{ROOT}/{name}/{{id}}", answered(_single(name))),
        ]
    routes.append(Route(ROOT + "/{rest:path}", answered(lambda _request, _records: None)))
    return Starlette(routes=routes)


@dataclass(frozen=True, slots=True)
class _Records:
    """The records of some sites. A record is made whole; a list shows its one-to-one parts."""

    tools: ReferralTools
    sites: Sequence[Site]
    root: str

    def organizations(self) -> list[Record]:
        return [self._organization(site) for site in sorted(self.sites, key=lambda one: one.name["en"])]

    def _organization(self, site: Site) -> Record:
        council = self.tools.directory.councils.by_gss(site.gss)
        kind = f", a {council.tier} council in {council.nation}" if council else ""
        return {
            "id": id_of("organization", site.gss),
            "name": site.name["en"],
            "description": f"{site.name['en']}{kind}.",
            "website": site.homepage_url,
            "uri": f"http://statistics.data.gov.uk/id/statistical-geography/{site.gss}",
        }

    def services(self) -> list[Record]:
        return [self._service(site, adopted) for site, adopted in self._offered()]

    def _offered(self) -> Iterable[tuple[Site, Adopted]]:
        for site in sorted(self.sites, key=lambda one: one.name["en"]):
            for adopted in sorted(site.services, key=lambda one: one.service.id):
                yield site, adopted

    def _service(self, site: Site, adopted: Adopted) -> Record:
        definition = adopted.service.definition
        here = ("service", site.gss, definition.id)
        terms = [self._term("LGSL", definition.lgsl), self._term("LGIL", definition.lgil)]
        return {
            "id": id_of(*here),
            "name": adopted.texts.need("en", "name"),
            "description": show_text(adopted, "start.intro", {}, "en"),
            "url": self.tools.url(site, f"/{definition.id}"),
            "status": "active",
            "organization": self._organization(site),
            "languages": [
                {"id": id_of(*here, "language", code), "code": code, "name": _LANGUAGES.get(code, code)}
                for code in adopted.languages
            ],
            "service_areas": [
                {
                    "id": id_of(*here, "area"),
                    "name": site.name["en"],
                    "extent": site.gss,
                    "extent_type": "GSS code",
                    "uri": f"http://statistics.data.gov.uk/id/statistical-geography/{site.gss}",
                }
            ],
            "attributes": [
                {
                    "id": id_of(*here, "attribute", term["id"]),
                    "link_type": "service_type",
                    "taxonomy_term": term,
                }
                for term in terms
            ],
            "service_at_locations": [
                {
                    "id": id_of(*here, "at", "online"),
                    "location": {
                        "id": id_of(*here, "location", "online"),
                        "location_type": "virtual",
                        "name": "Online",
                        "description": self.tools.url(site, f"/{definition.id}"),
                    },
                }
            ],
        }

    def service_at_locations(self) -> list[Record]:
        found = []
        for service in self.services():
            [at] = service["service_at_locations"]
            found.append({**at, "service": {k: v for k, v in service.items() if k != "service_at_locations"}})
        return found

    def taxonomies(self) -> list[Record]:
        return [
            {
                "id": id_of("taxonomy", code),
                "name": name,
                "description": f"The {name} ({code}) of the Local Government Association.",
                "uri": uri,
                "version": "1",
            }
            for code, (name, uri, _) in LISTS.items()
        ]

    def taxonomy_terms(self) -> list[Record]:
        used = {("LGSL", adopted.service.definition.lgsl) for _, adopted in self._offered()}
        used |= {("LGIL", adopted.service.definition.lgil) for _, adopted in self._offered()}
        return [self._term(code, number) for code, number in sorted(used)]

    def _term(self, code: str, number: int) -> Record:
        national = self.tools.directory.services.service(number) if code == "LGSL" else None
        name = national.name if national else INTERACTIONS.get(number, f"{code} {number}")
        return {
            "id": id_of("term", code, number),
            "name": name,
            "description": f"{code} {number}: {name}",
            "taxonomy": LISTS[code][0],
            "taxonomy_id": id_of("taxonomy", code),
            "term": str(number),
            "term_uri": f"{LISTS[code][2]}{number}",
        }


_NESTED = {
    "services": ("languages", "service_areas", "attributes", "service_at_locations"),
    "organizations": (),
    "taxonomies": (),
    "taxonomy_terms": (),
    "service_at_locations": (),
}
"""What a list leaves to the single record: all that may be there several times."""


def _about(_request: Request, records: _Records) -> Record:
    return {
        "version": "3.0",
        "profile": PROFILE,
        "openapi_url": OPENAPI,
        "url": records.root,
    }


def _single(name: str) -> Callable[[Request, _Records], Record | None]:
    def view(request: Request, records: _Records) -> Record | None:
        wanted = request.path_params["id"]
        found: Record | None = next((one for one in getattr(records, name)() if one["id"] == wanted), None)
        if found is not None and name == "organizations":
            mine = [one for one in records.services() if one["organization"]["id"] == wanted]
            found = {**found, "services": [_plain(one, "services") for one in mine]}
        return found

    return view


def _listing(name: str) -> Callable[[Request, _Records], Record]:
    def view(request: Request, records: _Records) -> Record:
        query = {key: value.strip() for key, value in request.query_params.items() if value.strip()}
        _check(query)
        found: list[Record] = getattr(records, name)()
        wanted = [one for one in found if _fits(records, name, one, query)]
        whole = _yes(query, "full")
        if _yes(query, "minimal"):
            contents = [{"id": one["id"]} for one in wanted]
            return _page(contents, 1, max(1, len(contents)))
        page, size = _number(query, "page", 1, 10_000_000), _number(query, "per_page", USUAL, MOST)
        return _page([one if whole else _plain(one, name) for one in wanted], page, size)

    return view


def _plain(record: Record, name: str) -> Record:
    plain = {key: value for key, value in record.items() if key not in _NESTED[name]}
    if name == "service_at_locations":
        plain["service"] = _plain(plain["service"], "services")
    return plain


def _page(records: Sequence[Record], page: int, size: int) -> Record:
    pages = max(1, -(-len(records) // size))
    contents = list(records[(page - 1) * size : page * size])
    return {
        "total_items": len(records),
        "total_pages": pages,
        "page_number": page,
        "size": len(contents),
        "first_page": page == 1,
        "last_page": page >= pages,
        "empty": not contents,
        "contents": contents,
    }


def _fits(records: _Records, name: str, record: Record, query: Mapping[str, str]) -> bool:
    """Whether a record is among those asked for. Raises `BadQuery`."""
    if name not in {"services", "service_at_locations"}:
        return True
    service = record["service"] if name == "service_at_locations" else record
    # What a service does not say of itself (ages, times), it is not found by.
    if any(
        key in query for key in ("minimum_age", "maximum_age", "start_time", "end_time", "day", "proximity")
    ):
        return False
    words = query.get("search", "").lower().split()
    text = " ".join((service["name"], service["description"], service["organization"]["name"])).lower()
    if not all(word in text for word in words):
        return False
    terms = [one["taxonomy_term"] for one in service["attributes"]]
    if "taxonomy_term_id" in query and query["taxonomy_term_id"] not in {one["id"] for one in terms}:
        return False
    if "taxonomy_id" in query and query["taxonomy_id"] not in {one["taxonomy_id"] for one in terms}:
        return False
    if query.get("organization_id", service["organization"]["id"]) != service["organization"]["id"]:
        return False
    return "postcode" not in query or service["service_areas"][0]["extent"] in _areas(
        records, query["postcode"]
    )


def _areas(records: _Records, postcode: str) -> set[str]:
    match records.tools.directory.find(postcode):
        case NotAPostcode():
            raise BadQuery("postcode must be a UK postcode, such as AA3 1AB")
        case Found(_, councils) | NorthernIreland(_, councils):
            return {council.gss for council in councils}
        case Choice(_, candidates, _):
            return {council.gss for council in candidates}
        case _:
            return set()


def _check(query: Mapping[str, str]) -> None:
    for name in ("modified_after", "modified_before"):
        if name in query:
            raise BadQuery(f"{name} cannot be used: this directory does not know when a record was changed")
    for name in ("minimum_age", "maximum_age", "proximity"):
        if name in query and not re.fullmatch(r"\d{1,9}(\.\d{1,9})?", query[name]):
            raise BadQuery(f"{name} must be a number")
    for name in ("start_time", "end_time"):
        if name in query and not _TIME.fullmatch(query[name]):
            raise BadQuery(f"{name} must be a time, such as 09:30")
    if "day" in query and not set(query["day"].upper().split(",")) <= _DAYS:
        raise BadQuery("day must be one of MO, TU, WE, TH, FR, SA, SU, or several with commas")
    if "proximity" in query and "postcode" not in query:
        raise BadQuery("proximity needs a postcode")
    if query.get("format", "json") != "json":
        raise BadQuery("format must be json")


def _yes(query: Mapping[str, str], name: str) -> bool:
    word = query.get(name, "false").lower()
    if word not in {"true", "false"}:
        raise BadQuery(f"{name} must be true or false")
    return word == "true"


def _number(query: Mapping[str, str], name: str, usual: int, most: int) -> int:
    text = query.get(name, str(usual))
    if not re.fullmatch(r"\d{1,8}", text, re.ASCII) or not 1 <= int(text) <= most:
        raise BadQuery(f"{name} must be a whole number from 1 to {most}")
    return int(text)


def _problem(status: int, title: str, detail: str) -> Record:
    return {"type": "about:blank", "title": title, "status": status, "detail": detail}


def _answer(request: Request, found: Record, status: int = 200) -> Response:
    content = msgspec.json.encode(found)
    headers = {"access-control-allow-origin": "*"}
    if status != 200:
        return Response(content, status, headers, media_type="application/problem+json")
    headers |= {
        "etag": f'"{hashlib.sha256(content).hexdigest()[:32]}"',
        "cache-control": "public, max-age=300",
    }
    if headers["etag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type="application/json")
