"""The open directory against the schemas of Open Referral UK 3.0, and what a crawler of it relies on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from starlette.testclient import TestClient

from commonhall.api.openreferral import ReferralTools, referral_app
from commonhall.casework.sites import Site
from commonhall.directory.directory import Directory

ROOT = "/openreferral"
LISTS = ("services", "organizations", "taxonomies", "taxonomy_terms", "service_at_locations")


@pytest.fixture
def client(directory: Directory, sites: list[Site]) -> TestClient:
    """A crawler of the finder's directory: every council of the demonstration."""

    def url(site: Site, path: str) -> str:
        return f"https://{site.host}{path}"

    tools = ReferralTools(directory, lambda _host: sites, url, lambda host: f"https://{host}{ROOT}/")
    return TestClient(referral_app(tools))


def validator(standards: Path, name: str) -> Draft202012Validator:
    """The standard's schema of a record; where there is a compiled one, that."""
    folder = standards / "oruk" / "schema"

    def read(uri: str) -> Resource[Any]:
        return Resource.opaque(json.loads((folder / uri.rpartition("/")[2]).read_text("utf-8")))

    path = folder / "compiled" / f"{name}.json"
    path = path if path.exists() else folder / f"{name}.json"
    schema = json.loads(path.read_text("utf-8"))
    return Draft202012Validator(schema, format_checker=FormatChecker(), registry=Registry(retrieve=read))  # type: ignore[call-arg]


SCHEMAS = {
    "services": ("service_list", "service"),
    "organizations": ("organization_list", "organization"),
    "taxonomies": ("taxonomy", "taxonomy"),
    "taxonomy_terms": ("taxonomy_term", "taxonomy_term"),
    "service_at_locations": ("service_at_location_list", "service_at_location"),
}


@pytest.mark.parametrize("name", LISTS)
def test_every_record_is_as_the_schemas_say(standards: Path, client: TestClient, name: str) -> None:
    listed, whole = (validator(standards, schema) for schema in SCHEMAS[name])
    page = client.get(f"{ROOT}/{name}?per_page=500").json()
    assert page["total_items"] == len(page["contents"]) > 0
    for record in page["contents"]:
        assert [fault.message for fault in listed.iter_errors(record)] == []
    for record in page["contents"][:8]:
        single = client.get(f"{ROOT}/{name}/{record['id']}").json()
        assert [fault.message for fault in whole.iter_errors(single)] == []
        assert record["id"] == single["id"]


@pytest.mark.parametrize("name", LISTS)
def test_a_page_has_the_parts_of_the_standard_s_example(
    standards: Path, client: TestClient, name: str
) -> None:
    singular = {"taxonomies": "taxonomy"}.get(name, name.removesuffix("s"))
    example = json.loads((standards / "oruk" / "examples" / f"{singular}_list.json").read_text("utf-8"))
    page = client.get(f"{ROOT}/{name}").json()
    assert page.keys() == example.keys()
    assert page["contents"][0].keys() & example["contents"][0].keys() >= {"id"}


def test_what_the_api_is(client: TestClient) -> None:
    for path in (ROOT, f"{ROOT}/"):
        assert client.get(path).json()["version"] == "3.0"


@pytest.mark.parametrize("size", [1, 7, 50, 500])
def test_pages_partition_the_list(client: TestClient, size: int) -> None:
    seen: list[str] = []
    number = 1
    while True:
        page = client.get(f"{ROOT}/services?per_page={size}&page={number}").json()
        seen += [one["id"] for one in page["contents"]]
        assert page["size"] == len(page["contents"])
        assert page["first_page"] == (number == 1)
        if page["last_page"]:
            break
        number += 1
    assert number == page["total_pages"]
    assert len(seen) == len(set(seen)) == page["total_items"]
    beyond = client.get(f"{ROOT}/services?per_page={size}&page={number + 1}").json()
    assert (beyond["empty"], beyond["contents"]) == (True, [])


def test_services_are_found_by_what_they_are_and_where(client: TestClient, sites: list[Site]) -> None:
    def found(query: str) -> set[str]:
        return {one["url"] for one in client.get(f"{ROOT}/services?per_page=500&{query}").json()["contents"]}

    everything = found("")
    assert len(everything) == sum(len(site.services) for site in sites)
    assert found("postcode=B91+3QJ") == {one for one in everything if "//solihull." in one}
    two_tier = found("postcode=NG9+1AB")
    assert {one.partition(".")[0] for one in two_tier} <= {"https://nottinghamshire"}
    assert {one.rpartition("/")[2] for one in found("search=missed+BIN")} == {"missed-bin"}
    terms = client.get(f"{ROOT}/taxonomy_terms?per_page=500").json()["contents"]
    bins = next(one for one in terms if one["term_uri"].endswith("/service/524"))
    assert found(f"taxonomy_term_id={bins['id']}") == {
        one for one in everything if one.endswith("/missed-bin")
    }
    assert found(f"taxonomy_id={bins['taxonomy_id']}") == everything
    assert found("taxonomy_id=nothing") == found("minimum_age=18") == found("day=MO") == set()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("page=0", "page must be a whole number"),
        ("per_page=many", "per_page must be a whole number"),
        ("per_page=501", "from 1 to 500"),
        ("postcode=nonsense", "postcode must be a UK postcode"),
        ("proximity=100", "proximity needs a postcode"),
        ("full=perhaps", "full must be true or false"),
        ("modified_after=2026-01-01", "does not know when a record was changed"),
        ("start_time=noon", "start_time must be a time"),
        ("day=someday", "day must be one of"),
        ("format=ndjson", "format must be json"),
    ],
)
def test_what_cannot_be_used_is_told(client: TestClient, query: str, words: str) -> None:
    answer = client.get(f"{ROOT}/services?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.json()["detail"]


def test_ids_last_and_answers_are_open_and_short_lived(client: TestClient) -> None:
    first = client.get(f"{ROOT}/services?search=pothole+solihull")
    assert first.headers["access-control-allow-origin"] == "*"
    [pothole] = first.json()["contents"]
    assert pothole["id"] == "d4ecf568-1c36-5a03-b2c6-af325479eb67"
    again = client.get(
        f"{ROOT}/services?search=pothole+solihull", headers={"if-none-match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(f"{ROOT}/services/nothing").status_code == 404
    assert client.get(f"{ROOT}/spaceships").status_code == 404


NAMES = ["search", "page", "per_page", "taxonomy_term_id", "taxonomy_id", "minimum_age", "start_time", "day", "postcode", "proximity", "full", "minimal", "organization_id", "format", "other"]  # fmt: skip


@settings(suppress_health_check=list(HealthCheck), max_examples=40)
@given(
    name=st.sampled_from(LISTS),
    query=st.dictionaries(st.sampled_from(NAMES), st.text(max_size=12), max_size=4),
)
def test_any_question_is_answered_or_refused(client: TestClient, name: str, query: dict[str, str]) -> None:
    assert client.get(f"{ROOT}/{name}", params=query).status_code in {200, 400}
