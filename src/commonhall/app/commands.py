"""The command line: one word for each thing that an operator, a maintainer or a developer does."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
import secrets
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer
from rich.progress import Progress, TextColumn
from rich.table import Table

from commonhall.app.catalogue_commands import catalogue, publish
from commonhall.app.connector_commands import connector
from commonhall.app.data_set_commands import data_set
from commonhall.app.diff_command import diff
from commonhall.app.directory_commands import directory
from commonhall.app.form_commands import form
from commonhall.app.links_commands import links
from commonhall.app.measures_commands import measures
from commonhall.app.merge_commands import merge_councils
from commonhall.app.moving_commands import export_council, import_council, remove_council
from commonhall.app.proposal_commands import proposals, variation
from commonhall.app.rehearse_command import rehearse
from commonhall.app.settings import Settings, SettingsRefused, read_settings
from commonhall.app.simulate_command import simulate
from commonhall.app.staff_commands import add_council, staff
from commonhall.app.terminal import err, known, out, with_database
from commonhall.connectors.sandbox.jobs import JournalBroken
from commonhall.engine.problems import ServiceRefused
from commonhall.storage.pool import StorageUnavailable

cli = typer.Typer(
    help="Commonhall: council transactions, built once and shared.",
    no_args_is_help=True,
    add_completion=False,
)
deliveries = typer.Typer(help="Deliveries to back offices that have not arrived yet.", no_args_is_help=True)
council = typer.Typer(help="Councils on this installation.", no_args_is_help=True)
cli.add_typer(deliveries, name="deliveries")
cli.add_typer(directory, name="directory")
cli.add_typer(council, name="council")
council.command("export")(export_council)
council.command("import")(import_council)
council.command("remove")(remove_council)
council.command("merge")(merge_councils)
cli.add_typer(proposals, name="proposals")
cli.add_typer(staff, name="staff")
council.command("add")(add_council)
cli.command()(variation)
cli.command()(diff)
cli.command()(rehearse)
cli.add_typer(catalogue, name="catalogue")
cli.add_typer(form, name="form")
cli.add_typer(links, name="links")
cli.add_typer(measures, name="measures")
cli.add_typer(connector, name="connector")
cli.add_typer(data_set, name="data-set")
cli.command()(publish)
cli.command()(simulate)


def main() -> None:
    """Run the command line; what an operator can mend is said in a sentence, not in a traceback."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    for library in ("aiormq", "aio_pika"):
        # They print a traceback of each connection that breaks, which is told in the delivery's own words.
        logging.getLogger(library).setLevel(logging.CRITICAL + 1)
    # A service manager's word to stop must end like a person's Ctrl-C: the embedded database is stopped, too.
    signal.signal(signal.SIGTERM, _leave)
    try:
        cli()
    except (SettingsRefused, StorageUnavailable, JournalBroken) as refused:
        err.print(f"commonhall: {refused}", markup=False)
        sys.exit(2)
    except ServiceRefused as refused:
        for problem in refused.problems:
            err.print(str(problem), markup=False)
        count = len(refused.problems)
        err.print(f"{count} problem{'s' if count > 1 else ''}; nothing was changed")
        sys.exit(1)


def _leave(_number: int, _frame: object) -> None:
    raise SystemExit(0)


@cli.command()
def demo(
    port: Annotated[int, typer.Option(help="The finder and the councils' sites.")] = 8000,
    sandbox_port: Annotated[int, typer.Option(help="The practice back office.")] = 8001,
    data: Annotated[Path, typer.Option(help="Where the demo keeps its data.")] = Path(".data/demo"),
    sources: Annotated[Path, typer.Option(help="The folder with services/ and demo/.")] = Path(),
    traffic: Annotated[bool, typer.Option(help="Prepare a year of simulated traffic beside it.")] = True,
) -> None:
    """Start everything on this machine: database, eight councils' sites, the finder, a practice back office."""
    from commonhall.app.demo import Running, run_demo  # noqa: PLC0415 - other commands start faster without it
    from commonhall.app.traffic import traffic_shown  # noqa: PLC0415

    settings = replace(
        read_settings({**os.environ, "COMMONHALL_DATA": str(data), "COMMONHALL_PORT": str(port)}), https=False
    )
    with Progress(
        TextColumn("  [{task.elapsed:5.1f} s] {task.description}"), console=out, transient=True
    ) as progress:
        task = progress.add_task("starting")

        def step(title: str) -> None:
            progress.console.print(f"  [{progress.tasks[0].elapsed or 0:5.1f} s] {title}", markup=False)
            progress.update(task, description=title)

        def ready(running: Running) -> None:
            progress.stop()
            _print_addresses(running)

        with traffic_shown(out) as told:
            asyncio.run(run_demo(settings, sandbox_port, sources, step, ready, told if traffic else None))


def _print_addresses(running: Any) -> None:
    # Plain lines: a table would cut addresses short where the window is narrow.
    lines = [("Finder", running.finder), *running.sites, ("Practice back office", running.sandbox)]
    widest = max(len(name) for name, _ in lines)
    out.print("\nCommonhall is running")
    for name, url in lines:
        out.print(f"{name:{widest}}  {url}", markup=False)
    out.print(
        f"Ready after {running.seconds:.1f} seconds. Press Ctrl-C to stop; a second start keeps the data."
    )


@cli.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    worker: Annotated[bool, typer.Option(help="Deliver cases in this process too.")] = False,
) -> None:
    """Serve the finder and the councils' sites on COMMONHALL_PORT."""
    import uvicorn  # noqa: PLC0415

    from commonhall.app.asgi import Door  # noqa: PLC0415
    from commonhall.app.database import database  # noqa: PLC0415

    settings = read_settings()
    with database(settings) as url:
        app = Door(settings, url, with_worker=worker)
        uvicorn.run(
            app,
            host=host,
            port=int(os.environ.get("COMMONHALL_LISTEN", settings.port or 8000)),
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=bool(settings.proxies),
            forwarded_allow_ips=settings.proxies or None,
            timeout_graceful_shutdown=10,
        )


@cli.command()
def work() -> None:
    """Deliver cases and ask back offices for updates until told to stop. Several may run."""

    async def loop(settings: Settings, url: str) -> None:
        from commonhall.app.wiring import open_house  # noqa: PLC0415
        from commonhall.app.worker import Worker  # noqa: PLC0415

        stop = asyncio.Event()
        for sign in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(sign, stop.set)
        async with open_house(settings, url) as house:
            err.print(f"working for {len(house.sites.all())} councils; Ctrl-C stops after what is under way")
            await Worker(house).run(stop)

    with_database(loop)


@cli.command()
def sandbox(
    port: Annotated[int, typer.Option(help="Where it listens.")] = 8001,
    journal: Annotated[Path | None, typer.Option(help="A file in which it keeps its jobs.")] = None,
    key: Annotated[str, typer.Option(help="The Open311 API key that it accepts.")] = "sandbox-key",
    secret: Annotated[str, typer.Option(help="The webhook secret (whsec_…).")] = "",
) -> None:
    """Run the practice back office by itself: it takes cases by Open311 and by webhook, and shows them."""
    import httpx2  # noqa: PLC0415
    import uvicorn  # noqa: PLC0415

    from commonhall.app.demo import SANDBOX_WEBHOOK_SECRET  # noqa: PLC0415
    from commonhall.casework.desk import system_clock  # noqa: PLC0415
    from commonhall.connectors.sandbox.app import sandbox_app  # noqa: PLC0415

    try:
        app = sandbox_app(
            journal=journal,
            webhook_secret=secret or SANDBOX_WEBHOOK_SECRET,
            open311_key=key,
            clock=system_clock,
            http=httpx2.AsyncClient(trust_env=False),
        )
    except OSError as error:
        raise SettingsRefused(
            f"the journal {journal} cannot be used ({error.strerror}): name another file with --journal"
        ) from error
    out.print(f"Practice back office: http://localhost:{port}")
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)


@cli.command()
def check(path: Annotated[Path, typer.Argument(help="A service's folder, or a folder of services.")]) -> None:
    """Check services: every problem with file, line, column and remedy; then play their examples."""
    from commonhall.app.councils import national_codes  # noqa: PLC0415
    from commonhall.catalogue.packages import check_folder, find_packages  # noqa: PLC0415
    from commonhall.directory.directory import open_directory  # noqa: PLC0415
    from commonhall.engine.working_days import load_calendars  # noqa: PLC0415

    folders = find_packages(path)
    if not folders:
        err.print(
            f"{path}: there is no service.yaml here or in a folder below - name a service's folder",
            markup=False,
        )
        raise typer.Exit(2)
    calendars, codes = load_calendars(), national_codes(open_directory())
    bad = 0
    for folder in folders:
        checked = check_folder(folder, calendars, codes)
        for problem in checked.problems:
            out.print(str(problem), markup=False)
        bad += len(checked.problems)
        if checked.service and not checked.problems:
            out.print(
                f"{checked.service.id} {checked.service.version}: right, {len(checked.played)} examples played"
            )
    if bad:
        err.print(f"{bad} problem{'s' if bad > 1 else ''}")
        raise typer.Exit(1)


@cli.command()
def schema() -> None:
    """Print the JSON Schema of service.yaml, so that an editor completes it."""
    from commonhall.engine.schema import language_schema  # noqa: PLC0415

    typer.echo(json.dumps(language_schema(), indent=2, ensure_ascii=False))


@cli.command()
def secret() -> None:
    """Print a fresh secret for COMMONHALL_SECRET."""
    typer.echo(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())


@cli.command()
def reconcile(name: Annotated[str, typer.Argument(metavar="COUNCIL", help="The council's slug.")]) -> None:
    """Prove for a council that accepted = delivered + pending + failed. Ends with 1 where it does not hold."""

    async def run(settings: Settings, url: str) -> bool:
        from commonhall.app.wiring import open_house  # noqa: PLC0415
        from commonhall.casework.deliveries import reconcile as count  # noqa: PLC0415

        async with open_house(settings, url) as house:
            known(house, name)
            result = await count(house.desk, name)
        table = Table("connector", "accepted", "delivered", "pending", "failed")
        for b in result.balances:
            table.add_row(b.connector, str(b.accepted), str(b.delivered), str(b.pending), str(b.failed))
        out.print(table)
        out.print(f"{result.cases} cases; {result.without_back_office} of them go to no back office")
        if result.lost:
            out.print(f"cases without their delivery, the first of them: {', '.join(result.lost)}")
        out.print("accepted = delivered + pending + failed: it holds" if result.holds else "IT DOES NOT HOLD")
        return result.holds

    if not with_database(run):
        raise typer.Exit(1)


@deliveries.command("list")
def list_deliveries(
    name: Annotated[str, typer.Argument(metavar="COUNCIL")],
    failed: Annotated[bool, typer.Option("--failed", help="Only those that need a person.")] = False,
) -> None:
    """Show what a council's back offices do not have yet, oldest first."""

    async def run(settings: Settings, url: str) -> None:
        from commonhall.app.wiring import open_house  # noqa: PLC0415
        from commonhall.casework.deliveries import list_waiting  # noqa: PLC0415

        async with open_house(settings, url) as house:
            known(house, name)
            rows = await list_waiting(house.desk, name, failed=True if failed else None)
        table = Table("reference", "connector", "state", "tries", "since", "next try", "last error")
        for row in rows:
            state = "failed" if row.failed_at else "being tried" if row.claimed_at else "waiting"
            following = "" if row.failed_at else f"{row.next_at:%Y-%m-%d %H:%M:%S}"
            since = f"{row.created_at:%Y-%m-%d %H:%M:%S}"
            table.add_row(
                row.reference, row.connector, state, str(row.attempts), since, following, row.last_error or ""
            )
        out.print(table)
        out.print(f"{len(rows)} waiting; `commonhall deliveries replay {name} [REFERENCE]` tries them now")

    with_database(run)


@deliveries.command("replay")
def replay_deliveries(
    name: Annotated[str, typer.Argument(metavar="COUNCIL")],
    reference: Annotated[str | None, typer.Argument(help="One case; all if not given.")] = None,
) -> None:
    """Try waiting and failed deliveries again now. The keys stay the same, so nothing arrives twice."""

    async def run(settings: Settings, url: str) -> int:
        from commonhall.app.wiring import open_house  # noqa: PLC0415
        from commonhall.casework.deliveries import replay  # noqa: PLC0415

        async with open_house(settings, url) as house:
            known(house, name)
            return await replay(house.desk, name, reference, settings.delivery)

    out.print(f"{with_database(run)} deliveries are due now; a worker takes them")


@council.command("apply")
def apply_council(
    path: Annotated[Path, typer.Argument(help="A council's file, or a folder of them.")],
    services: Annotated[Path, typer.Option(help="The folder of services.")] = Path("services"),
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="NAME=value for ${NAME} in the file.")
    ] = None,
) -> None:
    """Adopt what a council's file says: its site, connectors and services. All of it, or nothing."""

    async def run(settings: Settings, url: str) -> None:
        from commonhall.app.councils import Sources, apply_councils  # noqa: PLC0415
        from commonhall.app.wiring import open_house  # noqa: PLC0415

        variables = dict(pair.partition("=")[::2] for pair in set_ or [])
        async with open_house(settings, url) as house:
            await apply_councils(
                house, Sources(services, path, variables), lambda name: out.print(f"adopted for {name}")
            )

    with_database(run)
