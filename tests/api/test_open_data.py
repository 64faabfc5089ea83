"""Open data on a council's host and on the finder's: the same rows in both formats, each host its own councils."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import httpx2
import pytest

from commonhall.api.open_data.schema import COLUMNS
from commonhall.api.open_data.shelf import Shelf
from tests.api.conftest import client_of
from tests.conftest import SetClock
from tests.web.rendered import faults_of_html
from tests.web.workspace.office import Office

COUNTED = """
insert into measure_day (council, service, day, channel, starts, submitted, ineligible, abandoned, seconds_sum, sent)
values ($1, $2, $3, $4, $5 + 40, $5, 20, 20, $5 * 90, $5)
"""


async def count(
    office: Office, day: date, sent: int, channel: str = "online", council: str = "solihull"
) -> None:
    await office.house.store.durable.execute(COUNTED, council, "missed-bin", day, channel, sent)


@pytest.fixture
async def counted(office: Office) -> Office:
    """February to May of one service; it is the tenth of March."""
    await count(office, date(2026, 2, 3), 100)
    await count(office, date(2026, 2, 27), 45)
    await count(office, date(2026, 2, 27), 30, "phone")
    await count(office, date(2026, 3, 2), 77)
    await count(office, date(2026, 5, 2), 1000)
    return office


@pytest.fixture
async def outside(counted: Office) -> AsyncIterator[httpx2.AsyncClient]:
    """Anybody, on Solihull's host."""
    async with client_of(counted.app) as http:
        yield http


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


async def test_a_month_is_one_row_for_each_service_and_channel(outside: httpx2.AsyncClient) -> None:
    answer = await outside.get("/open-data/2026-02.csv")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    online, phone = rows_of(answer.text)
    assert tuple(online) == tuple(column.name for column in COLUMNS)
    assert online == {
        "month": "2026-02-01", "complete": "true", "council": "solihull", "gss": "E08000029",
        "council_name": "Solihull Metropolitan Borough Council", "simulated": "true", "service": "missed-bin",
        "service_name": "Report a missed bin collection", "lgsl": "524", "lgil": "17", "channel": "online",
        "starts": "225", "completed": "185", "not_completed": "40", "sent": "145", "chases": "", "repeats": "",
        "closed": "", "in_time": "", "late": "", "fixed": "", "fixed_first": "", "responses": "", "satisfaction": "",
        "mean_seconds": "90", "mean_wait_hours": "",
    }  # fmt: skip
    assert (phone["channel"], phone["sent"], phone["not_completed"]) == ("phone", "30", "20")


async def test_this_month_is_there_so_far_and_no_later_one(outside: httpx2.AsyncClient) -> None:
    [so_far] = rows_of((await outside.get("/open-data/2026-03.csv")).text)
    assert (so_far["complete"], so_far["sent"], so_far["mean_seconds"]) == ("false", "70", "")
    for name in ("2026-01.csv", "2026-04.csv", "2026-05.parquet", "2026-2.csv", "x.csv", "2026-02.csv.csv"):
        assert (await outside.get(f"/open-data/{name}")).status_code == 404, name


@pytest.mark.parametrize("month", ["2026-02", "2026-03"])
async def test_parquet_has_the_rows_of_the_csv_with_their_types(
    outside: httpx2.AsyncClient, tmp_path: Any, month: str
) -> None:
    for extension in ("csv", "parquet"):
        answer = await outside.get(f"/open-data/{month}.{extension}")
        (tmp_path / f"x.{extension}").write_bytes(answer.content)
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    with duckdb.connect() as database:
        parquet = database.sql(f"from '{tmp_path}/x.parquet'")
        kinds = {
            "DATE": "date",
            "BOOLEAN": "boolean",
            "VARCHAR": "string",
            "BIGINT": "integer",
            "DOUBLE": "number",
        }
        assert [kinds[str(kind)] for kind in parquet.types] == [column.kind for column in COLUMNS]
        as_text = [["" if v is None else str(v).lower() if isinstance(v, bool) else str(v) for v in row]
                   for row in parquet.fetchall()]  # fmt: skip
        licence = database.sql(
            f"select value::varchar from parquet_kv_metadata('{tmp_path}/x.parquet') where key = 'licence'"
        ).fetchall()
    assert as_text == [list(row.values()) for row in rows_of((tmp_path / "x.csv").read_text("utf-8"))]
    assert "open-government-licence" in licence[0][0]


async def test_the_finder_has_all_councils_and_a_council_its_own(counted: Office) -> None:
    await counted.house.store.owner.execute(
        "insert into council (council, gss, host, config, revision)"
        " select 'kirklees', 'E08000034', 'kirklees.localhost', config, 1 from council where council = 'solihull'"
    )
    await count(counted, date(2026, 1, 5), 60, council="kirklees")
    await count(counted, date(2026, 2, 5), 60, council="kirklees")
    await counted.house.sites.refresh()
    async with client_of(counted.app, "localhost") as http:
        assert [row["council"] for row in rows_of((await http.get("/open-data/2026-02.csv")).text)] == [
            "kirklees", "solihull", "solihull",
        ]  # fmt: skip
        package = (await http.get("/open-data/datapackage.json")).json()
        assert package["name"] == "measures-all-councils"
        assert "2026-01.csv" in {one["path"] for one in package["resources"]}
    async with client_of(counted.app) as http:
        rows = rows_of((await http.get("/open-data/2026-02.csv")).text)
        assert {row["council"] for row in rows} == {"solihull"}
        assert (await http.get("/open-data/2026-01.csv")).status_code == 404


async def test_a_quarter_is_there_once_it_is_over(outside: httpx2.AsyncClient, clock: SetClock) -> None:
    address = "/open-data/transactions-explorer-2026-q1.csv"
    assert (await outside.get(address)).status_code == 404
    clock.now = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
    [found] = rows_of((await outside.get(address)).text)
    assert (found["Abbr"], found["2026-Q1 Vol."], found["2026-Q1 Digital vol."]) == ("solihull", "252", "222")
    # 222 online at 9 pence and 30 by phone at 2.59 pounds, as councils' costs were last published.
    assert (found["2026-Q1 CPT (£)"], found["2026-Q1 Digital CPT (£)"]) == ("0.39", "0.09")
    assert "Socitm" in found["Notes on costs"]
    assert "Simulated" in found["Other notes"]


async def test_a_file_is_asked_for_again_by_its_tag_and_in_parts(outside: httpx2.AsyncClient) -> None:
    address = "/open-data/2026-02.parquet"
    whole = await outside.get(address)
    tag = whole.headers["etag"]
    assert whole.headers["cache-control"] == "public, max-age=3600"
    same = await outside.get(address, headers={"if-none-match": f'"other", W/{tag}'})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    size = len(whole.content)
    head = await outside.head(address)
    assert (head.status_code, head.headers["content-length"]) == (200, str(size))
    for wanted, part in (
        ("bytes=0-3", whole.content[:4]),
        ("bytes=-8", whole.content[-8:]),
        (f"bytes={size - 5}-", whole.content[-5:]),
        (f"bytes=4-{size + 100}", whole.content[4:]),
    ):
        some = await outside.get(address, headers={"range": wanted})
        assert (some.status_code, some.content) == (206, part), wanted
        assert some.headers["content-range"].endswith(f"/{size}")
    for wanted in (f"bytes={size}-", "bytes=-0"):
        none = await outside.get(address, headers={"range": wanted})
        assert (none.status_code, none.headers["content-range"]) == (416, f"bytes */{size}")
    for wanted in ("bytes=5-2", "bytes=-", "bytes=0-1,4-5", "lines=1-2", "bytes=\u0660-"):
        ignored = await outside.get(address, headers={"range": wanted.encode()})  # type: ignore[dict-item]
        assert (ignored.status_code, ignored.content) == (200, whole.content), wanted
    changed = await outside.get(address, headers={"range": "bytes=0-3", "if-range": '"other"'})
    assert changed.status_code == 200, "the file has changed since the first part"


async def test_a_file_is_made_again_when_it_is_not_fresh_any_more(
    outside: httpx2.AsyncClient, counted: Office, clock: SetClock
) -> None:
    first = await outside.get("/open-data/2026-03.csv")
    await count(counted, date(2026, 3, 3), 100)
    clock.go(minutes=59)
    assert (await outside.get("/open-data/2026-03.csv")).headers["etag"] == first.headers["etag"]
    clock.go(minutes=2)
    later = await outside.get("/open-data/2026-03.csv")
    assert later.headers["etag"] != first.headers["etag"]
    assert rows_of(later.text)[0]["sent"] == "170"


async def test_the_page_lists_every_file_in_both_languages(
    outside: httpx2.AsyncClient, counted: Office
) -> None:
    page = await outside.get("/open-data")
    assert faults_of_html(page.text) == []
    for text in (
        "Open data",
        "February 2026",
        "March 2026, so far: not complete",
        "Open Government Licence v3.0",
    ):
        assert text in page.text
    for address in ("2026-02.csv", "2026-02.parquet", "2026-03.csv", "datapackage.json"):
        assert f'href="/open-data/{address}"' in page.text
        assert (await outside.get(f"/open-data/{address}")).status_code == 200
    welsh = await outside.get("/cy/open-data")
    assert faults_of_html(welsh.text) == []
    assert "Mawrth 2026, hyd yn hyn" in welsh.text
    assert (await outside.get("/open-data/")).headers["location"] == "/open-data"
    async with client_of(counted.app, "localhost") as http:
        for path in ("/open-data", "/cy/open-data"):
            page = await http.get(path)
            assert (page.status_code, faults_of_html(page.text)) == (200, [])
            assert 'href="/open-data/2026-02.parquet"' in page.text
        assert 'href="/open-data"' in (await http.get("/")).text


async def test_where_nothing_is_counted_the_page_says_so(office: Office) -> None:
    async with client_of(office.app) as http:
        page = await http.get("/open-data")
        assert "Nothing has been counted yet" in page.text
        assert (await http.get("/open-data/2026-03.csv")).status_code == 404
        assert (await http.get("/open-data/datapackage.json")).json()["resources"] == []


async def test_a_file_is_made_once_for_all_who_ask_and_the_shelf_is_bounded(clock: SetClock) -> None:
    import asyncio
    from datetime import timedelta

    shelf, made = Shelf(clock, most_bytes=250), []

    async def ask(name: str) -> bytes:
        async def make() -> bytes:
            made.append(name)
            await asyncio.sleep(0)
            return name.encode() * 100

        return (await shelf.get("solihull", name, date(2026, 3, 10), timedelta(hours=1), make)).body

    answers = await asyncio.gather(*(ask("a") for _ in range(20)))
    assert made == ["a"]
    assert set(answers) == {b"a" * 100}
    for name in ("b", "a", "c", "a", "b"):
        await ask(name)
    assert made == ["a", "b", "c", "b"], "the one that nobody asked for longest has gone"
