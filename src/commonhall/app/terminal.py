"""What all commands share: where they print, the database, and the council that they are for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from rich.console import Console

from commonhall.app.settings import Settings, SettingsRefused, read_settings

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)
T = TypeVar("T")


def known(house: Any, name: str) -> None:
    """Refuse a council that is not on this installation."""
    if house.sites.of_council(name) is None:
        here = ", ".join(site.council for site in house.sites.all()) or "none yet"
        raise SettingsRefused(f"there is no council '{name}' on this installation; here: {here}")


def with_database(run: Callable[[Settings, str], Coroutine[Any, Any, T]]) -> T:
    """Run something with the operator's settings and the database's URL."""
    from commonhall.app.database import database  # noqa: PLC0415 - other commands start faster without it

    settings = read_settings()
    with database(settings) as url:
        return asyncio.run(run(settings, url))
