"""How a system is told what happens to a case: the case as the case API shows it, signed and sent."""

from __future__ import annotations

from commonhall.api.v1.case_json import case_json, entry_json
from commonhall.api.v1.pages import ROOT
from commonhall.app.seal import SealBroken
from commonhall.app.wiring import House
from commonhall.casework.exchange import WholeCase
from commonhall.casework.pushes import Tell
from commonhall.connectors.webhook.push import Happened, push
from commonhall.engine.back_office import DeliveryFailed
from commonhall.storage.exchange import RecordedRow
from commonhall.storage.pushing import PushRow


def teller(house: House, council: str) -> Tell:
    """What tells the systems of a council."""

    async def tell(row: PushRow, entry: RecordedRow, case: WholeCase) -> None:
        site = house.sites.of_council(council)
        if site is None:
            raise DeliveryFailed("the council's site cannot be read at the moment")
        try:
            secrets = house.seal.open(row.secrets).get("signing", [])
        except SealBroken as broken:
            raise DeliveryFailed(f"its signing secrets cannot be opened: {broken}") from None
        here = house.site_url(site, f"{ROOT}/cases")
        data = {"case": case_json(case, here), "entry": entry_json(entry)}
        happened = Happened(site.gss, entry.reference, entry.sequence, entry.at, data)
        await push(
            row.url,
            secrets,
            happened,
            house.http,
            house.desk.clock,
            allow_private=house.settings.allow_private,
        )

    return tell
