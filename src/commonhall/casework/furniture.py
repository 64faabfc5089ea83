"""Use cases of what stands around a council's pages: the menu, the way back and the style of its own website."""

from __future__ import annotations

from commonhall.casework.desk import Desk
from commonhall.casework.staff import entry_of
from commonhall.engine.furniture import Furniture, as_kept
from commonhall.engine.staff import Actor
from commonhall.storage.councils import change_council, own_config, sheet_row


async def furnish(desk: Desk, council: str, furniture: Furniture, by: Actor) -> None:
    """Keep furniture that has no faults; the council's pages have it within a second."""
    kept = as_kept(furniture)
    config = {**await own_config(desk.store, council), "furniture": kept}
    sheet = sheet_row(furniture.stylesheet) if furniture.stylesheet else None
    details = {"links": len(furniture.menu) + len(furniture.crumbs), "stylesheet": kept["stylesheet"][:12]}
    await change_council(
        desk.store, council, config, entry_of(desk, by, "brand.furniture", council, details), sheet
    )
