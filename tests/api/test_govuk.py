"""Links to live services as GOV.UK's editors import them, and whose a postcode is."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import httpx2
import pytest

from commonhall.api.govuk import COLUMNS, INTERACTIONS
from commonhall.casework.links import keep_links
from commonhall.directory.directory import Directory
from commonhall.directory.links import Link, read_links
from tests.api.conftest import Outside, client_of

LINKS = "/local-links.csv"


def rows_of(answer: httpx2.Response) -> list[dict[str, str]]:
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text)))


async def test_a_council_s_live_services_are_links(outside: Outside) -> None:
    rows = rows_of(await outside.http.get(LINKS))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 6
    bins = next(row for row in rows if row["LGSL"] == "524")
    assert bins["Authority Name"] == "Solihull Metropolitan Borough Council"
    assert bins["GSS"] == "E08000029"
    assert bins["Description"].endswith(": Reporting")
    assert bins["URL"] == bins["New URL"] == "http://solihull.localhost:8000/missed-bin"
    assert bins["Supported by GOV.UK"] == "true"
    page = await outside.http.get(bins["URL"])
    assert page.status_code == 200
    assert bins["Title"] in page.text


async def test_the_finder_has_the_links_of_all(outside: Outside) -> None:
    async with client_of(outside.office.app, "localhost") as finder:
        assert rows_of(await finder.get(LINKS)) == rows_of(await outside.http.get(LINKS))
        first = await finder.get(LINKS)
        again = await finder.get(LINKS, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


async def test_a_paused_service_is_no_link(outside: Outside) -> None:
    await outside.house.store.owner.execute("update adoption set state = 'paused' where service = 'pothole'")
    await outside.house.store.owner.execute("update council set revision = revision + 1")
    await outside.house.sites.refresh()
    rows = rows_of(await outside.http.get(LINKS))
    assert [row["URL"] for row in rows if row["URL"].endswith("/pothole")] == []
    assert len(rows) == 5


async def test_a_postcode_leads_to_its_council(outside: Outside) -> None:
    async with client_of(outside.office.app, "localhost") as finder:
        found = await finder.get("/api/local-authority?postcode=b91+3qj")
        assert found.status_code == 302
        whole = await finder.get(found.headers["location"])
        assert whole.json() == {
            "local_authority": {
                "name": "Solihull Metropolitan Borough Council",
                "homepage_url": whole.json()["local_authority"]["homepage_url"],
                "tier": "unitary",
                "slug": "solihull",
            }
        }
        district = (await finder.get("/api/local-authority/broxtowe")).json()["local_authority"]
        assert (district["tier"], district["parent"]["slug"], district["parent"]["tier"]) == ("district", "nottinghamshire", "county")  # fmt: skip


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("?postcode=nonsense", 400, "Invalid postcode"),
        ("", 400, "Invalid postcode"),
        ("?postcode=NG9", 400, "Invalid postcode"),
        ("?postcode=JE2+4UE", 404, "Postcode not found"),
        ("/atlantis", 404, "Local authority not found"),
    ],
)
async def test_what_is_no_postcode_or_council_is_told(
    outside: Outside, path: str, status: int, message: str
) -> None:
    async with client_of(outside.office.app, "localhost") as finder:
        answer = await finder.get(f"/api/local-authority{path}")
    assert (answer.status_code, answer.json()) == (status, {"message": message})


async def test_where_several_may_be_meant_they_are_offered(outside: Outside) -> None:
    async with client_of(outside.office.app, "localhost") as finder:
        answer = await finder.get("/api/local-authority?postcode=BT1+5GS")
        offered = answer.json()["addresses"]
        assert len(offered) == 11
        assert {"address", "slug", "name"} == offered[0].keys()
        assert (await finder.get(f"/api/local-authority/{offered[0]['slug']}")).status_code == 200


def test_the_names_of_interactions_are_the_list_s_own(shared_data: Path) -> None:
    with (shared_data / "lgil.csv").open(encoding="utf-8") as file:
        assert {int(row["lgil"]): row["name"].strip() for row in csv.DictReader(file)} == dict(INTERACTIONS)


async def elsewhere(outside: Outside) -> None:
    """Links to councils' own pages, one of them to a service that is live here."""
    links = [
        Link("exeter", 524, 17, "https://exeter.example/bins", "Missed bins"),
        Link("exeter", 524, 8, "https://exeter.example/about-bins", ""),
        Link("exeter", 57, 2, "https://exeter.example/tax", "=tax()"),
        Link("solihull", 524, 17, "https://old.solihull.example/bins", "Old page"),
    ]
    await keep_links(outside.house.desk, "govuk", links)
    await outside.house.store.owner.execute(
        "update link set status = 'broken', problem = 'there is no such page' where lgsl = 57"
    )
    await outside.house.links.refresh()


async def test_other_councils_own_pages_are_among_the_links_of_all(outside: Outside) -> None:
    await elsewhere(outside)
    async with client_of(outside.office.app, "localhost") as finder:
        rows = rows_of(await finder.get(LINKS))
    own = {(row["GSS"], row["LGSL"], row["LGIL"]): row for row in rows if "example" in row["URL"]}
    assert own.keys() == {("E07000041", "524", "17"), ("E07000041", "524", "8"), ("E07000041", "57", "2")}
    tax = own["E07000041", "57", "2"]
    assert (tax["Status"], tax["Problem summary"], tax["Status error"]) == (
        "broken",
        "there is no such page",
        "there is no such page",
    )
    assert tax["Title"] == ".=tax()" or tax["Title"].startswith(("'", "."))
    assert own["E07000041", "524", "17"]["Status"] == "pending"
    assert rows_of(await outside.http.get(LINKS))[0]["URL"].startswith("http://solihull")


async def test_the_links_of_all_come_in_again_as_they_went_out(
    outside: Outside, directory: Directory
) -> None:
    await elsewhere(outside)
    async with client_of(outside.office.app, "localhost") as finder:
        content = (await finder.get(LINKS)).content
    content = content.replace(b"http://solihull.localhost:8000", b"https://solihull.example")
    found = read_links(content, directory.councils, directory.services, INTERACTIONS)
    assert found.problems == ()
    assert Link("exeter", 524, 17, "https://exeter.example/bins", "Missed bins") in found.links


async def test_where_a_council_does_something_is_told(outside: Outside) -> None:
    await elsewhere(outside)
    async with client_of(outside.office.app, "localhost") as finder:

        async def told(query: str) -> dict[str, Any]:
            found: dict[str, Any] = (await finder.get(f"/api/link?{query}")).json()
            return found

        here = await told("authority_slug=solihull&lgsl=524&lgil=17")
        assert here["local_interaction"]["url"] == "http://solihull.localhost:8000/missed-bin"
        assert here["local_authority"]["gss"] == "E08000029"
        there = await told("authority_slug=exeter&lgsl=524")
        assert there["local_interaction"] == {
            "lgsl_code": 524, "lgil_code": 17, "url": "https://exeter.example/bins", "title": "Missed bins", "status": "pending",
        }  # fmt: skip
        assert (await told("authority_slug=exeter&lgsl=524&lgil=8"))["local_interaction"]["title"] is None
        assert "local_interaction" not in await told("authority_slug=exeter&lgsl=57"), (
            "nobody is sent to a broken page"
        )
        assert (await told("authority_slug=exeter&lgsl=57&lgil=2"))["local_interaction"]["status"] == "broken"
        for query, status in (("", 400), ("authority_slug=exeter", 400), ("authority_slug=exeter&lgsl=x", 400), ("authority_slug=mars&lgsl=524", 404), ("authority_slug=exeter&lgsl=999999", 404)):  # fmt: skip
            assert (await finder.get(f"/api/link?{query}")).status_code == status


async def test_the_finder_leads_to_a_council_s_own_page(outside: Outside) -> None:
    await elsewhere(outside)
    async with client_of(outside.office.app, "localhost") as finder:
        page = (await finder.get("/council/exeter?need=missed+bin")).text
        assert "https://exeter.example/bins" in page
        assert "On Exeter City Council’s own website" in page
        assert (
            "Ar wefan Exeter City Council ei hun"
            in (await finder.get("/cy/council/exeter?need=missed+bin")).text
        )
        tax = (await finder.get("/council/exeter?need=pay+council+tax")).text
        assert "https://exeter.example/tax" not in tax
        assert "old.solihull.example" not in (await finder.get("/council/solihull?need=missed+bin")).text
