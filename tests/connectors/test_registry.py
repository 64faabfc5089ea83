"""A connector's configuration is checked in plain words, and never repeats a secret."""

from __future__ import annotations

import re
from typing import Any

import httpx2
import pytest

from commonhall.connectors.registry import KINDS, build_connector, connector_problem
from commonhall.engine.back_office import Connector
from tests.conftest import SetClock
from tests.connectors.answers import always, client

SECRET = "whsec_a2VlcCB0aGlzIGZyb20gZXZlcnlib2R5IGVsc2U="
GOOD: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "open311": ({"endpoint": "https://waste.example/v2"}, {}),
    "webhook": ({"url": "https://office.example/cases"}, {"signing": [SECRET]}),
    "rest": ({"base": "https://jobs.example/api", "mapping": {"deliver": {"ask": {"path": "jobs"}}}}, {}),
    "soap": (
        {
            "wsdl": "https://jobs.example/service?wsdl",
            "mapping": {
                "deliver": {
                    "ask": {"operation": "NewJob", "arguments": {"Reference": "{{ case.reference }}"}}
                }
            },
        },
        {},
    ),
    "csv-sftp": (
        {
            "host": "files.example",
            "username": "council",
            "host_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl",
        },
        {"password": "hush"},
    ),
    "queue": (
        {"url": "amqps://broker.example", "username": "us", "routing_key": "cases.{{ case.service.id }}"},
        {"password": "hush"},
    ),
    "email": (
        {
            "host": "smtp.example",
            "sender": "cases@council.example",
            "to": "office@office.example",
            "bounces": "bounces+{mark}@council.example",
            "mailbox_host": "imap.example",
            "mailbox_username": "bounces",
        },
        {"mailbox_password": "hush", "seals": ["a seal that nobody knows"]},
    ),
    "pull": ({"system": "parking-crm"}, {}),
}


def test_nobody_adds_a_kind_and_each_is_tried_here() -> None:
    assert KINDS.keys() == GOOD.keys()
    with pytest.raises(TypeError):
        KINDS["fax"] = KINDS["webhook"]  # type: ignore[index]


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_configuration_makes_a_connector(kind: str) -> None:
    assert connector_problem(kind, *GOOD[kind]) is None
    made = build_connector(kind, *GOOD[kind], client(always(200)), SetClock())
    assert isinstance(made, Connector)
    assert made.kind == kind
    assert made.can & {"deliver", "collect"}


@pytest.mark.parametrize(
    ("kind", "settings", "secrets", "words"),
    [
        ("fax", {}, {}, f"there is no kind 'fax'; there are {', '.join(sorted(KINDS))}"),
        ("open311", {}, {}, "settings.endpoint is missing"),
        ("open311", {"endpoint": "waste"}, {}, "settings.endpoint must begin with https:// or http://"),
        (
            "open311",
            {"endpoint": "https://x", "jurisdiction": "y"},
            {},
            "settings.jurisdiction is not known; there are endpoint, jurisdiction_id",
        ),
        (
            "open311",
            {"endpoint": "https://x", "by_answer": {"pothole": {"field": "size"}}},
            {},
            "settings.by_answer.pothole.codes is missing",
        ),
        (
            "open311",
            {"endpoint": "https://x"},
            {"key": "hush"},
            "secrets.key is not known; there are api_key",
        ),
        ("webhook", {"url": "https://x"}, {}, "secrets.signing is missing"),
        ("webhook", {"url": "https://x"}, {"signing": []}, "secrets.signing needs at least one"),
        ("webhook", {"url": "https://x"}, {"signing": ["hush!"]}, "secrets.signing: each must be base64"),
        (
            "webhook",
            {"url": "https://x"},
            {"signing": ["aGFsbG8="]},
            "secrets.signing: each must be base64 of at least 24",
        ),
        (
            "webhook",
            {"url": "https://x"},
            {"signing": "hush"},
            "secrets.signing: input should be a valid list",
        ),
        ("pull", {"system": "Parking CRM"}, {}, "settings.system: give the short name"),
        ("webhook", {}, {}, "settings.url is missing; secrets.signing is missing"),
    ],
)
def test_what_is_wrong_is_said_where_it_is(
    kind: str, settings: dict[str, Any], secrets: dict[str, Any], words: str
) -> None:
    problem = connector_problem(kind, settings, secrets)
    assert problem is not None
    assert words in problem
    assert "hush" not in problem
    with pytest.raises(ValueError, match=re.escape(words)):
        build_connector(kind, settings, secrets, httpx2.AsyncClient(), SetClock())
