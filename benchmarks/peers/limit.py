"""The machine's limit: bare Starlette on uvicorn, the same SQL, and pages that are built beforehand.

It keeps nothing safe and checks nothing: no token, no validation, no headers. It shows what is left when all that
costs time is taken away but the server, the database and the bytes.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import sys
from collections.abc import AsyncIterator
from urllib.parse import parse_qsl

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from benchmarks.peers import MISSED_BIN, Ready, Server, last_weekday
from benchmarks.processes import free_port
from benchmarks.steps import Script, page_by_page

PAGES = ("address", "containers", "missed-on", "contact", "check")
PAGE_BYTES = 3700
TABLES = """
create table journeys (id text primary key, answers jsonb not null, updated_at timestamptz not null default now());
create table cases (id bigserial primary key, reference text unique not null, answers jsonb not null,
    submitted_at timestamptz not null default now());
create table deliveries (id bigserial primary key, case_reference text not null references cases (reference),
    connector text not null, due_at timestamptz not null default now(), delivered_at timestamptz);
create index on deliveries (due_at) where delivered_at is null;
create table measures (id bigserial primary key, service text not null, kind text not null, seconds integer not null,
    at timestamptz not null default now());
"""
BEGIN = "insert into journeys (id, answers) values ($1, '{}')"
READ = "select answers from journeys where id = $1"
SAVE = (
    "update journeys set answers = answers || $2::jsonb, updated_at = now() where id = $1 returning answers"
)
SUBMIT = """
with journey as (delete from journeys where id = $1 returning answers),
submitted as (insert into cases (reference, answers) select $2, answers from journey returning reference),
delivery as (insert into deliveries (case_reference, connector) select reference, 'waste' from submitted)
insert into measures (service, kind, seconds) values ('missed-bin', 'completed', 120)
"""


def prebuilt(heading: str) -> bytes:
    """A page of the usual size with a heading and a form."""
    form = '<form method="post"><button type="submit">Continue</button></form>'
    page = f"<!DOCTYPE html><html lang=en><title>{heading}</title><main><h1>{heading}</h1>{form}</main>"
    return page.encode().ljust(PAGE_BYTES, b".")


async def pool(url: str, size: int, commit: str) -> asyncpg.Pool:
    """Connections that are not reset between two uses, because nothing here changes a connection's state."""

    async def as_it_is(_: object) -> None:
        return None

    settings = {"synchronous_commit": commit, "jit": "off"}
    return await asyncpg.create_pool(
        url, min_size=size, max_size=size, reset=as_it_is, server_settings=settings
    )


def application() -> Starlette:
    """The app; one factory for uvicorn."""
    pages = {name: prebuilt(name) for name in ("start", *PAGES)}
    done = prebuilt("done")
    soft: asyncpg.Pool
    sure: asyncpg.Pool

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        nonlocal soft, sure
        url = os.environ["BENCH_DATABASE"]
        soft = await pool(url, 6, "off")
        sure = await pool(url, 4, "on")
        yield
        await soft.close()
        await sure.close()

    async def start(request: Request) -> Response:
        if request.method == "GET":
            return Response(pages["start"], media_type="text/html")
        journey = secrets.token_hex(16)
        await soft.execute(BEGIN, journey)
        answer = RedirectResponse("/address", 303)
        answer.set_cookie("journey", journey)
        return answer

    async def page(request: Request) -> Response:
        name, journey = request.path_params["page"], request.cookies["journey"]
        if request.method == "GET":
            await soft.fetchval(READ, journey)
            return Response(pages[name], media_type="text/html")
        given = dict(parse_qsl((await request.body()).decode()))
        if name == "check":
            reference = secrets.token_hex(5).upper()
            await sure.execute(SUBMIT, journey, reference)
            return RedirectResponse(f"/done/{reference}", 303)
        await soft.fetchval(SAVE, journey, json.dumps(given))
        return RedirectResponse("/" + PAGES[PAGES.index(name) + 1], 303)

    async def confirmation(request: Request) -> Response:
        reference = request.path_params["reference"]
        await soft.fetchval("select submitted_at from cases where reference = $1", reference)
        return Response(done + b"<strong>" + reference.encode() + b"</strong>", media_type="text/html")

    routes = [
        Route("/start", start, methods=["GET", "POST"]),
        Route("/done/{reference}", confirmation),
        Route("/{page}", page, methods=["GET", "POST"]),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


def make_ready(database: str, workers: int) -> Ready:
    """Make the tables and say how to start it."""
    import psycopg

    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(TABLES)
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "benchmarks.peers.limit:application", "--factory"]
    command += ["--port", str(port), "--workers", str(workers), "--loop", "uvloop", "--http", "httptools"]
    command += ["--no-access-log", "--log-level", "error"]
    server = Server(command, {"BENCH_DATABASE": database}, port)
    return Ready((server,), journey(), "select count(*) from cases")


def journey() -> Script:
    """The journey with plain field names."""
    pages = [
        ("<h1>address", MISSED_BIN),
        ("<h1>containers", (("containers", "refuse"), ("containers", "food"))),
        ("<h1>missed-on", (("missed_on", last_weekday().isoformat()),)),
        ("<h1>contact", (("name", "Sam Jones"), ("email", "sam{n}@example.org"), ("phone", ""))),
    ]
    steps = page_by_page(
        "/start", pages, start_sees="<h1>start", check_sees="<h1>check", done_sees="<h1>done"
    )
    return Script("127.0.0.1", r"<strong>([0-9A-F]{10})</strong>", steps)
