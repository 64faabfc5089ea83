"""Figures are sent and asked for again: what is kept, what is counted, what is refused, and in which words."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from commonhall.api.performance import bodies
from commonhall.reporting import asking, data_sets, records
from commonhall.reporting.data_sets import DataSetRefused, another_token, make_data_set, remove_data_set
from commonhall.storage.pool import Store
from tests.api.sending import Sender, day, sending
from tests.conftest import SetClock

ONLINE = {"_id": "a", "_timestamp": day("2014-09-01"), "channel": "online", "count": 3}
PAPER = {"_id": "b", "_timestamp": day("2014-09-02"), "channel": "paper", "count": 4}
LATER = {"_id": "c", "_timestamp": "2014-09-09T13:30:00+01:00", "channel": "online", "count": 5}
WEEKS = [("start_at", day("2014-09-01")), ("end_at", day("2014-09-15")), ("period", "week")]


@pytest.fixture
async def sender(store: Store, clock: SetClock) -> AsyncIterator[Sender]:
    async with sending(store, clock) as found:
        yield found


# -- sending ---------------------------------------------------------------------------------------------------------


async def test_records_are_kept_and_read_with_the_periods_that_they_lie_in(sender: Sender) -> None:
    said = await sender.post([ONLINE, LATER])
    assert said == {"status": "ok", "message": "2 records were kept; solihull-bins/anything has 2"}
    [first, second] = await sender.ask()
    assert first == {
        "_id": "a",
        "_timestamp": "2014-09-01T00:00:00+00:00",
        "_updated_at": "2026-03-10T09:00:00+00:00",
        "_hour_start_at": "2014-09-01T00:00:00+00:00",
        "_day_start_at": "2014-09-01T00:00:00+00:00",
        "_week_start_at": "2014-09-01T00:00:00+00:00",
        "_month_start_at": "2014-09-01T00:00:00+00:00",
        "_quarter_start_at": "2014-07-01T00:00:00+00:00",
        "_year_start_at": "2014-01-01T00:00:00+00:00",
        "channel": "online",
        "count": 3,
    }
    assert second["_timestamp"] == "2014-09-09T12:30:00+00:00"
    assert second["_week_start_at"] == "2014-09-08T00:00:00+00:00"


async def test_a_record_with_a_known_id_takes_the_other_s_place(sender: Sender) -> None:
    await sender.post([ONLINE, {**ONLINE, "count": 30}])
    assert [row["count"] for row in await sender.ask()] == [30]
    await sender.post({**ONLINE, "count": 31, "channel": "phone"})
    [row] = await sender.ask()
    assert (row["count"], row["channel"]) == (31, "phone")
    await sender.post([{"count": 1}, {"count": 1}])
    assert len(await sender.ask()) == 3, "without an id each is another record"


async def test_of_records_that_are_wrong_none_is_kept_and_each_is_named(sender: Sender) -> None:
    await sender.post(ONLINE)
    wrong = [
        PAPER,
        {"_timestamp": "2014-09-01", "count": 1},
        {"_timestamp": "2014-09-01T00:00:00", "count": 1},
        {"$where": 1},
        {"list": [1]},
        {"_day_start_at": "x"},
        {"_id": "two words"},
        "text",
    ]
    said = await sender.post(wrong, status=400)
    assert said["status"] == "error"
    assert said["message"].startswith(
        "nothing was kept: record 2: `_timestamp` must be a date and time with its offset"
    )
    for number, words in enumerate(
        ("_timestamp", "_timestamp", "cannot be a field's name", "must be text, a number", "is made here", "without spaces", "must be a JSON object"),
        2,
    ):  # fmt: skip
        [fault] = [one for one in said["errors"] if one.startswith(f"record {number}: ")]
        assert words in fault
    assert [row["_id"] for row in await sender.ask()] == ["a"]


@pytest.mark.parametrize("value", [2**60, 1e200, "x" * 2_001, {"a": 1}, "nul\0"])
async def test_values_that_cannot_be_kept_are_refused(sender: Sender, value: object) -> None:
    said = await sender.post({"field": value}, status=400)
    assert "`field`" in said["message"]


async def test_a_body_is_json_plain_or_compressed_up_to_a_limit(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = {"headers": {"content-encoding": "gzip", "content-type": "application/json"}}
    await sender.post(gzip.compress(json.dumps([ONLINE]).encode()), **packed)
    # A gzip body may have several members.
    await sender.post(gzip.compress(b"[") + gzip.compress(json.dumps(PAPER).encode() + b"]"), **packed)
    assert len(await sender.ask()) == 2
    for body, status, words, more in (
        (b"{", 400, "not JSON", {}),
        (b"", 400, "is empty", {}),
        (b"\xff", 400, "not JSON", {}),
        (b'{"half": "\\ud800"}', 400, "not JSON", {}),
        (b'{"much": 1e999}', 400, "not JSON", {}),
        (b"[" * 100_000, 400, "not JSON", {}),
        (b"nonsense", 400, "not gzip", packed),
        (gzip.compress(b"[]" * 50)[:-9], 400, "not whole", packed),
        (b"a=1", 415, "send JSON", {"headers": {"content-type": "text/plain"}}),
        (b"[]", 415, "Content-Encoding", {"headers": {"content-encoding": "br"}}),
    ):
        assert words in (await sender.post(body, status=status, **more))["message"]
    monkeypatch.setattr(bodies, "MOST_UNPACKED", 10_000)
    bomb = gzip.compress(b" " * 50_000_000)
    assert "when it is unpacked" in (await sender.post(bomb, status=413, **packed))["message"]
    monkeypatch.setattr(bodies, "MOST_SENT", 100)
    assert "at most 100 bytes" in (await sender.post(b" " * 101, status=413))["message"]


async def test_only_the_set_s_own_token_writes_and_two_hold_while_it_is_changed(
    sender: Sender, clock: SetClock
) -> None:
    path, old = sender.path, sender.token
    await sender.another("else")
    await sender.post(ONLINE, path=path, status=401)
    for token in ("", "chd_" + "x" * 22, "é"):
        headers = {"authorization": f"Bearer {token}".encode()}
        reply = await sender.http.post(path, json=ONLINE, headers=headers)
        assert (reply.status_code, reply.headers["www-authenticate"]) == (401, "Bearer")
        assert (await sender.http.put(path, json=[], headers=headers)).status_code == 401
    new = [
        await another_token(sender.figures, "solihull", "solihull-bins", "anything", other_holds=timedelta(days=n))
        for n in (7, 1)
    ]  # fmt: skip

    async def hold() -> list[bool]:
        found = []
        for token in (old, *new):
            headers = {"authorization": f"Bearer {token}"}
            found.append((await sender.http.post(path, json=[], headers=headers)).status_code == 200)
        return found

    assert await hold() == [False, True, True], "two at a time"
    clock.go(days=1)
    assert await hold() == [False, False, True]


async def test_a_data_set_is_emptied_by_an_empty_list_alone(sender: Sender) -> None:
    await sender.post([ONLINE, PAPER])
    headers = {"authorization": f"Bearer {sender.token}"}
    reply = await sender.http.put(sender.path, json=[PAPER], headers=headers)
    assert (reply.status_code, "empty list" in reply.json()["message"]) == (400, True)
    assert len(await sender.ask()) == 2
    reply = await sender.http.put(sender.path, json=[], headers=headers)
    assert reply.json() == {"status": "ok", "message": "solihull-bins/anything has 0 records"}
    assert await sender.ask() == []
    assert (await sender.post(ONLINE))["message"].endswith("has 1")


async def test_a_set_that_would_have_too_many_records_keeps_what_it_has(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sender.post(ONLINE)
    monkeypatch.setattr(data_sets, "MOST_IN_A_SET", 2)
    assert "more than 2 records" in (await sender.post([PAPER, LATER], status=400))["message"]
    assert [row["_id"] for row in await sender.ask()] == ["a"]
    await sender.post([ONLINE, PAPER])
    monkeypatch.setattr(records, "MOST_RECORDS", 2)
    assert "at most 2 at once" in (await sender.post([ONLINE] * 3, status=400))["message"]


# -- asking ----------------------------------------------------------------------------------------------------------


async def test_periods_are_all_there_where_both_ends_are_known(sender: Sender) -> None:
    await sender.post([ONLINE, PAPER])
    assert await sender.ask(WEEKS) == [
        {"_start_at": day("2014-09-01"), "_end_at": day("2014-09-08"), "_count": 2},
        {"_start_at": day("2014-09-08"), "_end_at": day("2014-09-15"), "_count": 0},
    ]
    collected = await sender.ask([*WEEKS, ("collect", "count:sum"), ("collect", "count:mean")])
    assert [(row["count:sum"], row["count:mean"]) for row in collected] == [(7, 3.5), (None, None)]
    assert await sender.ask([("period", "year")]) == [
        {"_start_at": day("2014-01-01"), "_end_at": day("2015-01-01"), "_count": 2}
    ]
    assert len(await sender.ask([*WEEKS, ("limit", "1")])) == 1


async def test_groups_have_their_periods_in_them_or_beside_them(sender: Sender) -> None:
    await sender.post([ONLINE, PAPER, LATER, {"_timestamp": day("2014-09-03"), "count": 1}])
    asked = [*WEEKS, ("group_by", "channel"), ("collect", "count:sum")]
    first, second = (day("2014-09-01"), day("2014-09-08")), (day("2014-09-08"), day("2014-09-15"))

    def span(ends: tuple[str, str], count: int, total: int | None) -> dict[str, object]:
        return {"_start_at": ends[0], "_end_at": ends[1], "_count": count, "count:sum": total}

    assert await sender.ask(asked) == [
        {
            "channel": "online", "_count": 2, "_group_count": 2, "count:sum": 8,
            "values": [span(first, 1, 3), span(second, 1, 5)],
        },
        {
            "channel": "paper", "_count": 1, "_group_count": 1, "count:sum": 4,
            "values": [span(first, 1, 4), span(second, 0, None)],
        },
    ]  # fmt: skip
    assert await sender.ask([*asked, ("flatten", "true")]) == [
        {"channel": "online", **span(first, 1, 3)},
        {"channel": "paper", **span(first, 1, 4)},
        {"channel": "online", **span(second, 1, 5)},
        {"channel": "paper", **span(second, 0, None)},
    ]
    assert await sender.ask([("group_by", "channel")]) == [
        {"channel": "online", "_count": 2},
        {"channel": "paper", "_count": 1},
    ]
    several = await sender.ask([("group_by", "count"), ("group_by", "channel"), ("limit", "2")])
    assert several == [
        {"count": 3, "channel": "online", "_count": 1},
        {"count": 4, "channel": "paper", "_count": 1},
    ]


async def test_what_is_collected(sender: Sender) -> None:
    await sender.post([ONLINE, PAPER, LATER, {"channel": "paper", "count": None}, {"channel": "paper"}])
    asked = [("group_by", "channel"), ("sort_by", "count:sum:descending")]
    for method in ("sum", "count", "set", "mean"):
        asked.append(("collect", f"count:{method}"))
    assert await sender.ask(asked) == [
        {"channel": "online", "_count": 2, "count:sum": 8, "count:count": 2, "count:set": [3, 5], "count:mean": 4},
        {"channel": "paper", "_count": 3, "count:sum": 4, "count:count": 1, "count:set": [4], "count:mean": 4},
    ]  # fmt: skip
    [row, _] = await sender.ask([("group_by", "channel"), ("collect", "count")])
    assert row == {"channel": "online", "_count": 2, "count": [3, 5], "count:set": [3, 5]}
    said = await sender.ask([("period", "day"), ("collect", "channel:sum")], status=400)
    assert said == "`channel` has values that are no numbers: they have no sum and no mean"


async def test_records_are_filtered_by_values_and_beginnings(sender: Sender) -> None:
    await sender.post([ONLINE, PAPER, LATER, {"_id": "d", "channel": "paper-less", "count": 4, "done": True}])

    async def found(*query: tuple[str, str]) -> str:
        return "".join(sorted(row["_id"] for row in await sender.ask(query)))

    assert await found(("filter_by", "channel:online")) == "ac"
    assert await found(("filter_by", "count:4")) == "bd"
    assert await found(("filter_by", "done:true")) == "d"
    assert await found(("filter_by", "count:4"), ("filter_by", "channel:paper")) == "b"
    assert await found(("filter_by_prefix", "channel:pap")) == "bd"
    assert await found(("filter_by_prefix", "channel:%")) == ""
    assert await found(("filter_by", "channel:x' or 1=1 --")) == ""
    span = [("start_at", day("2014-09-01")), ("end_at", day("2014-09-02"))]
    assert await found(*span) == "a"
    assert await found(*span, ("inclusive", "true")) == "ab"


async def test_records_are_sorted_and_limited(sender: Sender) -> None:
    await sender.post([ONLINE, PAPER, LATER, {"_id": "d"}])

    async def order(*query: tuple[str, str]) -> str:
        return "".join(row["_id"] for row in await sender.ask(query))

    assert await order() == "dabc"
    assert await order(("sort_by", "_timestamp:descending")) == "cbad"
    assert await order(("sort_by", "count:descending")) == "cbad"
    assert await order(("sort_by", "channel:ascending"), ("limit", "2")) == "ac"
    assert await order(("sort_by", "_id:descending"), ("limit", "1")) == "d"


async def test_a_duration_is_counted_from_an_end_or_from_now_to_where_there_are_figures(
    sender: Sender, clock: SetClock
) -> None:
    await sender.post([ONLINE, PAPER, LATER])

    async def days(*query: tuple[str, str]) -> list[tuple[str, int]]:
        rows = await sender.ask([("period", "day"), ("duration", "2"), *query])
        return [(row["_start_at"][:10], row["_count"]) for row in rows]

    assert await days(("start_at", day("2014-09-01"))) == [("2014-09-01", 1), ("2014-09-02", 1)]
    assert await days(("end_at", day("2014-09-03"))) == [("2014-09-01", 1), ("2014-09-02", 1)]
    # A span that begins (or, counted back, ends) with periods in which nothing happened is moved to where something did.
    assert await days(("start_at", day("2014-08-31"))) == [("2014-09-01", 1), ("2014-09-02", 1)]
    assert await days(("end_at", day("2014-09-04"))) == [("2014-09-01", 1), ("2014-09-02", 1)]
    assert await days(("end_at", day("2013-01-01"))) == [("2012-12-30", 0), ("2012-12-31", 0)]
    assert await days() == [("2026-03-08", 0), ("2026-03-09", 0)]
    weeks = [("period", "week"), ("duration", "2"), ("end_at", day("2014-09-15")), ("group_by", "channel")]
    [online, paper] = await sender.ask(weeks)
    assert [row["_count"] for row in online["values"]] == [1, 1]
    assert [row["_count"] for row in paper["values"]] == [1, 0]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("colour=red", "unknown parameter: colour"),
        ("period=fortnight", "period must be one of hour, day, week"),
        ("period=day&period=week", "period may be given once"),
        ("start_at=2014", "start_at is not a date and time"),
        ("start_at=2014-09-01T00:00:00", "with its offset"),
        ("start_at=9999-12-31T23:59:59Z&period=year", "in the years 1900 to 2200"),
        ("start_at=2014-09-02T00:00:00Z&end_at=2014-09-01T00:00:00Z", "end_at is before start_at"),
        ("duration=3", "give a period, too"),
        ("duration=0&period=day", "1 or more"),
        ("duration=x&period=day", "whole number"),
        ("duration=9999&period=year", "no figures of"),
        ("duration=3&period=day&start_at=2014-09-01T00:00:00Z&end_at=2014-09-03T00:00:00Z", "leave out start_at or end_at"),
        ("filter_by=channel", "with a colon between"),
        ("filter_by=$where:1", "cannot be a field's name"),
        ("filter_by=_id:a", "begin with _"),
        ("filter_by=a:%00", "U+0000"),
        ("&".join(["filter_by=a:b"] * 11), "10 times at most"),
        ("group_by=_id", "begin with _"),
        ("group_by=a&group_by=a", "names a field twice"),
        ("group_by=a&group_by=b&group_by=c&group_by=d&group_by=e", "4 times at most"),
        ("collect=count:sum", "collect needs a period or group_by"),
        ("collect=count:median&period=day", "one of sum, count, set, mean"),
        ("collect=a:sum&group_by=a", "is what is grouped by"),
        ("group_by=values&period=day", "flatten=true"),
        ("sort_by=count", "ascending or descending"),
        ("sort_by=count:up", "ascending or descending"),
        ("sort_by=count:sum:ascending", "no collected fields"),
        ("sort_by=_count:ascending", "records have _id"),
        ("sort_by=_count:ascending&period=day", "always in the order of time"),
        ("limit=-1", "whole number"),
        ("limit=10001", "10,000 at most"),
        ("flatten=yes", "one of true, false"),
        ("inclusive=1", "one of true, false"),
        ("format=xml", "one of json, csv"),
        ("filter_by=a:" + "x" * 4_000, "longer than 4,000 characters"),
        ("period=hour&start_at=1900-01-01T00:00:00Z&end_at=2199-01-01T00:00:00Z", "more than 10,000 rows"),
    ],
)  # fmt: skip
async def test_a_question_that_makes_no_sense_is_refused_in_words(
    sender: Sender, query: str, words: str
) -> None:
    reply = await sender.http.get(f"{sender.path}?{query}")
    assert reply.status_code == 400
    assert reply.json()["status"] == "error"
    assert words in reply.json()["message"]


async def test_a_sort_by_what_is_not_there_is_refused(sender: Sender) -> None:
    await sender.post(ONLINE)
    said = await sender.ask([("group_by", "channel"), ("sort_by", "count:sum:ascending")], status=400)
    assert said == "sort_by: the answer has no field count:sum"


async def test_a_set_that_is_not_read_raw_is_read_in_whole_periods(sender: Sender) -> None:
    await sender.another("counted", raw=False)
    await sender.post([ONLINE, PAPER])
    assert "not read one by one" in await sender.ask(status=400)
    assert await sender.ask([("group_by", "channel"), ("filter_by", "count:3")]) != []
    for period, moment, words in (
        ("day", "2014-09-01T00:00:01Z", "midnight in UTC"),
        ("day", "2014-09-01T00:00:00+01:00", "midnight in UTC"),
        ("hour", "2014-09-01T01:00:00Z", "midnight"),
        ("week", "2014-09-02T00:00:00Z", "a Monday"),
        ("month", "2014-09-02T00:00:00Z", "the first of a month"),
        ("quarter", "2014-09-01T00:00:00Z", "the first of January, April"),
        ("year", "2014-07-01T00:00:00Z", "the first of January"),
    ):
        for end in ("start_at", "end_at"):
            said = await sender.ask([("period", period), (end, moment)], status=400)
            assert said.startswith(f"{end} must be ")
            assert words in said
    assert len(await sender.ask(WEEKS)) == 2


# -- how it is answered ----------------------------------------------------------------------------------------------


async def test_an_answer_may_be_kept_until_the_records_are_others(sender: Sender) -> None:
    await sender.post(ONLINE)
    first = await sender.http.get(sender.path)
    assert first.headers["cache-control"] == "public, max-age=1800, must-revalidate"
    assert first.headers["access-control-allow-origin"] == "*"
    etag = {"if-none-match": first.headers["etag"]}
    again = await sender.http.get(sender.path, headers=etag)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert (await sender.http.get(f"{sender.path}?limit=1", headers=etag)).status_code == 200
    assert (await sender.http.get(sender.path, headers={"accept": "text/csv", **etag})).status_code == 200
    await sender.post({**ONLINE, "count": 4})
    assert (await sender.http.get(sender.path, headers=etag)).status_code == 200
    await sender.another("realtime")
    assert "max-age=120" in (await sender.http.get(sender.path)).headers["cache-control"]


async def test_the_same_as_a_table(sender: Sender) -> None:
    await sender.post([ONLINE, {**PAPER, "channel": "=cmd()"}])
    asked = f"{sender.path}?group_by=channel&collect=count:sum&collect=count:set"
    as_asked = await sender.http.get(f"{asked}&format=csv")
    by_header = await sender.http.get(asked, headers={"accept": "text/csv"})
    assert as_asked.headers["content-type"] == "text/csv; charset=utf-8"
    assert (
        as_asked.text == by_header.text == "channel,_count,count:sum,count:set\n'=cmd(),1,4,4\nonline,1,3,3\n"
    )
    nested = await sender.http.get(f"{sender.path}?group_by=channel&period=year&format=csv")
    assert nested.text.splitlines()[1:] == [
        "'=cmd(),2014-01-01T00:00:00+00:00,2015-01-01T00:00:00+00:00,1",
        "online,2014-01-01T00:00:00+00:00,2015-01-01T00:00:00+00:00,1",
    ]


async def test_other_addresses_and_methods(sender: Sender) -> None:
    for path in (
        "/performance/data/nobody/nothing",
        "/performance/data/a",
        "/performance",
        "/performance/data/A B/c",
    ):
        reply = await sender.http.get(path)
        assert (reply.status_code, reply.json()["status"]) == (404, "error")
    assert (await sender.http.delete(sender.path)).status_code == 405
    asked = await sender.http.options(sender.path)
    assert (asked.status_code, asked.headers["access-control-max-age"]) == (200, "86400")
    assert (await sender.http.head(sender.path)).status_code == 200
    assert (await sender.http.get("/performance/_status")).json() == {"status": "ok"}


# -- hostile questions -----------------------------------------------------------------------------------------------


async def test_an_answer_with_too_many_rows_or_values_is_refused(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sender.post([{"_timestamp": day("2014-09-01"), "name": f"n{n}"} for n in range(12)])
    monkeypatch.setattr(asking, "MOST_ROWS", 10)
    for query in (
        [("group_by", "name")],
        [
            ("group_by", "name"),
            ("period", "day"),
            ("start_at", day("2014-09-01")),
            ("end_at", day("2014-09-03")),
        ],
    ):
        assert "more than 10 rows" in await sender.ask(query, status=400)
    assert "more than 10 records" in await sender.ask(status=400)
    monkeypatch.setattr(asking, "MOST_VALUES", 10)
    said = await sender.ask([("period", "day"), ("collect", "name:set")], status=400)
    assert "more than 10 different values" in said


# -- data sets -------------------------------------------------------------------------------------------------------


async def test_a_group_s_name_says_whose_it_is(sender: Sender) -> None:
    async def make(council: str, group: str, kind: str = "anything", lgsl: int | None = 1) -> None:
        await make_data_set(sender.figures, council, group, kind, service=None, lgsl=lgsl)

    await make("surrey", "surrey")
    await make("surrey-heath", "surrey-heath-bins")
    for council, group, words in (
        ("surrey", "surrey-heath-bins", "a group of surrey-heath: let the group begin with the council's name, as surrey-"),
        ("surrey", "surreybins", "names no council"),
        ("atlantis", "atlantis-bins", "no council 'atlantis'"),
        ("surrey", "Surrey Bins", "small letters"),
        ("surrey", "surrey", "already"),
    ):  # fmt: skip
        with pytest.raises(DataSetRefused, match=words):
            await make(council, group)
    with pytest.raises(DataSetRefused, match="which service"):
        await make("surrey", "surrey-x", lgsl=None)


async def test_a_removed_set_is_gone_with_all_that_was_in_it(sender: Sender) -> None:
    await sender.post([ONLINE, PAPER])
    assert await remove_data_set(sender.figures, "solihull", "solihull-bins", "anything") == 2
    await sender.ask(status=404)
    await sender.post(ONLINE, status=404)
    with pytest.raises(DataSetRefused, match="no data set"):
        await remove_data_set(sender.figures, "solihull", "solihull-bins", "anything")
    await sender.another("anything")
    assert await sender.ask() == []
