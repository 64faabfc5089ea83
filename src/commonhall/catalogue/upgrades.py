"""Upgrade a council's service: a draft on the newest version, conflicts settled one by one, patches taken by themselves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from commonhall.catalogue import drafts
from commonhall.catalogue.drafts import Adopting, Stale, Work
from commonhall.catalogue.upgrading import Release, Seen, Upgrade, plan_upgrade, takes_itself
from commonhall.catalogue.upgrading.seen import seen_by_residents
from commonhall.engine.adoption import Adopter
from commonhall.engine.package import Adopted
from commonhall.engine.staff import Actor

PLATFORM = Actor("", "the platform", "", frozenset())
"""Who takes patches, where a council lets them be taken by themselves."""


def is_unmerged(work: Work) -> bool:
    """Whether the draft still holds the choices as they were for the version before."""
    return work.row.base is not None and work.row.choices.get("version") != work.service.version


def plan(adopting: Adopting, work: Work, running: Adopted) -> Upgrade:
    """The upgrade as it stands, with what was settled so far."""
    release = Release.of(running.service, work.service)
    return plan_upgrade(
        release, work.row.choices, work.adopter, adopting.calendars, work.row.settled, running
    )


async def settle(
    adopting: Adopting,
    council: str,
    work: Work,
    running: Adopted,
    revision: int,
    settled: Mapping[str, Mapping[str, Any]],
    by: Actor,
) -> Work:
    """Keep how conflicts were settled; once none is left, the draft holds the choices for the new version.

    Raises `Stale`.
    """
    release = Release.of(running.service, work.service)
    upgrade = plan_upgrade(release, work.row.choices, work.adopter, adopting.calendars, settled, running)
    if upgrade.unsettled:
        choices, kept = work.row.choices, settled
    else:
        choices, kept = upgrade.choices, {}
    return await drafts.change(adopting, council, work, revision, "upgrade", choices, by, kept)


def what_residents_see(work: Work, running: Adopted) -> tuple[Seen, ...]:
    """What changes for residents, once all is settled."""
    if work.adopted is None:
        return ()
    release = Release.of(running.service, work.service)
    return seen_by_residents(running, work.adopted, release.texts, release.pages)


async def take_patches(
    adopting: Adopting,
    council: str,
    adopter: Adopter,
    running: Callable[[str], Awaitable[Adopted]],
) -> list[str]:
    """Take the patch releases that a council lets be taken by themselves. Answers 'service version' of those taken.

    Only a version whose last number alone is higher, that clashes with nothing, and whose examples all pass. What
    somebody works on is left to them. `running` gives what runs by its digest.
    """
    taken = []
    shelf = await drafts.look_around(adopting, council)
    for state in shelf.states:
        newer = shelf.update_of(state)
        if not state.take_patches or newer is None or state.state != "live" or state.service in shelf.drafts:
            continue
        now = await running(state.digest)
        await drafts.begin(adopting, council, state.service, PLATFORM, now, newest=True)
        work = await drafts.look(adopting, council, state.service, adopter)
        if work is None or work.row.updated_by != PLATFORM.name:
            continue
        if takes_itself(plan(adopting, work, now)):
            try:
                work = await settle(adopting, council, work, now, work.row.revision, {}, PLATFORM)
                await drafts.go_live(adopting, council, work, work.row.revision, PLATFORM)
                taken.append(f"{state.service} {work.service.version}")
            except (Stale, drafts.NotReady):
                continue
        else:
            await drafts.discard(adopting, council, state.service, PLATFORM)
    return taken
