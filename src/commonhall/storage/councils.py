"""Councils on disk: their sites, what they adopted, their ways to back offices."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from commonhall.storage.audit import NewEntry, write_entry
from commonhall.storage.pool import Store, transaction
from commonhall.storage.queries import councils as q


@dataclass(frozen=True, slots=True)
class CouncilRow:
    """A council's site as stored; `revision` grows with every change."""

    council: str
    gss: str
    host: str
    config: Mapping[str, Any]
    revision: int


@dataclass(frozen=True, slots=True)
class PackageRow:
    """A package's content."""

    service: str
    version: str
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AdoptedRow:
    """What a council has adopted, by digest."""

    digest: str
    service: str
    version: str
    package: str
    choices: Mapping[str, Any]
    nation: str
    languages: Sequence[str]


@dataclass(frozen=True, slots=True)
class AdoptionRow:
    """A service that a council offers now."""

    service: str
    digest: str
    position: int
    connector: str | None
    state: str
    featured: bool


@dataclass(frozen=True, slots=True)
class ConnectorRow:
    """A way to a back office; `secrets` are encrypted."""

    connector: str
    kind: str
    settings: Mapping[str, Any]
    secrets: bytes | None
    updates_until: datetime | None


@dataclass(frozen=True, slots=True)
class ImageRow:
    """An image or a style sheet of a council's own; `digest` is its content's SHA-256, width and height are in pixels."""

    digest: str
    media_type: str
    content: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class NewAdoption:
    """A compiled adoption to be written, with the package that it stands on."""

    row: AdoptedRow
    files: Mapping[str, str]
    connector: str | None


async def list_councils(store: Store) -> list[CouncilRow]:
    """Every council on this installation."""
    return [CouncilRow(*row) for row in await store.operator.fetch(q.LIST_COUNCILS.sql)]


async def save_council(store: Store, council: str, gss: str, host: str, config: Mapping[str, Any]) -> None:
    """Add a council or change its site."""
    await store.durable.execute(q.SAVE_COUNCIL.sql, council, gss, host, config)


async def save_adoptions(store: Store, council: str, adoptions: Sequence[NewAdoption], now: datetime) -> None:
    """Make these, in this order, what the council offers; journeys and cases keep what they began with."""
    async with transaction(store, council) as connection:
        for position, new in enumerate(adoptions):
            row = new.row
            await connection.execute(q.ADD_PACKAGE.sql, row.package, row.service, row.version, new.files, now)
            await connection.execute(
                q.ADD_ADOPTED.sql,
                council,
                row.digest,
                row.service,
                row.version,
                row.package,
                row.choices,
                row.nation,
                list(row.languages),
                now,
            )
            await connection.execute(
                q.SET_ADOPTION.sql, council, row.service, row.digest, position, new.connector
            )
        services = [new.row.service for new in adoptions]
        await connection.execute(q.DROP_OTHER_ADOPTIONS.sql, council, services)
        await connection.execute(q.TOUCH_COUNCIL.sql, council)


async def load_adopted(store: Store, council: str, digest: str) -> AdoptedRow | None:
    """What stands behind a digest of this council."""
    row = await store.durable.fetchrow(q.LOAD_ADOPTED.sql, council, digest)
    return AdoptedRow(*row) if row else None


async def load_package(store: Store, digest: str) -> PackageRow | None:
    """A package by its content."""
    row = await store.operator.fetchrow(q.LOAD_PACKAGE.sql, digest)
    return PackageRow(*row) if row else None


async def list_adoptions(store: Store, council: str) -> list[AdoptionRow]:
    """What a council offers now, in its order."""
    return [AdoptionRow(*row) for row in await store.durable.fetch(q.LIST_ADOPTIONS.sql, council)]


async def save_connector(store: Store, council: str, row: ConnectorRow) -> None:
    """Add or change a way to a back office."""
    await store.durable.execute(
        q.SAVE_CONNECTOR.sql, council, row.connector, row.kind, row.settings, row.secrets
    )


async def list_connectors(store: Store, council: str) -> list[ConnectorRow]:
    """A council's ways to its back offices."""
    return [ConnectorRow(*row) for row in await store.durable.fetch(q.LIST_CONNECTORS.sql, council)]


async def set_updates_until(store: Store, council: str, connector: str, until: datetime) -> None:
    """Remember up to when a back office has been asked."""
    await store.durable.execute(q.SET_UPDATES_UNTIL.sql, council, connector, until)


async def load_image(store: Store, council: str, digest: str) -> ImageRow | None:
    """An image of a council's own, by its content."""
    row = await store.durable.fetchrow(q.LOAD_IMAGE.sql, council, digest)
    return ImageRow(*row) if row else None


async def add_image(store: Store, council: str, image: ImageRow) -> None:
    """Keep an image that a council's settings name."""
    await store.durable.execute(q.ADD_IMAGE.sql, council, *_columns(image))


def sheet_row(text: str) -> ImageRow:
    """A council's own style sheet as it is kept: beside its logo, by its content, without a size."""
    content = text.encode()
    return ImageRow(hashlib.sha256(content).hexdigest(), "text/css", content, 0, 0)


def _columns(image: ImageRow) -> tuple[object, ...]:
    return image.digest, image.media_type, image.content, image.width, image.height


async def own_config(store: Store, council: str) -> Mapping[str, Any]:
    """A council's own site settings; none where it has no site."""
    found: Mapping[str, Any] | None = await store.durable.fetchval(q.OWN_CONFIG.sql, council)
    return found or {}


async def change_council(
    store: Store, council: str, config: Mapping[str, Any], entry: NewEntry, image: ImageRow | None = None
) -> None:
    """Change a council's site settings, and keep the image that they name. Images that they do not name go."""
    async with transaction(store, council) as connection:
        if image is not None:
            await connection.execute(q.ADD_IMAGE.sql, council, *_columns(image))
        logo, furniture = config.get("logo") or {}, config.get("furniture") or {}
        named = [digest for digest in (logo.get("digest"), furniture.get("stylesheet")) if digest]
        await connection.execute(q.DROP_OTHER_IMAGES.sql, council, named)
        await connection.execute(q.CHANGE_COUNCIL.sql, council, config)
        await write_entry(connection, council, entry)


async def simulated_until(store: Store, council: str) -> Mapping[str, Any] | None:
    """How a council's figures were simulated; None where they are real. Nobody else may change it meanwhile."""
    found: Mapping[str, Any] | None = await store.durable.fetchval(q.SIMULATED.sql, council)
    return found


async def mark_simulated(store: Store, council: str, how: Mapping[str, Any], *, tell: bool) -> None:
    """Keep that a council's figures are simulated, and how; `tell` running processes to show it."""
    await store.durable.execute(q.MARK_SIMULATED.sql, council, how, tell)


async def has_figures(store: Store, council: str) -> bool:
    """Whether anybody has begun a journey with a council."""
    return bool(await store.durable.fetchval(q.HAS_FIGURES.sql, council))
