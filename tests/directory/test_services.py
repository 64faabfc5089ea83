"""A need in everyday words in, the national list's services out; and which council of two provides one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhall.directory.directory import Directory, Found, open_directory


@pytest.mark.parametrize(
    ("need", "lgsl"),
    [
        ("my bin was not emptied", 524),
        ("missed bin", 524),
        ("report a missed bin", 524),
        ("pothole", 557),
        ("potholes in my road", 557),
        ("pothle", 557),
        ("street light is broken", 564),
        ("streetlight", 564),
        ("fly tipping", 587),
        ("flytipping", 587),
        ("rubbish dumped", 587),
        ("council tax moving house", 58),
        ("I have moved", 58),
        ("renew bus pass", 273),
        ("older person's bus pass", 273),
        ("disabled bus pass", 280),
        ("BIN", 524),
        ("casgliad bin", 524),
    ],
)
def test_a_need_finds_its_service_among_the_first(directory: Directory, need: str, lgsl: int) -> None:
    found = [service.lgsl for service in directory.services.search(need, 5)]
    assert lgsl in found


@pytest.mark.parametrize("need", ["", "   ", "the of and", "zzzzzzzz", "\x00", "?!"])
def test_no_need_finds_nothing(directory: Directory, need: str) -> None:
    assert directory.services.search(need) == []


DIRECTORY = open_directory()


@given(st.text(max_size=200), st.integers(1, 20))
def test_no_words_break_the_search_and_nothing_is_found_twice(need: str, limit: int) -> None:
    found = DIRECTORY.services.search(need, limit)
    assert len(found) <= limit
    assert len({service.lgsl for service in found}) == len(found)


@pytest.mark.parametrize(
    ("lgsl", "slug"),
    [
        (524, "gedling"),
        (557, "nottinghamshire"),
        (564, "nottinghamshire"),
        (58, "gedling"),
        (273, "nottinghamshire"),
    ],
)
def test_of_two_tiers_the_one_that_provides_the_service(directory: Directory, lgsl: int, slug: str) -> None:
    found = directory.find("NG5 6LU")
    assert isinstance(found, Found)
    assert [council.slug for council in found.councils] == ["gedling", "nottinghamshire"]
    service = directory.services.service(lgsl)
    assert service is not None
    provider = directory.provider(service, found.councils)
    assert provider is not None
    assert provider.slug == slug


def test_a_fire_authoritys_service_is_nobodys_of_these(directory: Directory) -> None:
    found = directory.find("NG5 6LU")
    assert isinstance(found, Found)
    nobodys = [
        service
        for lgsl in range(2000)
        if (service := directory.services.service(lgsl))
        and set(service.tiers) <= {"fire", "National park"}
        and not service.govuk_tiers
    ]
    assert nobodys
    assert {directory.provider(service, found.councils) for service in nobodys} == {None}
