"""The command that makes councils part of a successor (docs/reorganisation.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer
from rich.table import Table

from commonhall.app.settings import Settings, SettingsRefused
from commonhall.app.terminal import err, out, with_database
from commonhall.casework.merging import Joining, Merged, Plan

MOST_NAMED = 20


def merge_councils(
    olds: Annotated[list[str], typer.Argument(metavar="OLD...", help="The councils that join.")],
    into: Annotated[str, typer.Option("--into", metavar="NEW", help="The successor, which is here already.")],
    go: Annotated[
        bool, typer.Option("--go", help="Do it; without this, only show what would be done.")
    ] = False,
    keep_roles: Annotated[
        bool, typer.Option("--keep-roles", help="Let staff do at NEW what they did at OLD.")
    ] = False,
) -> None:
    """Make councils part of a successor: cases, references, links and deliveries are kept."""

    async def run(settings: Settings, url: str) -> Merged | None:
        from commonhall.app.wiring import open_house  # noqa: PLC0415
        from commonhall.casework.merging import MergeRefused, plan_merge  # noqa: PLC0415
        from commonhall.casework.merging import merge_councils as merge  # noqa: PLC0415

        async with open_house(settings, url) as house:
            try:
                plan = await plan_merge(house.desk, olds, into)
                show_plan(plan, keep_roles=keep_roles)
                if not go:
                    out.print("Nothing was changed. Take an export of each first, then say --go.")
                    return None
                if typer.prompt(f"This cannot be undone. Type the name of the successor ({into})") != into:
                    raise SettingsRefused("that is not its name; nothing was changed")
                return await merge(house.desk, olds, into, keep_roles=keep_roles, progress=_show)
            except MergeRefused as refused:
                raise SettingsRefused(str(refused)) from refused

    merged = with_database(run)
    if merged is not None:
        _tell(merged)


def show_plan(plan: Plan, *, keep_roles: bool) -> None:
    """Print what a merge would do, as a table for each council that joins."""
    for joining in plan.joining:
        table = Table("", joining.council, f"at {plan.new}", title=f"{joining.council} into {plan.new}")
        for line in plan_lines(joining, plan.new, keep_roles=keep_roles):
            table.add_row(*line)
        out.print(table, markup=False)
    mine = plan.counted
    out.print(
        f"{plan.new} itself has {mine.cases} cases, {mine.pending} deliveries on their way, {mine.failed} failed",
        markup=False,
    )


def plan_lines(joining: Joining, new: str, *, keep_roles: bool) -> Iterator[tuple[str, str, str]]:
    """What is to be known of one council that joins: (what, how many or which, what becomes of it)."""
    has, old = joining.counted, joining.council
    yield "cases", str(has.cases), f"with {has.updates} entries of history and {has.ratings} ratings"
    yield (
        "references both gave",
        str(joining.references),
        "the cases get another; the old one still finds them",
    )
    yield "deliveries on their way", str(has.pending), "go on under their keys, and arrive once"
    yield "failed deliveries", str(has.failed), "stay failed, to be sent again"
    yield "deliveries that arrived", str(has.deliveries - has.pending - has.failed), "kept"
    yield "forms being filled in", str(has.journeys), "kept, but browsers do not find them on the new host"
    yield "measures", str(has.measures), "kept"
    for name, fresh in sorted(joining.connectors.items()):
        yield f"connector {name}", f"{new} has one, too", f"is {fresh} there"
    for row in joining.paused:
        yield f"service {row.service}", f"{row.version}, {row.state}", _after(row.state, new)
    for service, theirs, ours in joining.yielding:
        yield f"service {service}", theirs, f"{new} runs {ours} as it chose"
    for service in joining.dropped_drafts:
        yield f"draft of {service}", "a draft", f"dropped: {new} has its own choices"
    for service, version, cases in joining.own_questions:
        yield (
            f"own questions of {service}",
            f"{version}, {cases} cases",
            "kept with the version that asked them",
        )
    roles = "with their roles" if keep_roles else "as viewers (or say --keep-roles)"
    yield "people who arrive", str(joining.arriving), roles
    for _, _, email in joining.same_people[:MOST_NAMED]:
        yield f"person {email}", "at both", "one person, roles of both" if keep_roles else f"roles of {new}"
    if len(joining.same_people) > MOST_NAMED:
        yield "more people at both", str(len(joining.same_people) - MOST_NAMED), "the same"
    yield "staff sign-in", "a provider" if has.providers else "none", f"{new}'s own stays"
    yield "audit trail", f"{has.entries} entries", f"kept, each marked with {old}"
    yield "proposals", str(has.proposals), "kept"
    yield "services being written", str(has.service_drafts), "kept"
    yield "updates of unknown cases", str(has.early_updates), "kept"
    if joining.formers:
        yield (
            "former councils",
            ", ".join(row.former for row in joining.formers),
            f"lead to {new} from now on",
        )
    yield "host", joining.site.host, "leads to the same page of the new host"


def _after(state: str, new: str) -> str:
    return f"paused at {new}, until somebody makes it live or retires it" if state == "live" else state


def _tell(merged: Merged) -> None:
    new = merged.plan.new
    names = ", ".join(joining.council for joining in merged.plan.joining)
    out.print(
        f"{names} became part of {new}: {merged.cases} cases, {merged.deliveries} deliveries", markup=False
    )
    for council, references in merged.references.items():
        for was, became in references.items():
            out.print(f"  {was} of {council} is {became} now", markup=False)
    out.print(f"`commonhall reconcile {new}` proves that nothing was lost", markup=False)


def _show(council: str, done: int, total: int) -> None:
    if done == total or done % 50_000 == 0:
        err.print(f"  {council}: {done} of {total} cases", markup=False)
