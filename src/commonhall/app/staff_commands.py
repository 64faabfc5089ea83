"""Who may sign in to a council's workspace, and where, as the operator says it."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from commonhall.app.settings import Settings, SettingsRefused
from commonhall.app.terminal import known, out, with_database
from commonhall.engine.staff import Role

staff = typer.Typer(help="Who may sign in to councils' workspaces.", no_args_is_help=True)
Council = Annotated[str, typer.Argument(metavar="COUNCIL", help="The council's slug.")]


@staff.command("invite")
def invite_person(
    council: Council,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="As the council's own sign-in knows them.")],
    name: Annotated[str, typer.Argument(metavar="NAME")],
    role: Annotated[list[Role], typer.Option(help="What they are; may be given several times.")],
) -> None:
    """Let somebody sign in: the first administrator, who then lets others in."""

    async def run(settings: Settings, url: str) -> bool:
        from commonhall.app.wiring import open_house  # noqa: PLC0415
        from commonhall.casework.staff import invite  # noqa: PLC0415

        async with open_house(settings, url) as house:
            known(house, council)
            return await invite(house.desk, council, email, name, role) is not None

    if not with_database(run):
        raise SettingsRefused(f"somebody with the address {email} may sign in at {council} already")
    out.print(f"{name} may sign in at {council}", markup=False)


@staff.command("provider")
def set_provider(
    council: Council,
    issuer: Annotated[str, typer.Option(help="The provider's issuer, an address.")],
    client_id: Annotated[str, typer.Option(help="What the provider knows this installation as.")],
) -> None:
    """Say where a council's staff sign in. The client's secret is read from COMMONHALL_CLIENT_SECRET."""
    secret = os.environ.get("COMMONHALL_CLIENT_SECRET", "")

    async def run(settings: Settings, url: str) -> str:
        from commonhall.app.doors import BACK  # noqa: PLC0415
        from commonhall.app.wiring import open_house  # noqa: PLC0415
        from commonhall.casework.staff import Provider, say_provider  # noqa: PLC0415

        async with open_house(settings, url) as house:
            known(house, council)
            sealed = house.seal.close({"secret": secret}) if secret else None
            await say_provider(house.desk, council, Provider(issuer, client_id, sealed))
            site = house.sites.of_council(council)
            return house.site_url(site, BACK) if site else ""

    back = with_database(run)
    out.print(
        f"staff of {council} sign in at {issuer}; let the provider send them back to {back}", markup=False
    )


def add_council(
    council: Council,
    administrator: Annotated[str, typer.Option(help="The e-mail address of the first administrator.")],
    name: Annotated[str, typer.Option(help="The administrator's name.")],
    languages: Annotated[str, typer.Option(help="en, or en,cy.")] = "en",
) -> None:
    """Give a council of the directory a site with no service yet, and let its first administrator in.

    Everything else is done in its workspace.
    """
    offered = [language.strip() for language in languages.split(",") if language.strip()]
    if not offered or "en" not in offered or not set(offered) <= {"en", "cy"}:
        raise SettingsRefused(f"--languages is '{languages}': say en, or en,cy")

    async def run(settings: Settings, url: str) -> str:
        from commonhall.app.councils import open_site  # noqa: PLC0415
        from commonhall.app.wiring import open_house  # noqa: PLC0415
        from commonhall.casework.staff import invite  # noqa: PLC0415

        async with open_house(settings, url) as house:
            site = await open_site(house, council, offered)
            await invite(house.desk, council, administrator, name, [Role.ADMINISTRATOR])
            return house.site_url(site, "/workspace")

    workspace = with_database(run)
    out.print(
        f"{name} may sign in at {workspace}; say where with `commonhall staff provider {council}`",
        markup=False,
    )
