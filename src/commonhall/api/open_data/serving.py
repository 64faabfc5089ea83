"""The addresses of the open data: `/open-data/…` on a council's host for its own, on the finder's for all councils."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from commonhall.api.open_data.files import as_csv, as_parquet, csv_of
from commonhall.api.open_data.schema import LICENCE, ROOT, data_package, is_of, month_name
from commonhall.api.open_data.shelf import Kept, Shelf
from commonhall.reporting.open_data import Publisher, Row
from commonhall.reporting.transactions import Costs, Quarter, header, no_costs, transactions, whole_quarters

FRESH = timedelta(hours=1)
FRESH_PAST = timedelta(hours=6)
"""How long files of past months are kept: late scores and lapsed journeys still change them a little."""
AT_ONCE = 2
"""How many files are made at the same time, so that pages are not kept waiting."""
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "json": "application/json",
}
View = Callable[["_Makers", Mapping[str, str]], Awaitable[Kept | None]]


@dataclass(frozen=True, slots=True)
class OpenDataTools:
    """What the wiring hands in.

    `publishers` gives whose measures a host shows: one council's, or everybody's on the finder's. `months` and `rows`
    read them; `url` is a host's address; `costs` says what a transaction cost.
    """

    clock: Callable[[], datetime]
    today: Callable[[], date]
    publishers: Callable[[str], Sequence[Publisher]]
    months: Callable[[Sequence[str], date], Awaitable[list[date]]]
    rows: Callable[[Sequence[Publisher], date, date], Awaitable[list[Row]]]
    url: Callable[[str], str]
    costs: Costs = no_costs


class _Makers:
    """Makes and keeps the files of whoever publishes on one host."""

    def __init__(self, tools: OpenDataTools, host: str, shelf: Shelf, making: asyncio.Semaphore) -> None:
        self.tools = tools
        self.host = host
        self.publishers = tools.publishers(host)
        self.today = tools.today()
        self._shelf = shelf
        self._making = making

    async def months(self) -> list[date]:
        """The months that there are files of, in order."""

        async def make() -> bytes:
            councils = [one.council for one in self.publishers]
            return msgspec.json.encode(await self.tools.months(councils, self.today))

        return msgspec.json.decode((await self._keep("months", FRESH, make)).body, type=list[date])

    async def month(self, name: str, extension: str) -> Kept | None:
        """A month's file; None where there is none by this name."""
        found = next((one for one in await self.months() if month_name(one) == name), None)
        if found is None:
            return None

        async def make() -> bytes:
            rows = await self._rows(found)
            return await asyncio.to_thread(as_csv if extension == "csv" else as_parquet, rows)

        fresh = FRESH if is_of(found, self.today) else FRESH_PAST
        return await self._keep(f"{name}.{extension}", fresh, make)

    async def quarter(self, name: str) -> Kept | None:
        """A quarter's file in the columns of the Transactions Explorer; None where there is none by this name."""
        quarters = whole_quarters(await self.months(), self.today)
        found = next((one for one in quarters if one.label.lower() == name), None)
        if found is None:
            return None

        async def make() -> bytes:
            rows = await self._rows(*found.months)

            def written() -> bytes:
                return csv_of(header([found]), transactions(rows, self.publishers, self.tools.costs))

            return await asyncio.to_thread(written)

        return await self._keep(name, FRESH_PAST, make)

    async def package(self) -> Kept:
        """The data package of all these."""
        months = await self.months()

        async def make() -> bytes:
            quarters = whole_quarters(months, self.today)
            return package_of(self.publishers, self.tools.url(self.host) + ROOT, months, quarters, self.today)

        return await self._keep("package", FRESH, make)

    async def _rows(self, *months: date) -> list[Row]:
        async with self._making:
            return [
                row for month in months for row in await self.tools.rows(self.publishers, month, self.today)
            ]

    async def _keep(self, name: str, fresh: timedelta, make: Callable[[], Awaitable[bytes]]) -> Kept:
        return await self._shelf.get(self.host, name, self.today, fresh, make)


def package_of(
    publishers: Sequence[Publisher],
    url: str,
    months: Sequence[date],
    quarters: Sequence[Quarter],
    today: date,
) -> bytes:
    """The data package of one council's files, or of everybody's."""
    one = publishers[0] if len(publishers) == 1 else None
    name, title = (one.council, one.name) if one else ("all-councils", "all councils here")
    package = data_package(f"measures-{name}", f"Measures of {title}", url, months, quarters, today)
    return msgspec.json.format(msgspec.json.encode(package), indent=2)


def open_data_app(tools: OpenDataTools, pages: ASGIApp) -> ASGIApp:
    """The files; whatever else is asked for is for `pages`, which have one that lists them."""
    shelf, making = Shelf(tools.clock), asyncio.Semaphore(AT_ONCE)

    def served(view: View) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            host = request.headers.get("host", "").partition(":")[0].lower()
            makers = _Makers(tools, host, shelf, making)
            kept = await view(makers, request.path_params) if makers.publishers else None
            if kept is None:
                text = f"There is no such file. Those that there are stand at {ROOT}\n"
                return PlainTextResponse(text, 404, {"access-control-allow-origin": "*"})
            kind = request.url.path.rpartition(".")[2]
            return answer(request, kept, _TYPES[kind])

        return endpoint

    return Starlette(
        routes=[
            Route(ROOT + "/datapackage.json", served(lambda makers, _: makers.package())),
            Route(
                ROOT + "/transactions-explorer-{name}.csv",
                served(lambda makers, of: makers.quarter(of["name"])),
            ),
            Route(ROOT + "/{name}.csv", served(lambda makers, of: makers.month(of["name"], "csv"))),
            Route(ROOT + "/{name}.parquet", served(lambda makers, of: makers.month(of["name"], "parquet"))),
            Mount("", app=pages),
        ]
    )


def answer(request: Request, kept: Kept, media_type: str) -> Response:
    """A kept file: whole, or a part that is asked for (RFC 9110, 14), or nothing where the client has it."""
    headers = {
        "etag": kept.etag,
        "cache-control": f"public, max-age={int(FRESH.total_seconds())}",
        "access-control-allow-origin": "*",
        "access-control-expose-headers": "content-range, etag",
        "accept-ranges": "bytes",
        "x-content-type-options": "nosniff",
        "link": f'<{LICENCE["path"]}>; rel="license"',
    }
    if _has(request, kept.etag):
        return Response(status_code=304, headers=headers)
    size = len(kept.body)
    wanted = request.headers.get("range", "")
    if not wanted or request.headers.get("if-range", kept.etag) != kept.etag:
        return Response(kept.body, headers=headers, media_type=media_type)
    part = _part(wanted, size)
    if part is None:
        return Response(kept.body, headers=headers, media_type=media_type)
    if not part:
        return Response(status_code=416, headers=headers | {"content-range": f"bytes */{size}"})
    headers["content-range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    return Response(kept.body[part.start : part.stop], 206, headers, media_type=media_type)


def _has(request: Request, etag: str) -> bool:
    given = request.headers.get("if-none-match", "")
    return given.strip() == "*" or etag in {one.strip().removeprefix("W/") for one in given.split(",")}


def _part(wanted: str, size: int) -> range | None:
    """The bytes that are asked for; empty where there are none such, None for what is no single part."""
    found = _RANGE.fullmatch(wanted.strip())
    if found is None or found.group(1) == found.group(2) == "":
        return None
    first, last = found.groups()
    if not first:
        return range(max(0, size - int(last)), size)
    if last and int(last) < int(first):
        return None
    return range(int(first), min(int(last), size - 1) + 1 if last else size)
