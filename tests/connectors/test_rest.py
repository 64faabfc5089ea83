"""The REST connector: a mapping says what is sent and read, and nothing in it leads elsewhere or tells a secret."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx2
import pytest
from joserfc.jwk import RSAKey

from commonhall.connectors.conformance import PATIENT
from commonhall.connectors.registry import build_connector, connector_problem
from commonhall.connectors.rest.connector import PRESETS, presets
from commonhall.connectors.rest.request import address
from commonhall.connectors.samples import sample_case
from commonhall.engine.back_office import Connector, Contact, DeliveryFailed, UpdateRefused
from commonhall.engine.source import read_yaml
from tests.conftest import SetClock
from tests.connectors.answers import Answering, always, client, reply

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
BASE = "https://jobs.example/api"
SEND: dict[str, Any] = {
    "ask": {"path": "jobs", "body": {"ref": "{{ case.reference }}"}},
    "id": "{{ answer.body.id }}",
}
PEM = RSAKey.generate_key(2048, private=True).as_pem(private=True).decode()
OK = always(201, b'{"id": 7}')


def rest(
    answer: Answering, clock: SetClock, secrets: dict[str, Any] | None = None, **settings: Any
) -> Connector:
    given = {"base": BASE, "mapping": {"deliver": SEND}, **settings}
    return build_connector(
        "rest", given, secrets or {}, client(answer), clock, allow_private=True, patience=PATIENT
    )


async def sent(clock: SetClock, mapping: dict[str, Any], secrets: dict[str, Any] | None = None, **settings: Any) -> httpx2.Request:  # fmt: skip
    """What goes over the wire for a case."""
    seen: list[httpx2.Request] = []
    connector = rest(lambda request: seen.append(request) or reply(201, b'{"id": 7}'), clock, secrets, mapping=mapping, **settings)  # fmt: skip
    await connector.deliver(sample_case("R1"), "key-1")
    return seen[-1]


async def test_a_request_is_what_the_mapping_says(clock: SetClock) -> None:
    ask = {
        "method": "PUT",
        "path": "/jobs/{{ case.reference }}",
        "query": {"lang": "{{ case.language }}", "none": "{{? case.answers.none }}"},
        "headers": {"X-Case": "{{ key }}\r\nX-Evil: 1"},
        "body": {
            "n": "{{ case.answers.count }}",
            "at": "{{ day(case.submitted_at, '%Y-%m-%d') }}",
            "v": "{{ values.queue }}",
        },
    }
    mapping = {"values": {"queue": {"label": "Queue", "default": 9}}, "deliver": {**SEND, "ask": ask}}
    request = await sent(clock, mapping)
    assert (request.method, str(request.url)) == ("PUT", f"{BASE}/jobs/R1?lang=en")
    assert json.loads(request.content) == {"n": 2, "at": "2026-03-10", "v": 9}
    assert request.headers["idempotency-key"] == "key-1"
    assert "x-evil" not in request.headers
    form = await sent(
        clock,
        {"deliver": {**SEND, "ask": {"path": "f", "form": {"a": "{{ case.answers.clear }}", "b": "é"}}}},
    )
    assert parse_qs(form.content.decode()) == {"a": ["true"], "b": ["é"]}


HOSTILE_PARTS = {
    "https://evil.example/x": "https%3A%2F%2Fevil.example%2Fx",
    "a b?c=d&e#f%2e": "a%20b%3Fc%3Dd%26e%23f%252e",
    "%2e%2e/admin": "%252e%252e%2Fadmin",
    "//evil.example": "%2F%2Fevil.example",
    "ŵ\r\nHost: evil": "%C5%B5%0D%0AHost%3A%20evil",
    "../../admin": "..%2F..%2Fadmin",
}


@pytest.mark.parametrize("value", HOSTILE_PARTS)
async def test_a_value_is_one_segment_of_a_path_whatever_is_in_it(clock: SetClock, value: str) -> None:
    seen: list[httpx2.Request] = []
    ask = {"path": "jobs/{{ case.answers.v }}/x", "query": {"q": "{{ case.answers.v }}"}}
    connector = rest(lambda request: seen.append(request) or reply(201, b'{"id": 7}'), clock, mapping={"deliver": {**SEND, "ask": ask}})  # fmt: skip
    await connector.deliver(replace(sample_case("R1"), answers={"v": value}), "k")
    assert seen[0].url.raw_path.decode().partition("?")[0] == f"/api/jobs/{HOSTILE_PARTS[value]}/x"
    assert parse_qs(seen[0].url.query.decode()) == {"q": [value]}
    assert seen[0].url.host == "jobs.example"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("jobs/../../x", "would leave it"),
        ("jobs/%2E%2e/x", "would leave it"),
        ("jobs/{{ case.answers.dots }}", "would leave it"),
        (
            "jobs/{{ case.answers.none }}",
            "path: {{ case.answers.none }} is empty, where something must stand",
        ),
        ("jobs/{{? case.answers.missing }}", "is empty, where something must stand"),
    ],
)
async def test_no_path_leads_elsewhere_or_to_all_there_is(clock: SetClock, path: str, said: str) -> None:
    case = replace(sample_case("R1"), answers={"dots": "..", "none": ""})
    connector = rest(OK, clock, mapping={"deliver": {**SEND, "ask": {"path": path}}})
    with pytest.raises(DeliveryFailed, match=re.escape(said)) as failed:
        await connector.deliver(case, "k")
    assert not failed.value.permanent


@pytest.mark.parametrize(
    ("base", "link", "followed"),
    [
        (BASE, "https://jobs.example/api/news?$skip=%3Ca%20b%3E&x=1", "/api/news?$skip=%3Ca%20b%3E&x=1"),
        (BASE, "HTTPS://JOBS.EXAMPLE:443/api/news", "/api/news"),
        (BASE, "/api/news?p=2", "/api/news?p=2"),
        (BASE, "news?p=2", "/api/news?p=2"),
        ("https://jobs.example", "/services/query/01g-2", "/services/query/01g-2"),
        (BASE, "https://evil.example/api/news", ""),
        (BASE, "https://jobs.example@evil.example/api/news", ""),
        (BASE, "https://jobs.example:8443/api/news", ""),
        (BASE, "http://jobs.example/api/news", ""),
        (BASE, "//evil.example/api/news", ""),
        (BASE, "/apish/news", ""),
        (BASE, "/api/../admin", ""),
        (BASE, "/api/%2e%2e/admin", ""),
        (BASE, "\\\\evil.example\\api", ""),
        (BASE, "https://[evil/api", ""),
    ],
)
def test_a_link_is_followed_below_the_base_alone(base: str, link: str, followed: str) -> None:
    if followed:
        request = {"link": link, "path": "not this", "query": {"nor": "this"}}
        assert address(base, request, {}) == f"https://jobs.example{followed}"
        assert address(base, request, {"code": "k"}).endswith("&code=k" if "?" in followed else "?code=k")
    else:
        with pytest.raises(DeliveryFailed, match=r"at another address|would leave it"):
            address(base, {"link": link}, {})


async def test_headers_hold_any_letters_and_nothing_else(clock: SetClock) -> None:
    seen: list[httpx2.Request] = []
    ask = {"path": "jobs", "headers": {"X-Name": "{{ case.name }}", "content-type": "text/x", "Idempotency-Key": "own"}, "body": 1}  # fmt: skip
    connector = rest(
        lambda request: seen.append(request) or reply(201, b'{"id": 7}'), clock, {"key": " clé\r\n"},
        mapping={"deliver": {**SEND, "ask": ask}}, auth={"type": "key", "header": "X-API-Key"},
    )  # fmt: skip
    case = replace(sample_case("R1"), contact=Contact("Siôn\r\nX-Evil: 1"))
    await connector.deliver(case, "k")
    sent = dict(seen[0].headers.raw)
    assert sent[b"x-name"] == "Siôn X-Evil: 1".encode()
    assert sent[b"x-api-key"] == "clé".encode()
    assert sent[b"idempotency-key"] == b"own"
    assert [text for name, text in seen[0].headers.raw if name == b"content-type"] == [b"text/x"]


async def test_a_no_behind_a_good_status_is_a_no(clock: SetClock) -> None:
    said = {
        **SEND,
        "refused": "{{ has(answer.body.error) }}",
        "reason": "{{? answer.body.error }}",
        "accepted": "{{ answer.body.ok }}",
    }
    answers = iter(
        [
            b'{"error": "no such street"}',
            b'{"ok": false}',
            b"{}",
            b'{"ok": true}',
            b'{"ok": true, "id": "J1"}',
        ]
    )
    connector = rest(lambda _: reply(200, next(answers)), clock, mapping={"deliver": said})
    for words, permanent in (
        ("no such street", True),
        ("does not say that it was accepted", False),
        ("does not say", False),
        ("has no number", False),
    ):
        with pytest.raises(DeliveryFailed, match=words) as failed:
            await connector.deliver(sample_case("R1"), "k")
        assert failed.value.permanent is permanent
    assert (await connector.deliver(sample_case("R1"), "k")).external_id == "J1"


async def test_a_status_means_what_the_mapping_says(clock: SetClock) -> None:
    def mapped(status: int, word: str) -> Connector:
        return rest(
            always(status, b'{"id": 3, "detail": "why"}'),
            clock,
            mapping={"deliver": {**SEND, "statuses": {status: word}}},
        )

    assert (await mapped(409, "accepted").deliver(sample_case("R1"), "k")).external_id == "3"
    for status, word, permanent in (
        (404, "no", True),
        (400, "later", False),
        (500, "no", True),
        (202, "later", False),
    ):
        with pytest.raises(DeliveryFailed) as failed:
            await mapped(status, word).deliver(sample_case("R1"), "k")
        assert failed.value.permanent is permanent, status


async def test_what_it_has_already_is_not_sent_again(clock: SetClock) -> None:
    seen: list[str] = []
    found = iter([b'{"hits": []}', b'{"hits": [{"id": "J9"}]}', b"<html>", b'{"hits": "?"}'])

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.method)
        return reply(200, next(found)) if request.method == "GET" else reply(201, b'{"id": "J1"}')

    find = {"ask": {"method": "GET", "path": "jobs", "query": {"ref": "{{ case.reference }}"}}, "id": "{{ size(answer.body.hits) == 0 ? '' : answer.body.hits[0].id }}"}  # fmt: skip
    connector = rest(answer, clock, mapping={"find": find, "deliver": SEND})
    assert (await connector.deliver(sample_case("R1"), "k")).external_id == "J1"
    assert (await connector.deliver(sample_case("R1"), "k")).external_id == "J9"
    for _ in range(2):
        with pytest.raises(DeliveryFailed, match="whether the back office has it cannot be read"):
            await connector.deliver(sample_case("R1"), "k")
    assert seen == ["GET", "POST", "GET", "GET", "GET"], "in doubt nothing is sent"


async def test_what_it_says_it_knows_is_looked_for_again(clock: SetClock) -> None:
    find = {"ask": {"method": "GET", "path": "find"}, "id": "{{? answer.body.hit }}"}
    mapping = {"find": find, "deliver": {**SEND, "statuses": {"409": "known"}}}
    hits = iter([{}, {"hit": "J9"}, {}, {}])
    connector = rest(
        lambda request: reply(200, json.dumps(next(hits)).encode()) if request.method == "GET" else reply(409),
        clock, mapping=mapping,
    )  # fmt: skip
    assert (await connector.deliver(sample_case("R1"), "k")).external_id == "J9"
    with pytest.raises(DeliveryFailed, match=r"has the case already \(409\), but it is not found") as failed:
        await connector.deliver(sample_case("R1"), "k")
    assert not failed.value.permanent


@pytest.mark.parametrize(
    "body", [b"[" * 700 + b"]" * 700, b'{"id": {"": 1, "\\u0000": 2}}', b"9" * 5000, b'"\\ud800"']
)
async def test_whatever_an_answer_holds_is_a_failure_in_words(clock: SetClock, body: bytes) -> None:
    with pytest.raises(DeliveryFailed, match="the answer has no number"):
        await rest(always(200, body), clock).deliver(sample_case("R1"), "k")


async def test_a_mapping_that_misses_an_answer_says_which_and_the_case_waits(clock: SetClock) -> None:
    connector = rest(
        OK,
        clock,
        mapping={"deliver": {**SEND, "ask": {"path": "jobs", "body": {"size": "{{ case.answers.size }}"}}}},
    )
    with pytest.raises(
        DeliveryFailed, match=r"the mapping cannot be filled: body\.size: there is no 'size'"
    ) as failed:
        await connector.deliver(sample_case("R1"), "k")
    assert not failed.value.permanent


# -- who asks ----------------------------------------------------------------------------------------------------


async def test_a_key_a_name_and_a_secret_in_the_body_are_shown(clock: SetClock) -> None:
    plain = {"deliver": SEND}
    asked = await sent(clock, plain, {"key": "hush"}, auth={"type": "key", "header": "X-API-Key"})
    assert asked.headers["x-api-key"] == "hush"
    asked = await sent(clock, plain, {"key": "hush"}, auth={"type": "key", "query": "code"})
    assert str(asked.url).endswith("?code=hush")
    asked = await sent(clock, plain, {"password": "p"}, auth={"type": "basic", "username": "u"})
    assert asked.headers["authorization"] == "Basic dTpw"
    body = {"deliver": {**SEND, "ask": {"path": "jobs", "body": {"token": "{{ secret.key }}"}}}}
    assert json.loads((await sent(clock, body, {"key": "hush"})).content) == {"token": "hush"}


async def test_a_token_is_asked_for_once_and_again_when_it_ends_or_is_refused(clock: SetClock) -> None:
    tokens, refuse = 0, set[str]()

    def answer(request: httpx2.Request) -> httpx2.Response:
        nonlocal tokens
        if request.url.path == "/token":
            form = parse_qs(request.content.decode())
            assert form == {"grant_type": ["client_credentials"], "client_id": ["c"], "client_secret": ["s"], "scope": ["all"]}  # fmt: skip
            tokens += 1
            return reply(200, json.dumps({"access_token": f"t{tokens}", "expires_in": 600}).encode())
        shown = request.headers["authorization"].removeprefix("Bearer ")
        return reply(401) if shown in refuse else reply(201, json.dumps({"id": shown}).encode())

    auth = {"type": "oauth2", "token_url": "https://login.example/token", "client_id": "c", "scope": "all"}
    connector = rest(answer, clock, {"client_secret": "s"}, auth=auth)

    async def number() -> str | None:
        return (await connector.deliver(sample_case("R1"), "k")).external_id

    assert [await number(), await number()] == ["t1", "t1"]
    clock.go(minutes=11)
    assert await number() == "t2"
    refuse.add("t2")
    assert await number() == "t3", "taken back before its time: another is asked for, once"
    refuse.update({"t3", "t4"})
    with pytest.raises(DeliveryFailed, match="answered 401") as failed:
        await number()
    assert not failed.value.permanent


@pytest.mark.parametrize(
    "answer",
    [
        always(400, b'{"error_description": "unknown client"}'),
        always(200, b"{}"),
        always(200, b"<html>"),
        always(500),
    ],
)
async def test_no_token_is_a_setting_to_be_put_right(clock: SetClock, answer: Answering) -> None:
    auth = {"type": "oauth2", "token_url": "https://login.example/token", "client_id": "c"}
    with pytest.raises(DeliveryFailed, match="no token was given") as failed:
        await rest(answer, clock, {"client_secret": "hush"}, auth=auth).deliver(sample_case("R1"), "k")
    assert not failed.value.permanent
    assert "hush" not in failed.value.reason


@pytest.mark.parametrize(
    ("auth", "secrets"),
    [
        ({"type": "key", "header": "X-API-Key"}, {"key": "hush-hush"}),
        ({"type": "key", "query": "code"}, {"key": "hush-hush\n"}),
        ({"type": "oauth2", "token_url": "https://login.example/token", "client_id": "c"}, {"client_secret": "hush-hush"}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", [200, 400, 401, 500])
async def test_a_secret_that_comes_back_is_not_told(
    clock: SetClock, auth: dict[str, Any], secrets: dict[str, Any], status: int
) -> None:
    said = json.dumps({"message": "no hush-hush, no token-token", "error": "hush-hush"}).encode()

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/token" and status != 400:
            return reply(200, b'{"access_token": "token-token"}')
        return reply(status, said)

    mapping = {"deliver": {**SEND, "accepted": "{{ false }}", "reason": "{{ answer.body.message }}"}}
    with pytest.raises(DeliveryFailed) as failed:
        await rest(answer, clock, secrets, auth=auth, mapping=mapping).deliver(sample_case("R1"), "k")
    assert "hush-hush" not in failed.value.reason
    assert "[a secret]" in failed.value.reason
    assert auth["type"] != "oauth2" or "token-token" not in failed.value.reason


# -- what is told ------------------------------------------------------------------------------------------------

NEWS: dict[str, Any] = {
    "ask": {"method": "GET", "path": "news", "link": "{{? next }}", "query": {"since": "{{ since }}"}},
    "items": "{{ answer.body.news }}",
    "next": "{{? answer.body.next }}",
    "each": {
        "id": "{{ item.id }}",
        "external_id": "{{ item.job }}",
        "status": "{{? table(tables.status, item.state) }}",
        "at": "{{ item.at }}",
        "note": "{{? item.words }}",
    },
}
STATUS = {"status": {"done": "fixed", "busy": "in_progress"}}


def listening(clock: SetClock, *bodies: Any) -> Connector:
    """A connector to a back office that tells these pages, one after another."""
    told = iter(bodies)
    mapping = {"deliver": SEND, "updates": NEWS}
    return rest(lambda _: reply(200, json.dumps(next(told)).encode()), clock, mapping=mapping, tables=STATUS)


async def test_news_are_read_from_page_to_page(clock: SetClock) -> None:
    first = {"news": [{"id": 2, "job": "J1", "state": "done", "at": "2026-03-10T10:00:00+01:00", "words": "ok\u0000"}], "next": f"{BASE}/news?page=2"}  # fmt: skip
    second = {"news": [{"id": 1, "job": 5, "state": "busy", "at": 1773133200000}, {"id": 3, "job": 5, "state": "strange", "at": "2026-03-10"}]}  # fmt: skip
    found = await listening(clock, first, second).updates(NOW - timedelta(days=1))
    assert [(one.update_id, one.external_id, one.status.value, one.at, one.note) for one in found] == [
        ("2", "J1", "fixed", NOW, "ok"),
        ("1", "5", "in_progress", NOW, ""),
    ]


async def test_a_time_without_a_zone_is_london_s(clock: SetClock) -> None:
    page = {"news": [{"id": 1, "job": "J", "state": "done", "at": "2026-07-10T10:00:00"}]}
    [one] = await listening(clock, page).updates(NOW)
    assert one.at == datetime(2026, 7, 10, 9, 0, tzinfo=UTC)


async def test_what_cannot_be_read_is_never_nothing_new(clock: SetClock) -> None:
    good = {"id": 1, "job": "J", "state": "done", "at": "2026-03-10"}
    for page in (
        {"news": "none"},
        {},
        [],
        {"news": [{"id": 1}]},
        {"news": [1, None]},
        {"news": [{**good, "at": "soon"}]},
    ):
        with pytest.raises(DeliveryFailed):
            await listening(clock, page).updates(NOW)
    assert len(await listening(clock, {"news": [{"id": 1}, good]}).updates(NOW)) == 1
    assert await listening(clock, {"news": []}).updates(NOW) == []
    endless = [{"news": [good], "next": f"{BASE}/news?page={page}"} for page in range(60)]
    with pytest.raises(DeliveryFailed, match="more than 50 pages"):
        await listening(clock, *endless).updates(NOW)
    with pytest.raises(DeliveryFailed, match="at another address"):
        await listening(clock, {"news": [good], "next": "https://evil.example/api/news"}).updates(NOW)
    with pytest.raises(UpdateRefused):
        listening(clock).receive({}, b"")
    blind = {"deliver": SEND, "updates": {**NEWS, "next": "{{ answer.body.more }}"}}
    connector = rest(always(200, b'{"news": []}'), clock, mapping=blind, tables=STATUS)
    with pytest.raises(DeliveryFailed, match="whether there is another page cannot be read"):
        await connector.updates(NOW)


# -- setting one up ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "secrets", "said"),
    [
        ({}, {}, "settings.mapping: give a mapping, or the name of a ready-made one"),
        ({"preset": "fax"}, {}, "there is no ready-made mapping 'fax'; there are alloy, dynamics, salesforce"),
        ({"preset": "alloy"}, {}, "values.design is missing: Code of the design of an item"),
        ({"preset": "salesforce", "values": {"reference": "R__c", "colour": "red"}}, {}, "values.colour is not known to this mapping"),
        ({"mapping": {"deliver": {"ask": {"path": "{{ csae.reference }}"}}}}, {}, "deliver.ask.path: nothing is called 'csae.reference' here"),
        ({"mapping": {"deliver": {"ask": {"path": "x", "verb": "GET"}}}}, {}, "deliver.ask.verb: extra inputs are not permitted"),
        ({"mapping": {"deliver": {"ask": {"path": "x"}, "note": "{{ secret.key }}"}}}, {}, "nothing is called 'secret.key' here"),
        ({"mapping": {"deliver": SEND}, "auth": {"type": "basic", "username": "u"}}, {}, "secrets.password is missing: basic needs it"),
        ({"mapping": {"deliver": SEND}, "auth": {"type": "fax"}}, {}, "settings.auth"),
        ({"mapping": {"deliver": SEND}, "colour": 1}, {}, "settings.colour is not known"),
        ({"mapping": {"deliver": SEND}, "base": "https://jobs.example:99999/api"}, {}, "settings.base: this is not a web address"),
        ({"mapping": {"deliver": SEND}, "base": "https://jobs.example/api?key=1"}, {}, "must end before any ? or #"),
        ({"mapping": {"deliver": SEND}, "base": "https://a:b@jobs.example"}, {}, "must not carry a user name"),
        ({"mapping": {"deliver": {"ask": {"path": "x", "headers": {"Host": "y"}}}}}, {}, "deliver.ask: the header Host is not a mapping's to set"),
        ({"mapping": {"deliver": {"ask": {"path": "x", "headers": {"X Y": "y"}}}}}, {}, "'X Y' is no name of a header"),
        ({"mapping": {"deliver": {"ask": {"path": "x", "body": 1, "form": {}}}}}, {}, "a body, a form or raw, not several"),
        ({"mapping": {"deliver": {**SEND, "statuses": {409: "known"}}}}, {}, "'known' needs a find"),
        ({"mapping": {"deliver": SEND}, "auth": {"type": "key", "query": "a", "header": "b"}}, {"key": "k"}, "not in both"),
        ({"mapping": {"deliver": SEND}, "auth": {"type": "jwt", "token_url": "https://a.example", "issuer": "i", "subject": "s", "audience": "a"}}, {"private_key": "nonsense"}, "secrets.private_key is no private RSA key"),
        ({"mapping": {"deliver": SEND}, "auth": {"type": "oauth2", "token_url": "ftp://a.example", "client_id": "i"}}, {"client_secret": "s"}, "this is not a web address"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_when_it_is_set_up(
    settings: dict[str, Any], secrets: dict[str, Any], said: str
) -> None:
    problem = connector_problem("rest", {"base": BASE, **settings}, secrets)
    assert problem is not None
    assert said in problem


def test_the_ready_made_mappings_are_those_that_are_offered() -> None:
    assert presets().keys() == {name for name, _ in PRESETS}
    folder = resources.files("commonhall.connectors.rest") / "mappings"
    for name, tree in presets().items():
        assert "Public facts:" in (folder / f"{name}.yaml").read_text("utf-8")
        assert tree["about"]


def test_the_examples_of_the_readme_are_right() -> None:
    readme = Path(str(resources.files("commonhall.connectors.rest") / "README.md")).read_text("utf-8")
    examples = [
        read_yaml("README.md", text)[0].data for text in re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL)
    ]
    assert [len(connectors) for connectors in examples] == [1, len(PRESETS)]
    for example in (*examples[0], *examples[1]):
        assert example["kind"] == "rest"
        secrets = {name: PEM if name == "private_key" else text for name, text in example["secrets"].items()}
        assert connector_problem("rest", example["settings"], secrets) is None
    assert {example["settings"]["preset"] for example in examples[1]} == dict(PRESETS).keys()
