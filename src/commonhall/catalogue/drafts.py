"""Adopt: choices in work, checked as one goes, played, made live, staged, rolled back, paused and retired.

Every change is one transaction with its entry in the audit trail. Journeys under way and cases keep the version that they
began with: nothing here touches what a digest stands for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from commonhall.catalogue.adopting import new_adoption
from commonhall.engine.adoption import Adopter, adopt
from commonhall.engine.examples import Played, play_adopted
from commonhall.engine.package import Adopted, Service
from commonhall.engine.problems import ServiceRefused
from commonhall.engine.source import Source, Where
from commonhall.engine.staff import Actor
from commonhall.engine.working_days import Calendar
from commonhall.storage import drafts as stored
from commonhall.storage.audit import NewEntry
from commonhall.storage.councils import list_connectors
from commonhall.storage.drafts import DraftRow, StateRow, VersionRow
from commonhall.storage.pool import Store


class Stale(Exception):  # noqa: N818
    """Somebody else has changed the same choices since they were read."""


class NotReady(Exception):  # noqa: N818
    """What is asked for cannot be done yet; the message says why."""


@dataclass(frozen=True, slots=True)
class Adopting:
    """What these use cases are handed: `read_package` gives a service by its package's digest."""

    store: Store
    calendars: Mapping[str, Calendar]
    clock: Callable[[], datetime]
    read_package: Callable[[str], Awaitable[Service]]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a choice, at its place in the choices (`('settings', 'report_within_days')`)."""

    where: Where
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Work:
    """A draft as it stands: its service, what is wrong with the choices, and what they make where nothing is."""

    row: DraftRow
    service: Service
    adopter: Adopter
    faults: tuple[Fault, ...]
    adopted: Adopted | None
    played: tuple[Played, ...] = ()
    base_version: str | None = None

    @property
    def failing(self) -> tuple[Played, ...]:
        """The service's examples that fail with these choices."""
        return tuple(played for played in self.played if played.faults)

    @property
    def ready(self) -> bool:
        """Whether this may go live."""
        merged = self.row.choices.get("version") == self.service.version
        return merged and self.adopted is not None and not self.failing

    def faults_at(self, *where: str | int) -> list[Fault]:
        """What is wrong at a place of the choices, and within it."""
        return [fault for fault in self.faults if fault.where[: len(where)] == where]


@dataclass(frozen=True, slots=True)
class Offered:
    """A service of the catalogue: its newest version, and all that are known."""

    service: Service
    package: str
    versions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shelf:
    """What a council has and could have."""

    states: tuple[StateRow, ...]
    offered: Mapping[str, Offered]
    drafts: Mapping[str, DraftRow] = field(default_factory=dict)

    def update_of(self, state: StateRow) -> str | None:
        """A newer version than the one that runs, if there is one."""
        offer = self.offered.get(state.service)
        newest = offer.versions[-1] if offer else state.version
        return newest if _order(newest) > _order(state.version) else None


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


async def look_around(adopting: Adopting, council: str) -> Shelf:
    """What a council runs, works on, and could adopt."""
    by_service: dict[str, list[VersionRow]] = {}
    for row in await stored.list_versions(adopting.store):
        by_service.setdefault(row.service, []).append(row)
    offered = {}
    for name, rows in by_service.items():
        rows.sort(key=lambda row: _order(row.version))
        versions = tuple(row.version for row in rows)
        offered[name] = Offered(await adopting.read_package(rows[-1].package), rows[-1].package, versions)
    states = await stored.list_states(adopting.store, council)
    drafts = {row.service: row for row in await stored.list_drafts(adopting.store, council)}
    return Shelf(tuple(states), offered, drafts)


async def connectors_of(adopting: Adopting, council: str) -> list[tuple[str, str]]:
    """A council's connectors: name and kind."""
    return [(row.connector, row.kind) for row in await list_connectors(adopting.store, council)]


async def begin(
    adopting: Adopting,
    council: str,
    service: str,
    by: Actor,
    running: Adopted | None,
    *,
    newest: bool = False,
) -> bool:
    """Begin to work on a service: on the choices that run, or with nothing chosen yet. Where somebody has begun, theirs
    stays. With `newest` the work is for the newest version that is known. False where there is no such service."""
    versions = [row for row in await stored.list_versions(adopting.store) if row.service == service]
    latest = max(versions, key=lambda row: _order(row.version), default=None)
    if running is not None:
        package = latest.package if newest and latest is not None else running.service.digest
        choices = running.choices.model_dump(mode="json")
        base: str | None = running.digest
    elif latest is not None:
        package, base = latest.package, None
        choices = {"service": service, "version": latest.version, "settings": {}}
    else:
        return False
    entry = _entry(adopting, by, "draft.begin", service)
    await stored.begin_draft(adopting.store, council, service, package, base, choices, entry)
    return True


async def look(adopting: Adopting, council: str, service: str, adopter: Adopter) -> Work | None:
    """The draft of a service as it stands, checked and played; None where nobody works on it."""
    row = await stored.load_draft(adopting.store, council, service)
    if row is None:
        return None
    package = await adopting.read_package(row.package)
    return check(row, package, adopter, adopting.calendars, await _connector_names(adopting, council))


async def _connector_names(adopting: Adopting, council: str) -> set[str]:
    return {name for name, _ in await connectors_of(adopting, council)}


def check(
    row: DraftRow,
    service: Service,
    adopter: Adopter,
    calendars: Mapping[str, Calendar],
    connectors: set[str],
) -> Work:
    """Check choices in work: every fault with its place, or what they make, with the examples played."""
    choices = {**row.choices, "service": service.id, "version": service.version}
    source, places = _placed(choices)
    faults = []
    adopted = None
    try:
        adopted = adopt(service, choices, adopter, calendars, source)
    except ServiceRefused as refused:
        faults = [Fault(places.get(one.line, ()), one.message, one.remedy) for one in refused.problems]
    connector = choices.get("connector")
    if connector is not None and connector not in connectors:
        remedy = "choose another, or add it under Connectors"
        faults.append(Fault(("connector",), f"there is no connector '{connector}'", remedy))
        adopted = None
    played = tuple(play_adopted(adopted)) if adopted else ()
    return Work(row, service, adopter, tuple(faults), adopted, played)


def _placed(choices: Mapping[str, Any]) -> tuple[Source, dict[int, Where]]:
    """The choices as if each part stood on a line of its own, and which part stands on which line."""
    where_of: dict[int, Where] = {}

    def number(node: Any, where: Where) -> Iterator[Where]:
        yield where
        if isinstance(node, Mapping):
            for key, value in node.items():
                yield from number(value, (*where, key))
        elif isinstance(node, list):
            for i, value in enumerate(node):
                yield from number(value, (*where, i))

    for line, where in enumerate(number(choices, ()), start=1):
        where_of[line] = where
    marks = {where: (line, 1) for line, where in where_of.items()}
    return Source("choices", dict(choices), marks, marks), where_of


async def change(
    adopting: Adopting,
    council: str,
    work: Work,
    revision: int,
    part: str,
    choices: Mapping[str, Any],
    by: Actor,
    settled: Mapping[str, Any] | None = None,
) -> Work:
    """Keep changed choices, right or wrong: nothing that somebody typed is lost. `part` says in the audit trail what
    was changed. Raises `Stale` where somebody else was quicker."""
    row = work.row
    entry = _entry(adopting, by, "draft.change", row.service, part=part)
    kept = row.settled if settled is None else settled
    if revision != row.revision:
        raise Stale
    new = await stored.save_draft(adopting.store, council, row.service, revision, choices, kept, entry)
    if new is None:
        raise Stale
    again = await look(adopting, council, row.service, work.adopter)
    if again is None:
        raise Stale
    return again


async def discard(adopting: Adopting, council: str, service: str, by: Actor) -> bool:
    """Throw a draft away; what runs is not touched."""
    return await stored.drop_draft(
        adopting.store, council, service, _entry(adopting, by, "draft.discard", service)
    )


async def go_live(adopting: Adopting, council: str, work: Work, revision: int, by: Actor) -> None:
    """Run these choices from now on. Raises `NotReady` where something is wrong with them, `Stale`."""
    adopted = _ready(work, revision)
    details = {"version": work.service.version, "digest": adopted.digest}
    entry = _entry(adopting, by, "service.go-live", work.service.id, **details)
    if not await stored.go_live(adopting.store, council, new_adoption(adopted), revision, entry):
        raise Stale


async def stage(adopting: Adopting, council: str, work: Work, revision: int, by: Actor) -> None:
    """Have these choices ready, to be activated in one step. Raises `NotReady`, `Stale`."""
    adopted = _ready(work, revision)
    details = {"version": work.service.version, "digest": adopted.digest}
    entry = _entry(adopting, by, "service.stage", work.service.id, **details)
    if not await stored.stage(adopting.store, council, new_adoption(adopted), revision, entry):
        raise Stale


def _ready(work: Work, revision: int) -> Adopted:
    if work.row.revision != revision:
        raise Stale
    if work.row.choices.get("version") != work.service.version:
        raise NotReady("the upgrade has something to settle first")
    if work.adopted is None:
        raise NotReady("some choices are missing or wrong: look at the parts that are marked")
    if work.failing:
        raise NotReady(f"the example “{work.failing[0].example}” fails with these choices")
    return work.adopted


async def activate(adopting: Adopting, council: str, state: StateRow, by: Actor) -> None:
    """Run what was staged. Raises `NotReady` where nothing is, or something else by now."""
    entry = _entry(adopting, by, "service.activate", state.service, version=state.staged_version)
    if not state.staged or not await stored.activate(
        adopting.store, council, state.service, state.staged, entry
    ):
        raise NotReady("nothing is staged for this service any more")


async def roll_back(adopting: Adopting, council: str, state: StateRow, by: Actor) -> None:
    """Run again what ran before. Raises `NotReady` where there is nothing to go back to."""
    entry = _entry(adopting, by, "service.roll-back", state.service, version=state.version_before)
    if not state.before or not await stored.roll_back(
        adopting.store, council, state.service, state.before, entry
    ):
        raise NotReady("there is no earlier version to go back to")


async def set_state(adopting: Adopting, council: str, service: str, state: str, by: Actor) -> bool:
    """Make a service `live`, `paused` or `retired`; False where it is that already."""
    action = {"live": "service.resume", "paused": "service.pause", "retired": "service.retire"}[state]
    return await stored.set_state(
        adopting.store, council, service, state, _entry(adopting, by, action, service)
    )


async def set_order(adopting: Adopting, council: str, services: Sequence[str], by: Actor) -> None:
    """Put a council's services in this order; those not named keep theirs after them."""
    entry = _entry(adopting, by, "service.order", council, order=list(services))
    await stored.set_places(adopting.store, council, services, entry)


async def set_featured(adopting: Adopting, council: str, service: str, featured: bool, by: Actor) -> bool:
    """Show a service first on the council's home page, or no longer."""
    entry = _entry(adopting, by, "service.feature", service, featured=featured)
    return await stored.set_featured(adopting.store, council, service, featured, entry)


async def set_take_patches(adopting: Adopting, council: str, service: str, take: bool, by: Actor) -> bool:
    """Let patch releases be taken by themselves, or no longer."""
    entry = _entry(adopting, by, "service.take-patches", service, take=take)
    return await stored.set_take_patches(adopting.store, council, service, take, entry)


def _entry(adopting: Adopting, by: Actor, action: str, subject: str, **details: Any) -> NewEntry:
    return NewEntry(adopting.clock(), by.person, by.name, action, subject, details)
