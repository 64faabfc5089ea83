"""Use case of a council's own figures: what contacts and services cost it, how many households it has."""

from __future__ import annotations

from commonhall.casework.desk import Desk
from commonhall.casework.staff import entry_of
from commonhall.engine.figures import CouncilFigures, figures_kept
from commonhall.engine.staff import Actor
from commonhall.storage.councils import change_council, own_config


async def keep_figures(desk: Desk, council: str, figures: CouncilFigures, by: Actor) -> None:
    """Keep figures that have no faults; measures are worked out from them within a second. The trail tells what they are."""
    kept = figures_kept(figures)
    costs = {
        f"{part} {name}": amount
        for part, kind in (("contact", "contacts"), ("total", "totals"))
        for name, amount in kept[kind].items()
    }
    others = {name: value for name, value in kept.items() if name not in {"contacts", "totals"} and value}
    entry = entry_of(desk, by, "figures.change", council, costs | others)
    config = {**await own_config(desk.store, council), "figures": kept}
    await change_council(desk.store, council, config, entry)
