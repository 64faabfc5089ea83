"""Councils become part of a successor, with cases, references and links kept. docs/reorganisation.md says how.

What is done is planned first, by reading; the plan is what an operator sees, and what is then carried out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from commonhall.casework.desk import Desk
from commonhall.casework.reference import COUNT, reference_from
from commonhall.storage.audit import NewEntry
from commonhall.storage.merging import (
    Counted,
    FormerRow,
    Merge,
    MergeBroken,
    NewNames,
    PersonRow,
    ServiceRow,
    SiteRow,
    Survey,
    merging,
    surveying,
)

BATCH = 5_000
"""Cases moved by one statement: enough to be quick, few enough for the database to keep them in mind."""
RECEIPT = "receipt/"

Progress = Callable[[str, int, int], None]
"""Told a council, the cases moved and the cases in all."""


class MergeRefused(Exception):  # noqa: N818
    """These councils cannot be merged, and nothing was changed; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Joining:
    """What becomes of one council that joins another.

    `connectors` have another name from now on, by their own; `references` are how many another has given, too;
    `same_people` are whom the successor has already, as (their id here, id there, e-mail address); `people` are ids
    that change; `arriving` is how many may sign in at the successor whom it did not have; `paused` services come along
    and are paused; of `yielding` ones the successor's own stays: (service, version here, version there);
    `dropped_drafts` go; `own_questions` are (service, version, cases that answer them).
    """

    council: str
    site: SiteRow
    counted: Counted
    connectors: Mapping[str, str]
    references: int
    same_people: tuple[tuple[str, str, str], ...]
    people: Mapping[str, str]
    roles: Mapping[str, Sequence[str]]
    arriving: int
    paused: tuple[ServiceRow, ...]
    yielding: tuple[tuple[str, str, str], ...]
    dropped_drafts: tuple[str, ...]
    own_questions: tuple[tuple[str, str, int], ...]
    formers: tuple[FormerRow, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a merge would do, council by council, in this order."""

    new: str
    site: SiteRow
    counted: Counted
    joining: tuple[Joining, ...]


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge did: cases and deliveries moved, and by council the references that are others now."""

    plan: Plan
    cases: int
    deliveries: int
    references: Mapping[str, Mapping[str, str]]


@dataclass(slots=True)
class _There:
    """What the successor has, and will have once those before have joined."""

    councils: list[str]
    connectors: set[str]
    services: dict[str, str]
    drafts: set[str]
    people: list[PersonRow] = field(default_factory=list)


async def plan_merge(desk: Desk, olds: Sequence[str], new: str) -> Plan:
    """What would become of these councils at their successor, by reading alone. Raises `MergeRefused`."""
    async with surveying(desk.store) as survey:
        return await _plan(survey, olds, new)


async def merge_councils(
    desk: Desk,
    olds: Sequence[str],
    new: str,
    *,
    keep_roles: bool = False,
    progress: Progress = lambda *_: None,
) -> Merged:
    """Make these councils part of their successor: all of it, or nothing. Raises `MergeRefused`.

    `keep_roles` lets staff do there what they did here; else they may look at services and no more.
    """
    try:
        async with merging(desk.store) as merge:
            await merge.hold(olds, new)
            plan = await _plan(merge, olds, new)
            cases = deliveries = 0
            references = {}
            for joining in plan.joining:
                moved = await _join(desk, merge, joining, new, progress, keep_roles=keep_roles)
                cases, deliveries = cases + moved[0], deliveries + moved[1]
                references[joining.council] = moved[2]
            wrong = await merge.out_of_balance(new)
            if wrong:
                raise MergeBroken(f"accepted would not be delivered + pending + failed: {', '.join(wrong)}")
    except MergeBroken as broken:
        raise MergeRefused(f"nothing was changed: {broken}") from broken
    return Merged(plan, cases, deliveries, references)


# -- the plan ----------------------------------------------------------------------------------------------------


async def _plan(survey: Survey, olds: Sequence[str], new: str) -> Plan:
    site = await _known(survey, new)
    if new in olds:
        raise MergeRefused(f"'{new}' cannot become part of itself: name the others only")
    if len(set(olds)) != len(olds):
        raise MergeRefused("a council is named twice")
    there = _There(
        councils=[new],
        connectors=await survey.connectors(new),
        services={row.service: row.version for row in await survey.services(new)},
        drafts=await survey.drafts(new),
        people=await survey.people(new),
    )
    counted = await survey.counted(new)
    joining = tuple([await _plan_one(survey, old, there) for old in olds])
    for council in (*olds, new):
        wrong = await survey.out_of_balance(council)
        if wrong:
            raise MergeRefused(
                f"something of {council} was lost already ({', '.join(wrong)}): look at "
                f"`commonhall reconcile {council}` first"
            )
    return Plan(new, site, counted, joining)


async def _known(survey: Survey, council: str) -> SiteRow:
    site = await survey.site(council)
    if site is None:
        into = await survey.merged_into(council)
        why = f"it became part of '{into}'" if into else "make it with `commonhall council add`"
        raise MergeRefused(f"there is no council '{council}' on this installation: {why}")
    return site


async def _plan_one(survey: Survey, old: str, there: _There) -> Joining:
    site = await _known(survey, old)
    into = await survey.merged_into(old)
    if into is not None:
        raise MergeRefused(
            f"a council '{old}' became part of '{into}' before; its references would mean two cases: "
            "this one cannot be merged"
        )
    names = await survey.connectors(old)
    connectors = _free_names(old, names, there.connectors)
    people, same, arriving = _people(old, await survey.people(old), there)
    services = await survey.services(old)
    drafts = await survey.drafts(old)
    dropped = {one for one in drafts if one in there.drafts or one in there.services}
    joining = Joining(
        council=old,
        site=site,
        counted=await survey.counted(old),
        connectors=connectors,
        references=await survey.same_references(old, there.councils),
        same_people=tuple((row.person, people[row.person], row.email) for row in same),
        people=people,
        roles={row.person: row.roles for row in same},
        arriving=len(arriving),
        paused=tuple(row for row in services if row.service not in there.services),
        yielding=tuple(
            (row.service, row.version, there.services[row.service])
            for row in services
            if row.service in there.services
        ),
        dropped_drafts=tuple(sorted(dropped)),
        own_questions=tuple(await survey.local_answers(old)),
        formers=tuple(await survey.formers(old)),
    )
    there.councils.append(old)
    there.connectors |= {connectors.get(name, name) for name in names}
    there.services |= {row.service: row.version for row in joining.paused}
    there.drafts |= drafts
    return joining


def _free_names(old: str, names: set[str], taken: set[str]) -> dict[str, str]:
    """Another name for each that is taken: `waste` of Oldtown becomes `oldtown-waste`."""
    found: dict[str, str] = {}
    for name in sorted(names & taken):
        fresh, number = f"{old}-{name}", 1
        while fresh in taken | names | set(found.values()):
            number += 1
            fresh = f"{old}-{name}-{number}"
        found[name] = fresh
    return found


def _people(
    old: str, rows: Sequence[PersonRow], there: _There
) -> tuple[dict[str, str], list[PersonRow], list[PersonRow]]:
    """New ids by the old ones, who is there already, and who arrives.

    Somebody is there already whose provider's subject, or whose e-mail address, is that of one who may sign in there.
    """
    live = [row for row in there.people if not row.removed]
    by_subject = {(row.issuer, row.subject): row.person for row in live if row.subject}
    by_email = {row.email: row.person for row in live}
    let_go = {row.email for row in there.people if row.removed}
    ids = {row.person for row in there.people}
    renamed: dict[str, str] = {}
    same: list[PersonRow] = []
    arriving: list[PersonRow] = []
    for row in rows:
        known = (row.subject and by_subject.get((row.issuer, row.subject))) or by_email.get(row.email)
        if not row.removed and known:
            renamed[row.person] = known
            same.append(row)
            continue
        if row.person in ids:
            renamed[row.person] = f"{old}.{row.person}"
        removed = row.removed or row.email in let_go
        if not removed:
            arriving.append(row)
        there.people.append(row._replace(person=renamed.get(row.person, row.person), removed=removed))
    return renamed, same, arriving


# -- carrying it out ---------------------------------------------------------------------------------------------


async def _join(
    desk: Desk, merge: Merge, joining: Joining, new: str, progress: Progress, *, keep_roles: bool
) -> tuple[int, int, Mapping[str, str]]:
    old, now = joining.council, desk.clock()
    receipts = {f"{RECEIPT}{name}": f"{RECEIPT}{fresh}" for name, fresh in joining.connectors.items()}
    names = NewNames({**joining.connectors, **receipts}, joining.people)
    await merge.move_services(old, new, names, now)
    by, measures = await merge.move_measures(old, new)
    cases, deliveries, references = await _move_cases(desk, merge, joining, new, names, by, progress)
    counted = joining.counted
    if (cases, deliveries, measures) != (counted.cases, counted.deliveries, counted.measures):
        raise MergeBroken(
            f"of {counted.cases} cases, {counted.deliveries} deliveries and {counted.measures} measures of {old} "
            f"{cases}, {deliveries} and {measures} would move"
        )
    await merge.move_rest_of_casework(old, new, names, by)
    await merge.move_people(old, new, names, joining.roles, now, keep_roles=keep_roles)
    await merge.keep_formers(old, new, formers_of(joining, now))
    await merge.end(old, new, names, _entry(joining, references, now, keep_roles=keep_roles))
    return cases, deliveries, references


async def _move_cases(
    desk: Desk, merge: Merge, joining: Joining, new: str, names: NewNames, by: int, progress: Progress
) -> tuple[int, int, dict[str, str]]:
    old, after = joining.council, ""
    cases = deliveries = 0
    changed: dict[str, str] = {}
    given: set[str] = set()
    while batch := await merge.batch(old, new, after, BATCH):
        after = batch[-1][0]
        pairs = []
        for reference, clash in batch:
            if clash:
                changed[reference] = await _fresh(desk, merge, old, new, given)
            pairs.append((reference, changed.get(reference, reference)))
        moved = await merge.move_cases(old, new, pairs, names, by)
        cases, deliveries = cases + moved[0], deliveries + moved[1]
        progress(old, cases, joining.counted.cases)
    return cases, deliveries, changed


async def _fresh(desk: Desk, merge: Merge, old: str, new: str, given: set[str]) -> str:
    while True:
        reference = reference_from(desk.chance.below(COUNT))
        if reference not in given and not await merge.taken(old, new, reference):
            given.add(reference)
            return reference


def formers_of(joining: Joining, now: datetime) -> list[FormerRow]:
    """What is written down of a council that joins, and of those that had joined it.

    A connector of one of those may have been renamed before, and be renamed now again.
    """
    renamed = joining.connectors
    carried = [
        row._replace(
            connectors={**renamed, **{name: renamed.get(then, then) for name, then in row.connectors.items()}}
        )
        for row in joining.formers
    ]
    site = joining.site
    own = FormerRow(joining.council, site.gss, site.host, site.config.get("name", {}), now, dict(renamed))
    return [*carried, own]


def _entry(joining: Joining, references: Mapping[str, str], now: datetime, *, keep_roles: bool) -> NewEntry:
    details = {
        "cases": joining.counted.cases,
        "connectors": dict(joining.connectors),
        "references": len(references),
        "keep_roles": keep_roles,
    }
    return NewEntry(now, None, "the operator", "council.merge", joining.council, details)
