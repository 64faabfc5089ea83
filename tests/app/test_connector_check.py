"""`commonhall connector check`: what it asks of a real back office, and what it says of a wrong configuration."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.conftest import SetClock
from typer.testing import CliRunner

from commonhall.app import connector_check
from commonhall.app.commands import cli
from commonhall.app.settings import SettingsRefused
from commonhall.connectors import twins
from commonhall.connectors.checking import Trial, place_of, try_out
from commonhall.connectors.conformance import PATIENT, Check
from commonhall.connectors.faults import Fault, Told, TwinJob
from commonhall.connectors.open311.twin import Open311Twin
from commonhall.connectors.serving import HttpHost
from commonhall.engine.back_office import CaseForDelivery, Connector, DeliveryFailed, Receipt

SECRET = "whsec_cHJhY3RpY2Ugb25seSwgbm90aGluZyBlbHNlIQ=="


def check(*words: str) -> tuple[int, str]:
    """Run the command; answers its exit code, and what it said or refused."""
    result = CliRunner().invoke(cli, ["connector", "check", *words])
    refused = result.exception if isinstance(result.exception, SettingsRefused) else None
    return result.exit_code, str(refused) if refused else result.output


def trial(address: str, http: httpx2.AsyncClient, clock: SetClock) -> Trial:
    """A trial of the Open311 connector at a place."""
    connector = twins.SUBJECTS["open311"].connector(address, http, clock, PATIENT)
    return Trial(connector, {"endpoint": address}, {}, clock, "abc", "missed-bin", allow_private=True)


async def tried(twin: Any, clock: SetClock, *, deliver: bool = True, **changes: Any) -> dict[str, Check]:
    """What a trial finds at a twin, by the question."""
    host = HttpHost()
    host.put(twin)
    await host.start()
    try:
        async with httpx2.AsyncClient(trust_env=False) as http:
            made = trial(host.address, http, clock)
            found = await try_out(replace(made, **changes), deliver=deliver)
            return {one.check.law: one.check for one in found}
    finally:
        await host.stop()


@pytest.mark.network
async def test_a_sound_back_office_takes_plainly_labelled_cases_once(clock: SetClock) -> None:
    twin = Open311Twin(clock)
    found = await tried(twin, clock)
    assert [str(one) for one in found.values() if not one.held] == []
    assert found["the same key again is the same job"].words == "always number T1"
    assert [job.reference for job in twin.book.jobs] == [f"TEST-abc-{n}" for n in range(1, 6)]
    for job in twin.book.jobs:
        assert dict(job.given)["description"].startswith("TEST, please ignore")
        assert dict(job.given)["email"] == "test@example.com"


@pytest.mark.network
async def test_nothing_is_sent_without_a_yes(clock: SetClock) -> None:
    twin = Open311Twin(clock)
    found = await tried(twin, clock, deliver=False)
    assert twin.book.jobs == []
    assert found["it takes a case"].words == "no case was sent"
    assert not found["it takes a case"].applies


@pytest.mark.network
async def test_a_back_office_that_ignores_keys_is_found_out(clock: SetClock) -> None:
    found = await tried(Open311Twin(clock, careful=False), clock)
    assert "one case became several" in found["the same key again is the same job"].words
    assert not found["the same key three times at once is one job"].held


@pytest.mark.network
async def test_what_follows_from_the_first_fault_is_not_told_again(clock: SetClock) -> None:
    twin = Open311Twin(clock)
    twin.script.always = Fault.UNSIGNED
    found = await tried(twin, clock)
    assert "401" in found["it takes a case"].words
    assert found["another key is another job"].words == "not asked: it takes no case"
    away = trial("http://127.0.0.1:9/v2", httpx2.AsyncClient(), clock)
    first, *rest = await try_out(away, deliver=True)
    assert not first.check.held
    assert {one.check.words for one in rest} == {"not asked: it is not reached"}


@pytest.mark.network
async def test_updates_that_differ_when_asked_twice_are_found_out(clock: SetClock) -> None:
    twin = Open311Twin(clock)
    told = Told("u1", TwinJob("T1", "", "", []), "fixed", "", clock())

    class Forgets(list[Told]):
        def __iter__(self) -> Any:
            found = list(super().__iter__())
            self.clear()
            return iter(found)

    twin.book.told = Forgets([told])
    found = await tried(twin, clock, deliver=False)
    words = found["it can be asked for progress, and tells the same when asked twice"].words
    assert words == "told once and not again: u1"


class Says:
    """A connector whose back office says one thing to every case."""

    kind, can = "test", frozenset({"deliver"})

    def __init__(self, failure: DeliveryFailed | None) -> None:
        self.failure = failure

    async def deliver(self, case: CaseForDelivery, idempotency_key: str) -> Receipt:
        if case.service == "no-such-service" and self.failure:
            raise self.failure
        return Receipt(None)

    async def updates(self, since: Any) -> list[Any]:
        return []

    def receive(self, headers: Any, body: bytes) -> list[Any]:
        raise AssertionError


@pytest.mark.parametrize(
    ("failure", "outcome", "words"),
    [
        (DeliveryFailed("no such service", permanent=True), "held  ", "no such service"),
        (DeliveryFailed("the back office answered 500"), "BROKEN", "sent again for a week"),
        (None, "n/a   ", "it takes whatever comes"),
    ],
)
async def test_a_no_to_nonsense_is_told_from_a_not_now(
    clock: SetClock, failure: DeliveryFailed | None, outcome: str, words: str
) -> None:
    made: Connector = Says(failure)
    found = await try_out(Trial(made, {}, {}, clock, "abc", "missed-bin", allow_private=True), deliver=True)
    [one] = [one.check for one in found if one.check.law == "it says no to a case that it cannot take"]
    assert str(one).startswith(outcome)
    assert words in one.words


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        ({"endpoint": "https://x.example/v2"}, ("x.example", 443, True)),
        ({"url": "amqp://x.example/vhost"}, ("x.example", 5672, False)),
        ({"url": "http://x.example:8080"}, ("x.example", 8080, False)),
        ({"host": "x.example", "port": 22}, ("x.example", 22, False)),
        ({"base": "https://x.example/api"}, ("x.example", 443, True)),
        ({"system": "crm"}, None),
        ({"url": "https:///x"}, None),
    ],
)
def test_the_place_is_read_from_the_configuration(settings: dict[str, Any], place: Any) -> None:
    assert place_of(settings) == place


@pytest.mark.network
def test_every_fault_is_played_at_the_twin_and_the_report_says_so(tmp_path: Path) -> None:
    code, said = check("queue", "--twin", "--json", str(tmp_path / "report.json"))
    assert (code, "none broken" in said) == (0, True)
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["held"] is True
    assert {"AMQP 0-9-1 sends nobody elsewhere"} < {one["words"] for one in report["checks"]}


def test_a_law_that_is_broken_ends_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_args: Any) -> tuple[Check, ...]:
        return (Check("it is so [really]", False, "it was not"),)

    monkeypatch.setattr(connector_check, "examine", broken)
    code, said = check("webhook", "--twin")
    assert code == 1
    assert "BROKEN" in said
    assert "[really]" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["fax"], "there is no kind 'fax'"),
        (["webhook"], "give --settings FILE"),
        (["pull", "--twin"], "there is no twin of 'pull'"),
        (["webhook", "--settings", "missing.yaml"], "missing.yaml cannot be read"),
        (["webhook", "--settings", "good.yaml"], "the variable HOOK, which the secrets name, is not set"),
        (["webhook", "--settings", "good.yaml", "--secrets-from", "none.yaml"], "secrets.signing is missing"),
        (["open311", "--settings", "good.yaml"], "its kind is webhook"),
        (["webhook", "--settings", "torn.yaml"], "torn.yaml, line 2"),
        (["webhook", "--settings", "more.yaml"], "it has sekrets"),
    ],
)
def test_a_wrong_configuration_is_told(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HOOK", raising=False)
    Path("good.yaml").write_text(
        "kind: webhook\nsettings: {url: 'https://x'}\nsecrets: {signing: ['${HOOK}']}\n"
    )
    Path("none.yaml").write_text("{}\n")
    Path("torn.yaml").write_text("settings: {url\n")
    Path("more.yaml").write_text("settings: {url: 'https://x'}\nsekrets: {}\n")
    code, told = check(*words)
    assert code != 0
    assert said in told


@pytest.mark.network
def test_secrets_come_from_variables_and_are_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOOK", SECRET)
    # 192.0.2.0/24 is nobody's, so it is refused before anything is sent.
    Path("w.yaml").write_text("settings: {url: 'https://192.0.2.1/x'}\nsecrets: {signing: ['${HOOK}']}\n")
    code, told = check("webhook", "--settings", "w.yaml", "--deliver", "--json", "report.json")
    assert code == 1
    assert SECRET not in told + Path("report.json").read_text()
    assert "private address" in Path("report.json").read_text()
