"""Whose measures are published where, and how they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from starlette.types import ASGIApp

from commonhall.api.open_data.serving import OpenDataTools, open_data_app
from commonhall.app.wiring import House
from commonhall.casework.sites import Site
from commonhall.engine.package import Adopted
from commonhall.reporting.costs import channel_costs, cost_per_transaction
from commonhall.reporting.open_data import AboutService, Publisher, month_rows, months
from commonhall.reporting.transactions import UnitCost


class Publishers:
    """The councils of this installation as publishers, made anew only where a site has changed."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._sites: list[Site] = []
        self._made: list[Publisher] = []

    def of_host(self, host: str) -> Sequence[Publisher]:
        """A council's own on its host, everybody's on the finder's."""
        site = self._house.sites.by_host(host)
        made = self.all()
        return [one for one in made if one.council == site.council] if site else made

    def all(self) -> Sequence[Publisher]:
        """Everybody, by council."""
        sites = self._house.sites.all()
        if len(sites) != len(self._sites) or any(
            new is not old for new, old in zip(sites, self._sites, strict=True)
        ):
            # What a council does not run any more is known by what others say of it.
            known = {adopted.service.id: _about(adopted, "") for site in sites for adopted in site.offered}
            self._made = [self._publisher(site, known) for site in sites]
            self._sites = sites
        return self._made

    def cost(self, council: str, _service: str, sent: Mapping[str, int]) -> UnitCost | None:
        """What a transaction cost by the channels that it came by, and whose figures that rests on."""
        site = self._house.sites.of_council(council)
        cost = cost_per_transaction(sent, channel_costs(site.figures)) if site else None
        return UnitCost(str(cost.shown), "; ".join(cost.sources)) if cost else None

    def _publisher(self, site: Site, known: dict[str, AboutService]) -> Publisher:
        own = {
            adopted.service.id: _about(adopted, self._house.site_url(site, f"/{adopted.service.id}"))
            for adopted in site.offered
        }
        return Publisher(site.council, site.gss, site.name["en"], site.made_up, {**known, **own})


def _about(adopted: Adopted, url: str) -> AboutService:
    definition = adopted.service.definition
    return AboutService(adopted.texts.need("en", "name"), definition.lgsl, definition.lgil, url)


def open_data(house: House, publishers: Publishers, pages: ASGIApp) -> ASGIApp:
    """The open data of this installation."""
    tools = OpenDataTools(
        clock=house.desk.clock,
        today=house.desk.today,
        publishers=publishers.of_host,
        months=partial(months, house.store),
        rows=partial(month_rows, house.store),
        url=partial(house.settings.url, path=""),
        costs=publishers.cost,
    )
    return open_data_app(tools, pages)
