"""A case handed in with one call: the same as by page, once for each key, and refused with reasons."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from commonhall.casework.desk import Desk
from commonhall.casework.direct import AnotherRequest, NotAccepted, hand_in
from commonhall.engine.package import Adopted
from commonhall.storage.cases import count_cases
from tests.casework.conftest import ANSWERS, COUNCIL
from tests.casework.test_journeys import counted, submitted

COLUMNS = "service, digest, language, answers, summary, details, contact, location, connectors, submitted_at, target_on, status"  # fmt: skip


async def test_it_is_the_case_that_pages_make_but_for_its_channel(desk: Desk, lost_cat: Adopted) -> None:
    by_page = await submitted(desk, lost_cat)
    by_call = await hand_in(desk, COUNCIL, lost_cat, ANSWERS, sender="cms")
    sql = f"select {COLUMNS} from council_case where council = $1 and reference = $2"
    rows = [
        await desk.store.owner.fetchrow(sql, COUNCIL, reference)
        for reference in (by_page.reference, by_call.reference)
    ]
    assert rows[0] == rows[1]
    channels = await desk.store.owner.fetch("select channel from council_case order by channel")
    assert [row["channel"] for row in channels] == ["api", "online"]
    measured = await counted(desk, desk.today())
    assert (measured.starts, measured.sent) == (2, 2)


async def test_the_same_key_makes_one_case_however_often_and_at_once(desk: Desk, lost_cat: Adopted) -> None:
    made = await asyncio.gather(
        *(hand_in(desk, COUNCIL, lost_cat, ANSWERS, sender="cms", key="k1") for _ in range(5))
    )
    assert len({one.reference for one in made}) == 1
    later = await hand_in(desk, COUNCIL, lost_cat, ANSWERS, sender="cms", key="k1")
    assert later.again
    other = await hand_in(desk, COUNCIL, lost_cat, ANSWERS, sender="crm", key="k1")
    assert other.reference != later.reference
    assert await count_cases(desk.store, COUNCIL) == 2
    measured = await counted(desk, desk.today())
    assert measured.starts == 2


async def test_a_key_means_one_request(desk: Desk, lost_cat: Adopted) -> None:
    await hand_in(desk, COUNCIL, lost_cat, ANSWERS, sender="cms", key="k1")
    with pytest.raises(AnotherRequest, match="with other answers"):
        await hand_in(desk, COUNCIL, lost_cat, {**ANSWERS, "name": "Alex"}, sender="cms", key="k1")


@pytest.mark.parametrize(
    ("answers", "where"),
    [
        ({**ANSWERS, "email": "nonsense"}, ("email",)),
        ({name: value for name, value in ANSWERS.items() if name != "name"}, ("name",)),
        ({**ANSWERS, "breed": "tabby"}, ("breed",)),
        ({}, ("ours",)),
    ],
)
async def test_what_is_wrong_makes_no_case_and_no_start(
    desk: Desk, lost_cat: Adopted, answers: dict[str, Any], where: tuple[str, ...]
) -> None:
    with pytest.raises(NotAccepted) as refused:
        await hand_in(desk, COUNCIL, lost_cat, answers, sender="cms", key="k1")
    assert [one.where for one in refused.value.wrong] == [where]
    assert await desk.store.owner.fetchval("select count(*) from journey") == 0
    await hand_in(desk, COUNCIL, lost_cat, ANSWERS, sender="cms", key="k1")


async def test_whom_the_service_turns_away_is_told_and_counted(desk: Desk, lost_cat: Adopted) -> None:
    with pytest.raises(NotAccepted) as refused:
        await hand_in(desk, COUNCIL, lost_cat, {"ours": "no"}, sender="cms")
    assert refused.value.exit is not None
    assert refused.value.exit.id == "not-ours"
    measured = await counted(desk, desk.today())
    assert (measured.starts, measured.sent) == (1, 0)
