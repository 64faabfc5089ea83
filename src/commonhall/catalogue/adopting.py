"""Put a council's plan into the database, so that its site runs it from now on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from commonhall.catalogue.councils import CouncilPlan
from commonhall.catalogue.packages import changelog_entry
from commonhall.engine.furniture import as_kept
from commonhall.engine.package import Adopted, Service
from commonhall.storage.councils import (
    AdoptedRow,
    ConnectorRow,
    NewAdoption,
    add_image,
    save_adoptions,
    save_connector,
    save_council,
    sheet_row,
)
from commonhall.storage.drafts import VersionRow, add_version
from commonhall.storage.pool import Store

Seal = Callable[[Mapping[str, Any]], bytes]
"""Encrypts a connector's secrets."""


@dataclass(frozen=True, slots=True)
class SitePlan:
    """What the directory and the installation know of a council's site."""

    gss: str
    name: Mapping[str, str]
    nation: str
    host: str
    homepage_url: str


async def store_council(store: Store, plan: CouncilPlan, site: SitePlan, seal: Seal, now: datetime) -> None:
    """Store site, connectors and adoptions. Journeys under way and cases keep what they began with."""
    file, furniture = plan.file, plan.file.furniture.as_furniture()
    config = {
        "name": dict(site.name) | {str(language): text for language, text in file.name.items()},
        "nation": site.nation,
        "languages": list(file.languages),
        "logo_text": dict(file.brand.logo_text),
        "colour": file.brand.colour,
        "accent": file.brand.accent,
        "phone": file.contact.phone,
        "homepage_url": site.homepage_url,
        "demonstration": file.demonstration,
        "furniture": as_kept(furniture),
    }
    await save_council(store, file.council, site.gss, file.host or site.host, config)
    if furniture.stylesheet:
        await add_image(store, file.council, sheet_row(furniture.stylesheet))
    for connector in file.connectors:
        secrets = seal(connector.secrets) if connector.secrets else None
        row = ConnectorRow(connector.id, connector.kind, connector.settings, secrets, None)
        await save_connector(store, file.council, row)
    await save_adoptions(store, file.council, [new_adoption(adopted) for adopted in plan.adopted], now)


def new_adoption(adopted: Adopted) -> NewAdoption:
    """What a council runs, ready to be written."""
    service = adopted.service
    row = AdoptedRow(
        digest=adopted.digest,
        service=service.id,
        version=service.version,
        package=service.digest,
        choices=adopted.choices.model_dump(mode="json"),
        nation=adopted.nation,
        languages=adopted.languages,
    )
    return NewAdoption(row, dict(service.files), adopted.choices.connector)


async def know_version(store: Store, service: Service, now: datetime, catalogue: str = "") -> bool:
    """Let councils choose a version. False where its number is known already; `catalogue` is '' for a folder here."""
    changelog = changelog_entry(service.files.get("CHANGELOG.md", ""), service.version)
    row = VersionRow(service.id, service.version, service.digest, catalogue, changelog, now)
    return await add_version(store, row, dict(service.files))
