"""Councils become part of a successor, and nothing that residents, staff and back offices have is lost."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhall.casework.cases import CaseNotFound, follow_case, take_updates
from commonhall.casework.deliveries import deliver_due, reconcile
from commonhall.casework.desk import Chance, Desk
from commonhall.casework.journeys import JourneyGone, answer_page, rate_journey, start_journey, submit_journey
from commonhall.casework.merging import Joining, Merged, MergeRefused, formers_of, merge_councils, plan_merge
from commonhall.casework.reference import reference_from
from commonhall.casework.staff import change_roles, invite, list_entries, list_people, remove
from commonhall.engine.back_office import CaseStatus, StatusUpdate
from commonhall.engine.package import Adopted
from commonhall.engine.staff import Actor, Role
from commonhall.storage import merging as stored
from commonhall.storage.audit import NewEntry, write_entry
from commonhall.storage.councils import (
    ConnectorRow,
    mark_simulated,
    save_connector,
    save_council,
    simulated_until,
)
from commonhall.storage.merging import FormerRow
from commonhall.storage.moving import LEFT_OUT, TABLES
from commonhall.storage.pool import transaction
from commonhall.storage.service_hours import RequestCount, add_requests, note_looks
from tests.casework.conftest import ANSWERS, BackOffice
from tests.conftest import SetClock
from tests.storage.town import fill_town, rows_of

OLD, NEW, LATER = "solihull", "kirklees", "nottingham"
BROWSER = "browser"
ADA = Actor("ada", "Ada", "ada@example.com", frozenset({Role.ADMINISTRATOR}))
AT = StatusUpdate("u1", CaseStatus.CLOSED, SetClock().now, "Found")


def numbered(desk: Desk, *numbers: int) -> Desk:
    """The desk whose next references are of these numbers."""
    following = iter(numbers)
    return replace(desk, chance=Chance(desk.chance.token, lambda _: next(following)))


async def case_at(desk: Desk, council: str, adopted: Adopted, number: int) -> str:
    """Submit a case; its reference is of this number."""
    wanted = numbered(desk, number)
    journey = await start_journey(wanted, adopted, council, browser=BROWSER, language="en")
    await answer_page(wanted, adopted, council, journey, browser=BROWSER, answers=ANSWERS)
    done = await submit_journey(wanted, council, journey, browser=BROWSER)
    assert done.reference == reference_from(number)
    await rate_journey(desk, council, journey, browser=BROWSER, score=4, comment="")
    return done.reference


async def connector(desk: Desk, council: str, name: str, secrets: bytes = b"sealed") -> None:
    await save_connector(desk.store, council, ConnectorRow(name, "webhook", {"of": council}, secrets, None))


async def rows(desk: Desk, sql: str, *args: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await desk.store.owner.fetch(sql, *args)]


async def sums(desk: Desk) -> Any:
    """What must be the same before and after, over all councils."""
    return await rows(
        desk,
        """
        select (select count(*) from council_case), (select count(*) from case_update), (select count(*) from rating),
          (select count(*) from delivery), (select count(*) from delivery where delivered_at is null),
          (select array_agg(idempotency_key order by idempotency_key) from delivery),
          (select count(*) from journey), (select count(*) from adopted a where exists (
             select from council_case c where c.council = a.council and c.digest = a.digest)),
          m.* from (select count(*), count(outcome), sum(seconds), sum(score), min(started_at), max(started_at)
                    from measure) m
        """,
    )


@pytest.fixture
async def towns(desk: Desk, lost_cat: Adopted, clock: SetClock) -> Adopted:
    """Two councils that run the same service with a connector of the same name; each has a case and an administrator."""
    for council, number in ((OLD, 1), (NEW, 2)):
        await connector(desk, council, "cats", council.encode())
        await invite(desk, council, f"ada@{council}.example", "Ada", [Role.ADMINISTRATOR])
        clock.go(minutes=1)
        await case_at(desk, council, lost_cat, number)
    await save_council(desk.store, LATER, "E06000018", f"{LATER}.localhost", {"name": {"en": "Later"}})
    return lost_cat


async def left_of(desk: Desk, council: str) -> list[str]:
    return [table for table, found in (await rows_of(desk.store, council)).items() if found]


# -- cases, references, proofs -----------------------------------------------------------------------------------


async def test_where_figures_are_simulated_those_of_the_successor_are(desk: Desk, towns: Adopted) -> None:
    how = {"seed": 1, "done": "2026-03-01T00:00:00Z", "until": "2026-03-10T00:00:00Z"}
    await mark_simulated(desk.store, OLD, how, tell=True)
    await merge_councils(desk, [OLD], NEW)
    assert await simulated_until(desk.store, NEW) == {**how, "until": how["done"]}, (
        "and end where they had come to"
    )


async def test_sums_are_the_same_and_nothing_of_the_old_council_is_left(desk: Desk, towns: Adopted) -> None:
    before = await sums(desk)
    planned = await plan_merge(desk, [OLD], NEW)
    assert await sums(desk) == before
    done = await merge_councils(desk, [OLD], NEW)
    assert done.plan == planned
    assert (done.cases, done.deliveries, done.references) == (1, 1, {OLD: {}})
    [was], [now] = before, await sums(desk)
    assert now[:7] + now[8:] == was[:7] + was[8:]
    assert await left_of(desk, OLD) == []
    assert (await reconcile(desk, NEW)).holds
    for number, council in ((1, OLD), (2, NEW)):
        view = await follow_case(desk, NEW, reference_from(number), proof="b913qt", client=council)
        assert view.reference == reference_from(number)


async def test_a_row_changes_in_nothing_but_council_and_names(desk: Desk, towns: Adopted) -> None:
    before = await rows_of(desk.store, OLD)
    await merge_councils(desk, [OLD], NEW)
    after = await rows_of(desk.store, NEW)
    renamed = {"cats": f"{OLD}-cats"}

    def known(table: str, text: str, council: str) -> dict[str, Any]:
        row = json.loads(text)
        row.pop("search", None)
        if table in {"delivery", "connector"} and council == OLD:
            row["connector"] = renamed[row["connector"]]
        if table == "council_case" and council == OLD:
            row["connectors"] = [renamed[name] for name in row["connectors"]]
        return row | {"council": NEW}

    for table in ("council_case", "case_update", "delivery", "rating", "measure", "journey", "connector"):
        found = [known(table, text, NEW) for text in after[table]]
        for text in before[table]:
            assert known(table, text, OLD) in found, table


async def test_a_reference_that_both_gave_becomes_another_and_is_found_by_both(
    desk: Desk, towns: Adopted, back_office: BackOffice
) -> None:
    theirs = await case_at(desk, OLD, towns, 9)
    ours = await case_at(desk, NEW, towns, 9)
    assert theirs == ours
    await deliver_due(desk, OLD, "E08000029", "cats", back_office)
    assert (await plan_merge(desk, [OLD], NEW)).joining[0].references == 1
    # 9 is tried, and taken; so is 2.
    done = await merge_councils(numbered(desk, 9, 2, 11), [OLD], NEW)
    became = reference_from(11)
    assert done.references == {OLD: {theirs: became}}
    assert (await reconcile(desk, NEW)).holds
    await desk.store.owner.execute("update council_case set summary = 'ours' where reference = $1", ours)
    # The proof of both is the same postcode: whose case it is, the reference with the council that gave it says.
    assert (await follow_case(desk, NEW, became, proof="b913qt", client="a")).reference == became
    assert (await follow_case(desk, NEW, theirs, proof="b913qt", client="a")).reference == ours
    await desk.store.owner.execute("update council_case set proofs = '{}' where reference = $1", ours)
    assert (await follow_case(desk, NEW, theirs, proof="b913qt", client="a")).reference == became
    with pytest.raises(CaseNotFound):
        await follow_case(desk, NEW, theirs, proof="b913qx", client="b")
    # Their back office knows the case by the reference that it was delivered with.
    told = await take_updates(desk, NEW, f"{OLD}-cats", [replace(AT, reference=theirs)])
    assert told.added == 1
    assert [row[0] for row in await rows(desk, "select reference from case_update where note = 'Found'")] == [
        became
    ]
    assert (await take_updates(desk, NEW, "cats", [replace(AT, reference=became)])).unknown == (became,)


async def test_the_two_merges_of_a_chain_lose_nobody(
    desk: Desk, towns: Adopted, back_office: BackOffice
) -> None:
    theirs = await case_at(desk, OLD, towns, 9)
    await case_at(desk, NEW, towns, 9)
    await deliver_due(desk, OLD, "E08000029", "cats", back_office)
    await merge_councils(numbered(desk, 11), [OLD], NEW)
    # The successor's own successor has given both references that the case has had, and knows a connector of its own.
    sites = "insert into council_case (council, reference, service, digest, journey, channel, language, answers, summary,"
    sites += " details, contact, location, proofs, connectors, measure, submitted_at) select $1, reference, service, digest,"
    sites += " 'of later ' || reference, channel, language, answers, summary, details, contact, location, '{}', '{}', 1,"
    sites += " submitted_at from council_case where council = $2"
    await desk.store.owner.execute(sites, LATER, NEW)
    await connector(desk, LATER, f"{OLD}-cats")
    done = await merge_councils(numbered(desk, 21, 22, 23, 24), [NEW], LATER)
    assert len(done.references[NEW]) == 4
    became = done.references[NEW][reference_from(11)]
    for given_then in (theirs, reference_from(11), became):
        await desk.store.owner.execute("delete from attempt")
        view = await follow_case(desk, LATER, given_then, proof="b913qt", client="a")
        assert view.reference == became or given_then == theirs
    hosts = {one.former: one for one in await stored.list_former_hosts(desk.store)}
    assert {one.council for one in hosts.values()} == {LATER}
    assert hosts[OLD].connectors["cats"] == f"{NEW}-{OLD}-cats"
    assert hosts[NEW].connectors == {f"{OLD}-cats": f"{NEW}-{OLD}-cats"}
    told = await take_updates(desk, LATER, f"{NEW}-{OLD}-cats", [replace(AT, reference=theirs)])
    assert told.added == 1


async def test_two_councils_join_at_once(desk: Desk, towns: Adopted) -> None:
    await case_at(desk, OLD, towns, 9)
    await case_at(desk, NEW, towns, 9)
    before = await sums(desk)
    planned = await plan_merge(desk, [OLD, NEW], LATER)
    assert [one.references for one in planned.joining] == [0, 1]
    assert [dict(one.connectors) for one in planned.joining] == [{}, {"cats": f"{NEW}-cats"}]
    done = await merge_councils(numbered(desk, 11), [OLD, NEW], LATER)
    assert done.plan == planned
    assert done.cases == 4
    [was], [now] = before, await sums(desk)
    assert now[:7] + now[8:] == was[:7] + was[8:]
    assert await left_of(desk, OLD) == await left_of(desk, NEW) == []


async def test_what_is_done_at_the_same_moment_is_moved_or_refused_and_never_lost(
    desk: Desk, towns: Adopted, back_office: BackOffice
) -> None:
    ready = []
    for _ in range(12):
        journey = await start_journey(desk, towns, OLD, browser=BROWSER, language="en")
        await answer_page(desk, towns, OLD, journey, browser=BROWSER, answers=ANSWERS)
        ready.append(journey)

    async def submit(number: int, journey: str) -> str:
        await asyncio.sleep(number / 100)
        return (await submit_journey(desk, OLD, journey, browser=BROWSER)).reference or ""

    async def deliver() -> None:
        for _ in range(6):
            await deliver_due(desk, OLD, "E08000029", "cats", back_office)

    told = await asyncio.gather(
        *(submit(number, journey) for number, journey in enumerate(ready)),
        deliver(),
        merge_councils(desk, [OLD], NEW),
        return_exceptions=True,
    )
    assert isinstance(told[-1], Merged), told[-1]
    given = {one for one in told[:12] if isinstance(one, str)}
    assert {type(one) for one in told[:12]} <= {str, JourneyGone}
    found = {row[0] for row in await rows(desk, "select reference from council_case where council = $1", NEW)}
    assert found == given | {reference_from(1), reference_from(2)}
    assert await left_of(desk, OLD) == []
    assert (await reconcile(desk, NEW)).holds


# -- back offices ------------------------------------------------------------------------------------------------


async def test_what_is_on_its_way_arrives_once_under_its_old_key(
    desk: Desk, towns: Adopted, back_office: BackOffice, clock: SetClock
) -> None:
    await case_at(desk, OLD, towns, 3)
    before = await rows(desk, "select idempotency_key from delivery where council = $1 order by 1", OLD)
    # One of them has reached the back office, whose answer was lost with its worker.
    await deliver_due(desk, OLD, "E08000029", "cats", back_office, most=1)
    await desk.store.owner.execute("update delivery set delivered_at = null, claimed_at = null")
    await merge_councils(desk, [OLD], NEW)
    clock.go(minutes=10)
    for _ in range(2):
        await deliver_due(desk, NEW, "E08000034", f"{OLD}-cats", back_office)
    assert sorted(back_office.accepted) == [row[0] for row in before]
    assert len(back_office.times) == 3
    assert (await reconcile(desk, NEW)).holds
    assert await rows(
        desk, "select connector, secrets from connector where council = $1 order by connector", NEW
    ) == [("cats", NEW.encode()), (f"{OLD}-cats", OLD.encode())]


async def test_updates_and_receipts_stay_with_their_connector(
    desk: Desk, towns: Adopted, back_office: BackOffice
) -> None:
    back_office.note = "Taken"
    await deliver_due(desk, OLD, "E08000029", "cats", back_office)
    late = StatusUpdate("u9", CaseStatus.CLOSED, desk.clock(), "Early", external_id="job-7")
    await take_updates(desk, OLD, "cats", [replace(AT, reference=reference_from(1)), late])
    await merge_councils(desk, [OLD], NEW)
    told = await rows(desk, "select source from case_update where reference = $1", reference_from(1))
    assert {row[0] for row in told} == {"commonhall", f"receipt/{OLD}-cats", f"{OLD}-cats"}
    assert await rows(desk, "select council, connector from early_update") == [(NEW, f"{OLD}-cats")]
    again = await take_updates(desk, NEW, f"{OLD}-cats", [replace(AT, reference=reference_from(1))])
    assert (again.added, again.known) == (0, 1)


NAMES = st.sampled_from(["a", "b", "c", "old-a", "old-b", "new-a", "new-old-a"])


@given(st.dictionaries(NAMES, NAMES), st.dictionaries(NAMES, NAMES))
def test_a_name_changed_twice_leads_where_both_changes_lead(
    first: Mapping[str, str], second: Mapping[str, str]
) -> None:
    site = stored.SiteRow("E1", "new.localhost", {})
    older = FormerRow("old", "E0", "old.localhost", {}, SetClock().now, first)
    joining = _joining(site, second, [older])
    carried = next(row for row in formers_of(joining, SetClock().now) if row.former == "old").connectors
    for name in {*first, *second}:
        then = first.get(name, name)
        assert carried.get(name, name) == second.get(then, then)


def _joining(site: stored.SiteRow, connectors: Mapping[str, str], formers: Sequence[FormerRow]) -> Any:
    empty = stored.Counted(*([0] * 14))
    return Joining("new", site, empty, connectors, 0, (), {}, {}, 0, (), (), (), (), tuple(formers))


# -- what the council chose, and its staff -----------------------------------------------------------------------


async def test_the_successor_s_own_choice_stays_and_other_services_come_paused(
    desk: Desk, towns: Adopted
) -> None:
    owner = desk.store.owner
    await owner.execute(
        "insert into adopted select council, 'd-' || council || n, 'swap-' || n, '1.0.0', package, choices, nation, languages, "
        "adopted_at from adopted, generate_series(1, 2) n where council = $1",
        OLD,
    )
    await owner.execute(
        "insert into adoption (council, service, digest, position, connector, state, before) select $1, 'swap-' || n, "
        "'d-' || $1 || n, n, 'cats', case n when 1 then 'live' else 'retired' end, 'd-' || $1 || '1' "
        "from generate_series(1, 2) n",
        OLD,
    )
    for service in ("lost-cat", "swap-1"):
        await owner.execute(
            "insert into draft (council, service, package, base, choices, updated_at, updated_by) "
            "select council, $2, package, digest, '{}', adopted_at, 'ada' from adopted where council = $1 limit 1",
            OLD,
            service,
        )
    before = await rows(desk, "select service, digest, position, state from adoption where council = $1", NEW)
    planned = (await plan_merge(desk, [OLD], NEW)).joining[0]
    assert [row.service for row in planned.paused] == ["swap-1", "swap-2"]
    assert planned.yielding == (("lost-cat", "1.0.0", "1.0.0"),)
    assert planned.dropped_drafts == ("lost-cat",)
    await merge_councils(desk, [OLD], NEW)
    after = await rows(
        desk,
        "select service, digest, position, state, connector, before from adoption where council = $1 order by position",
        NEW,
    )
    assert [row[:4] for row in after[:1]] == before
    assert [(row[0], row[3], row[4], row[5]) for row in after[1:]] == [
        ("swap-1", "paused", f"{OLD}-cats", f"d-{OLD}1"),
        ("swap-2", "retired", f"{OLD}-cats", f"d-{OLD}1"),
    ]
    assert await rows(desk, "select council, service from draft") == [(NEW, "swap-1")]


@pytest.mark.parametrize("keep", [False, True])
async def test_staff_arrive_and_may_look_and_no_more_unless_roles_are_kept(
    desk: Desk, towns: Adopted, keep: bool
) -> None:
    both = await invite(desk, OLD, "Both@example.com", "Both There", [Role.OFFICER])
    there = await invite(desk, NEW, "both@example.com", "Both", [Role.VIEWER])
    gone = await invite(desk, NEW, "gone@example.com", "Gone", [Role.OFFICER])
    await invite(desk, OLD, "gone@example.com", "Gone", [Role.OFFICER])
    assert both
    assert there
    assert gone
    await remove(desk, NEW, gone, ADA)
    await change_roles(desk, OLD, both, [Role.OFFICER, Role.DEVELOPER], replace(ADA, person=both))
    await desk.store.owner.execute(
        "update council_case set assigned_to = $1 where reference = $2", both, reference_from(1)
    )
    planned = (await plan_merge(desk, [OLD], NEW)).joining[0]
    assert planned.same_people == ((both, there, "both@example.com"),)
    assert planned.arriving == 1
    await merge_councils(desk, [OLD], NEW, keep_roles=keep)
    found = {person.email: person.roles for person in await list_people(desk, NEW)}
    assert found == {
        f"ada@{NEW}.example": {Role.ADMINISTRATOR},
        f"ada@{OLD}.example": {Role.ADMINISTRATOR} if keep else {Role.VIEWER},
        "both@example.com": {Role.OFFICER, Role.DEVELOPER, Role.VIEWER} if keep else {Role.VIEWER},
    }
    assert await rows(
        desk, "select assigned_to from council_case where reference = $1", reference_from(1)
    ) == [(there,)]
    assert {entry.person for entry in await list_entries(desk, NEW, action="person.roles")} == {there}


async def test_the_audit_trail_is_one_in_the_order_of_time(
    desk: Desk, towns: Adopted, clock: SetClock
) -> None:
    async def note(council: str, words: str) -> None:
        clock.go(minutes=1)
        async with transaction(desk.store, council) as connection:
            await write_entry(connection, council, NewEntry(clock(), None, "x", "test.note", words))

    for council, words in ((OLD, "first"), (NEW, "second"), (OLD, "third"), (NEW, "fourth")):
        await note(council, words)
    # As if one trail had been brought from another installation: its numbers say nothing here.
    owner = desk.store.owner
    await owner.execute(
        "alter table audit disable trigger keep_audit; alter table audit alter entry set generated by default"
    )
    await owner.execute("update audit set entry = entry + 1 where council = $1", OLD)
    await owner.execute(
        "alter table audit enable trigger keep_audit; alter table audit alter entry set generated always"
    )
    before = await rows(desk, "select at, actor, action, subject from audit order by at")
    await merge_councils(desk, [OLD], NEW)
    entries = await list_entries(desk, NEW)
    assert entries[0].action == "council.merge"
    assert entries[0].subject == OLD
    assert [(one.at, one.actor, one.action, one.subject) for one in reversed(entries[1:])] == before
    assert {one.details.get("former") for one in entries if one.subject in {"first", "third"}} == {OLD}
    assert {one.details.get("former") for one in entries if one.subject in {"second", "fourth"}} == {None}
    with pytest.raises(asyncpg.PostgresError, match="append-only"):
        await owner.execute("delete from audit")
    await note(NEW, "fifth")
    assert (await list_entries(desk, NEW))[0].subject == "fifth"


# -- every table -------------------------------------------------------------------------------------------------


async def test_every_table_is_moved_even_where_all_identifiers_are_the_same(desk: Desk) -> None:
    for council in ("leeds", "wakefield"):
        await fill_town(desk.store, council, "same", desk.clock())
    owner = desk.store.owner
    for table in ("former_council", "former_reference"):
        await owner.execute(f"update {table} set former = council || '-' || former")
    await owner.execute("alter table measure alter measure set generated by default")
    await owner.execute("update measure set measure = 1")
    await owner.execute("alter table measure alter measure set generated always")
    before = {
        table: len(found) for table, found in (await rows_of(desk.store, "leeds", leaving=True)).items()
    }
    done = await merge_councils(desk, ["leeds"], "wakefield")
    after = {
        table: len(found) for table, found in (await rows_of(desk.store, "wakefield", leaving=True)).items()
    }
    assert await left_of(desk, "leeds") == []
    # One of each stays: the site, what both ran and had a draft of, one person of one address, where staff sign in.
    one = {
        "council",
        "api_system",
        "api_key",
        "push",
        "push_refused",
        "council_image",
        "adopted",
        "adoption",
        "draft",
        "person",
        "identity_provider",
        "measure_path",
        "service_hour",
        "alert",
        "notice",
        *LEFT_OUT,
    }
    more = {"audit": 3, "former_council": 3, "former_reference": 3}
    assert {table for table, many in before.items() if not many} == set()
    assert after == {
        table.name: more.get(table.name, 1 if table.name in one else 2) for table in TABLES
    } | dict.fromkeys(LEFT_OUT, 1)
    assert list(done.references) == ["leeds"]
    [[was, now]] = await rows(
        desk,
        "select c.measure, j.measure from council_case c, journey j where c.measure <> 1 and j.measure <> 1",
    )
    assert was == now
    assert await rows(desk, "select count(*) from measure where measure = $1", was) == [(1,)]


@pytest.mark.parametrize("step", ["move_services", "move_cases", "move_people", "keep_formers", "end"])
async def test_a_failure_in_the_middle_leaves_everything_as_it_was(
    desk: Desk, towns: Adopted, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    before = [await rows_of(desk.store, council) for council in (OLD, NEW)]
    done = getattr(stored.Merge, step)

    async def break_after(self: Any, *args: Any, **more: Any) -> Any:
        await done(self, *args, **more)
        await self.connection.execute("select 1 / 0")

    monkeypatch.setattr(stored.Merge, step, break_after)
    with pytest.raises(MergeRefused, match=r"nothing was changed: DivisionByZeroError"):
        await merge_councils(desk, [OLD], NEW)
    assert [await rows_of(desk.store, council) for council in (OLD, NEW)] == before
    with pytest.raises(asyncpg.PostgresError, match="append-only"):
        await desk.store.owner.execute("delete from audit")


async def test_what_cannot_be_merged_is_refused_with_a_reason(desk: Desk, towns: Adopted) -> None:
    for olds, new, said in (
        ([NEW], NEW, "cannot become part of itself"),
        ([OLD, OLD], NEW, "named twice"),
        (["atlantis"], NEW, "there is no council 'atlantis'"),
        ([OLD], "atlantis", "council add"),
    ):
        with pytest.raises(MergeRefused, match=said):
            await plan_merge(desk, olds, new)
    await desk.store.owner.execute("delete from delivery where council = $1", OLD)
    with pytest.raises(MergeRefused, match=f"commonhall reconcile {OLD}"):
        await plan_merge(desk, [OLD], NEW)
    await desk.store.owner.execute("update council_case set connectors = '{}' where council = $1", OLD)
    await merge_councils(desk, [OLD], NEW)
    with pytest.raises(MergeRefused, match=f"it became part of '{NEW}'"):
        await plan_merge(desk, [OLD], LATER)
    await save_council(desk.store, OLD, "E08000029", f"{OLD}.localhost", {})
    with pytest.raises(MergeRefused, match="would mean two cases"):
        await plan_merge(desk, [OLD], NEW)


# -- how services ran --------------------------------------------------------------------------------------------


async def test_hours_of_both_are_the_sum_and_none_is_added_to_who_is_gone(desk: Desk, towns: Adopted) -> None:
    hour = desk.clock().replace(minute=0, second=0)
    earlier = hour - timedelta(hours=1)
    counted = [
        RequestCount(OLD, "lost-cat", hour, 3, 1, (1, 2)),
        RequestCount(NEW, "lost-cat", hour, 4, 0, (0, 0, 4)),
        RequestCount(OLD, "lost-cat", earlier, 5, 0, (5,)),
    ]
    await add_requests(desk.store, counted)
    await note_looks(desk.store, OLD, hour, {"lost-cat": True})
    await note_looks(desk.store, NEW, hour, {"lost-cat": False})
    flushes = [asyncio.create_task(add_requests(desk.store, counted[:1])) for _ in range(8)]
    await merge_councils(desk, [OLD], NEW)
    await asyncio.gather(*flushes)
    await add_requests(desk.store, counted[:1])
    assert await left_of(desk, OLD) == []
    found = await rows(
        desk, "select hour, requests, failed, times, up, down from service_hour order by hour desc"
    )
    [(_, requests, failed, times, *minutes), before] = found
    # What came before the merge was over is there, what came after it is not.
    arrived = (requests - 4) // 3
    assert 1 <= arrived <= 9
    assert (requests, failed, times) == (4 + 3 * arrived, arrived, [arrived, 2 * arrived, 4])
    assert minutes == [1, 1]
    assert before[1:] == (5, 0, [5], 0, 0)
