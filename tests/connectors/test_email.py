"""Cases as mail: safe whatever they say, known again, encrypted, and sent to everybody or nobody."""

from __future__ import annotations

import email
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from importlib import resources
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from commonhall.connectors.email.letter import Head, is_address, message_id, write_letter
from commonhall.connectors.email.posting import Line, Stage, refused
from commonhall.connectors.email.twin import PASSWORD, SECRETS, TO, MailHost, MailTwin, settings_for
from commonhall.connectors.http import Patience
from commonhall.connectors.registry import build_connector, connector_problem
from commonhall.connectors.samples import sample_case
from commonhall.connectors.serving import serve
from commonhall.engine.back_office import CaseFile, Connector, DeliveryFailed, UpdateRefused
from tests.conftest import SetClock
from tests.connectors.certificates import server_tls

HEAD = Head("cases@council.example", "Example Council", ("office@twin.example",), "", "A case", "k7m.seal")
NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


@asynccontextmanager
async def facing(
    twin: MailTwin,
    clock: SetClock,
    secrets: dict[str, Any] | None = None,
    host: MailHost | None = None,
    **more: Any,
) -> AsyncIterator[Connector]:
    """A connector to a twin that stands on this machine."""
    there = host or MailHost()
    there.put(twin)
    await there.start()
    try:
        async with httpx2.AsyncClient() as http:
            given = {
                name: value
                for name, value in settings_for(there.address, **more).items()
                if value is not None
            }
            yield build_connector(
                "email", given, {**SECRETS, **(secrets or {})}, http, clock, allow_private=True
            )
    finally:
        await there.stop()


def file(name: str, content: bytes, media_type: str = "image/jpeg") -> CaseFile:
    async def read() -> bytes:
        return content

    return CaseFile(name, media_type, "0", len(content), read)


def parts_of(content: bytes) -> tuple[EmailMessage, dict[str | None, Any]]:
    mail = email.message_from_bytes(content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail, {part.get_filename(): part.get_content() for part in mail.iter_attachments()}


# -- the mail ----------------------------------------------------------------------------------------------------


def test_a_mail_has_words_for_people_and_data_for_machines() -> None:
    photo = file("../my bin.jpg", b"\xff\xd8photo")
    case = replace(sample_case("K7M-2XQ-9HD"), files=(photo,))
    content = write_letter(
        case, "key-1", replace(HEAD, reply_to="sam@example.com"), NOW, [(photo, b"\xff\xd8photo")]
    )
    mail, parts = parts_of(content)
    assert mail["From"] == "Example Council <cases@council.example>"
    assert mail["Reply-To"] == "sam@example.com"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert (mail["X-Commonhall-Reference"], mail["X-Commonhall-Key"]) == ("K7M-2XQ-9HD", "key-1")
    body = mail.get_body()
    assert isinstance(body, EmailMessage)
    words = body.get_content().replace("\r\n", "\n")
    assert "Missed Rubbish at 1 High Street\n\nReference: K7M-2XQ-9HD\n" in words
    assert "Which bins were missed?\nRubbish and Food waste" in words
    assert "Received: 10 March 2026 at 09:00\nTo be done by: 12 March 2026" in words
    assert parts["my bin.jpg"] == b"\xff\xd8photo"
    assert json.loads(parts["case.json"])["answers"] == dict(case.answers)
    assert content == write_letter(
        case, "key-1", replace(HEAD, reply_to="sam@example.com"), NOW, [(photo, b"\xff\xd8photo")]
    )


EXPECTED = {
    "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress",
    "X-Commonhall-Reference", "X-Commonhall-Key", "X-Commonhall-Service", "MIME-Version", "Content-Type",
}  # fmt: skip


@settings(max_examples=60)
@given(*(st.text(st.characters(), max_size=most) for most in (120, 60, 60)))
def test_whatever_people_write_no_line_of_the_head_is_theirs(words: str, key: str, name: str) -> None:
    photo = file(name, b"x", name)
    case = replace(
        sample_case("R1"), summary=words, answers={"words": words}, details=((words, words),), files=(photo,)
    )
    content = write_letter(case, key, replace(HEAD, subject=words), NOW, [(photo, b"x")])
    mail, parts = parts_of(content)
    assert set(mail.keys()) == EXPECTED
    assert len(mail.keys()) == len(EXPECTED)
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert b"\r\n" in content
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", content)
    said = json.loads(parts["case.json"])["answers"]["words"]
    assert said == words.encode("utf-8", "replace").decode()
    assert len(parts) == 2


def test_the_same_key_is_the_same_mail_for_every_reader() -> None:
    assert message_id("key-1", "", "a.example") == message_id("key-1", "", "a.example")
    assert message_id("key-1", "", "a.example") != message_id("key-2", "", "a.example")


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("a@b.example", True), ("a.b+c@b-c.example", True), ("a@localhost", True), ("a@b.example\r\nRCPT", False),
        ("a b@c.example", False), ("<a@b.example>", False), ("a@b@c", False), ("a..b@c.example", False),
        ("é@b.example", False), ("a@-b.example", False), (f"{'a' * 65}@b.example", False), ("", False),
    ],
)  # fmt: skip
def test_an_address_is_what_every_mail_server_takes(text: str, right: bool) -> None:
    assert is_address(text) is right


# -- what a server's answer means ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stage", "code", "words", "permanent"),
    [
        (Stage.MAIL, 554, "5.6.0 cannot be read", True),
        (Stage.MAIL, 552, "5.2.3 too long for the mailbox", True),
        (Stage.SENDER, 552, "5.3.4 message size exceeds fixed limit", True),
        (Stage.SENDER, 552, "too big", True),
        (Stage.MAIL, 554, "Transaction failed", True),
        (Stage.MAIL, 550, "no", True),
        (Stage.MAIL, 554, "5.0.0 no", True),
        (Stage.MAIL, 554, "5.7.1 looks like spam", False),
        (Stage.RECIPIENT, 550, "5.1.1 no such mailbox", False),
        (Stage.RECIPIENT, 550, "no such mailbox", False),
        (Stage.RECIPIENT, 552, "5.2.2 mailbox full", False),
        (Stage.RECIPIENT, 552, "mailbox full", False),
        (Stage.RECIPIENT, 550, "5.7.1 relaying denied", False),
        (Stage.RECIPIENT, 450, "4.7.1 greylisted", False),
        (Stage.SIGN_IN, 535, "5.7.8 wrong password", False),
        (Stage.GREETING, 554, "no service", False),
        (Stage.MAIL, 421, "4.3.2 closing", False),
        (Stage.MAIL, 552, "4.2.2 not now, whatever the code says", False),
        (Stage.MAIL, -1, "Response too long", False),
    ],
)
def test_a_no_to_the_case_is_told_from_not_now(stage: Stage, code: int, words: str, permanent: bool) -> None:
    failure = refused(stage, code, words, 5000)
    assert failure.permanent is permanent
    assert words in failure.reason


@pytest.mark.network
async def test_what_is_too_long_is_said_with_what_to_do_before_it_is_sent(clock: SetClock) -> None:
    twin = MailTwin(clock)
    twin.most = 20_000
    case = replace(sample_case("R1"), files=(file("a.jpg", b"x" * 30_000),))
    async with facing(twin, clock) as connector:
        with pytest.raises(DeliveryFailed, match="which is too long: the mail server takes 20,000") as failed:
            await connector.deliver(case, "key-1")
    assert failed.value.permanent
    assert "photos: no" in failed.value.reason
    assert twin.script.journal == []
    async with facing(twin, clock, photos=False) as connector:
        assert (await connector.deliver(case, "key-1")).external_id is None


@pytest.mark.network
async def test_one_recipient_who_is_refused_is_enough_that_nobody_gets_it(clock: SetClock) -> None:
    twin = MailTwin(clock)
    async with facing(twin, clock, to=f"{TO}, team@elsewhere.example") as connector:
        with pytest.raises(
            DeliveryFailed, match=r"550 5\.1\.1 .*correct the address that cases go to"
        ) as failed:
            await connector.deliver(sample_case("R1"), "key-1")
        assert not failed.value.permanent
        assert twin.book.jobs == []
    async with facing(twin, clock, to=f"{TO}, team@twin.example") as connector:
        await connector.deliver(sample_case("R1"), "key-1")
    assert twin.book.jobs[0].given["to"] == [TO, "team@twin.example"]


@pytest.mark.network
async def test_addresses_and_subject_are_templates(clock: SetClock) -> None:
    twin = MailTwin(clock)
    more = {
        "to": "{{ table(tables.teams, case.service) }}",
        "tables": {"teams": {"missed-bin": "bins@twin.example"}},
        "subject": "New: {{ case.reference }} of {{ fields.count }}",
        "reply_to": "{{? case.email }}",
        "sheet": True,
    }
    async with facing(twin, clock, **more) as connector:
        await connector.deliver(sample_case("R1"), "key-1")
        strange = replace(sample_case("R2"), contact=replace(sample_case("R2").contact, email="sam@ex ample"))
        await connector.deliver(strange, "key-2")
        with pytest.raises(
            DeliveryFailed, match=r"settings\.to cannot be filled: .*no entry for 'pothole'"
        ) as failed:
            await connector.deliver(replace(sample_case("R3"), service="pothole"), "key-3")
    assert not failed.value.permanent
    first, second = (job.given for job in twin.book.jobs)
    assert first["to"] == ["bins@twin.example"]
    assert "Subject: New: R1 of 2\r\n" in first["head"]
    assert "Reply-To: sam@example.com\r\n" in first["head"]
    assert first["files"]["case.csv"].startswith("\ufeffreference,key,service,")
    assert "Reply-To" not in second["head"], "what is no address does not hold up the case"


# -- encryption and places -------------------------------------------------------------------------------------------


@pytest.mark.network
@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_mail_goes_encrypted_to_a_server_whose_certificate_is_believed(
    security: str, clock: SetClock, tmp_path: Path
) -> None:
    host, twin = MailHost(), MailTwin(clock)
    host.tls, authority = server_tls(tmp_path, "127.0.0.1")
    host.tls_at_once = security == "tls"
    encrypted = {"security": security, "mailbox_security": security}
    async with facing(twin, clock, {"authority": authority}, host, **encrypted) as connector:
        await connector.deliver(sample_case("R1"), "key-1")
        assert await connector.updates(clock()) == []
    async with facing(twin, clock, {}, host, **encrypted) as connector:
        for asked in (connector.deliver(sample_case("R2"), "key-2"), connector.updates(clock())):
            with pytest.raises(
                DeliveryFailed, match=r"certificate of 127\.0\.0\.1 is not believed"
            ) as failed:
                await asked
            assert not failed.value.permanent
    host.tls, authority = server_tls(tmp_path, "127.0.0.2")
    async with facing(twin, clock, {"authority": authority}, host, **encrypted) as connector:
        for asked in (connector.deliver(sample_case("R2"), "key-2"), connector.updates(clock())):
            with pytest.raises(DeliveryFailed, match=r"not believed: .*mismatch"):
                await asked
    assert [job.reference for job in twin.book.jobs] == ["R1"]


@pytest.mark.network
async def test_where_a_server_does_not_encrypt_nothing_is_said_to_it(clock: SetClock) -> None:
    twin = MailTwin(clock)
    async with facing(twin, clock, security="starttls", mailbox_security="starttls") as connector:
        with pytest.raises(DeliveryFailed, match="STARTTLS extension not supported"):
            await connector.deliver(sample_case("R1"), "key-1")
        with pytest.raises(DeliveryFailed, match="TLS not supported"):
            await connector.updates(clock())
    assert twin.script.journal == []


def test_without_encryption_no_mail_goes_to_the_internet() -> None:
    line = Line("smtp.example", 25, None, False, None, None, True, Patience())
    line.check_plain("10.0.0.5")
    with pytest.raises(DeliveryFailed, match="nothing is sent without encryption: choose starttls or tls"):
        line.check_plain("203.0.114.5")


@pytest.mark.network
async def test_nobody_is_called_at_a_private_place(clock: SetClock) -> None:
    given = {**settings_for("mail://127.0.0.1:9/9"), "security": "tls", "mailbox_security": "tls"}
    async with httpx2.AsyncClient() as http:
        connector = build_connector("email", given, SECRETS, http, clock)
        for asked in (connector.deliver(sample_case("R1"), "key-1"), connector.updates(clock())):
            with pytest.raises(DeliveryFailed, match="private address"):
                await asked


@pytest.mark.network
async def test_a_wrong_password_is_a_setting_and_is_not_repeated(clock: SetClock) -> None:
    wrong = {"password": "not-the-password", "mailbox_password": "not-the-password"}
    async with facing(MailTwin(clock), clock, wrong) as connector:
        for asked in (connector.deliver(sample_case("R1"), "key-1"), connector.updates(clock())):
            with pytest.raises(DeliveryFailed, match=r"correct .*user name and .*password") as failed:
                await asked
            assert not failed.value.permanent
            assert "not-the-password" not in failed.value.reason
    line = Line("h", 25, None, False, "council", PASSWORD, True, Patience())
    for echoed in (PASSWORD, "AGNvdW5jaWwAb2YtdGhlLXR3aW4=", "b2YtdGhlLXR3aW4="):
        assert line.hush(f"500 what is {echoed}?") == "500 what is …?"


@pytest.mark.network
async def test_where_servers_take_tokens_one_is_shown_and_changed_when_it_is_refused(clock: SetClock) -> None:
    given, host, twin = iter(f"token-{number}" for number in range(9)), MailHost(), MailTwin(clock)

    async def token(request: Request) -> Response:
        form = (await request.body()).decode()
        assert "client_secret=of-the-client" in form
        assert "scope=mail" in form
        return JSONResponse({"access_token": next(given), "expires_in": 3600})

    host.token = "token-0"
    async with serve(Starlette(routes=[Route("/token", token, methods=["POST"])])) as provider:
        more = {"token_url": f"{provider.url}/token", "client_id": "us", "scope": "mail"}
        secrets = {"client_secret": "of-the-client", "password": None, "mailbox_password": None}
        async with facing(twin, clock, secrets, host, **more) as connector:
            await connector.deliver(sample_case("R1"), "key-1")
            assert await connector.updates(clock()) == []
            host.token = "token-1"
            with pytest.raises(DeliveryFailed, match=r"535 .*correct the user name") as failed:
                await connector.deliver(sample_case("R2"), "key-2")
            assert "token-" not in failed.value.reason
            await connector.deliver(sample_case("R2"), "key-2")
            host.token = "token-2"
            with pytest.raises(DeliveryFailed, match="does not let us in"):
                await connector.updates(clock())
            assert await connector.updates(clock()) == []
    assert [job.reference for job in twin.book.jobs] == ["R1", "R2"]


def test_nothing_can_be_pushed_to_it(clock: SetClock) -> None:
    connector = build_connector(
        "email", settings_for("mail://127.0.0.1:9/9"), SECRETS, httpx2.AsyncClient(), clock
    )
    with pytest.raises(UpdateRefused):
        connector.receive({}, b"")


# -- setting up ------------------------------------------------------------------------------------------------------

RIGHT = {"host": "smtp.example", "sender": "a@b.example", "to": "c@d.example"}
BOX = {"mailbox_host": "imap.example", "mailbox_username": "u"}


@pytest.mark.parametrize(
    ("given", "secrets", "said"),
    [
        ({"sender": "Council <a@b>"}, {}, "settings.sender: give an address of mail, such as"),
        ({"to": "c@d.example; e@f.example"}, {}, "settings.to: give addresses of mail, with commas between"),
        ({"to": "{{ csae.service }}"}, {}, "settings.to: nothing is called 'csae.service'"),
        ({"subject": "{{ case.reference"}, {}, "settings.subject: '{{' is not closed"),
        ({"security": "ssl"}, {}, "settings.security"),
        ({"port": 70000}, {}, "settings.port"),
        ({"username": "u"}, {}, "secrets.password is missing: settings.username needs it"),
        ({"username": "u\r\nv"}, {}, "settings.username: give one line"),
        ({"sender_name": "Council\nBcc: x"}, {}, "settings.sender_name: give one line"),
        ({"bounces": "bounces+{mark}@b.example"}, {}, "secrets.seals is missing: {mark} in settings.bounces needs it"),
        ({"bounces": f"{'b' * 40}+{{mark}}@b.example"}, {"seals": ["x" * 16]}, "no room for {mark}"),
        ({"bounces": "nobody"}, {}, "settings.bounces: give an address of mail, such as bounces+{mark}@"),
        (BOX, {}, "secrets.mailbox_password is missing: the mailbox needs it; secrets.seals is missing: without it anybody"),
        ({"mailbox_host": "h"}, {"mailbox_password": "p", "seals": ["x" * 16]}, "settings.mailbox_username is missing"),
        ({"token_url": "https://login.example/token"}, {}, "settings.username is missing: settings.token_url needs it; settings.client_id is missing"),
        ({"token_url": "login.example", "username": "u", "client_id": "c"}, {"client_secret": "s"}, "settings.token_url"),
        ({**BOX, "mailbox_folder": "Zurück"}, {}, "settings.mailbox_folder: give a folder whose name has plain letters"),
        (BOX, {"seals": ["hush"]}, "secrets.seals: each must have at least 16 characters"),
        ({}, {"authority": "hush"}, "secrets.authority: give the authority's certificate as PEM"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_when_it_is_set_up(
    given: dict[str, Any], secrets: dict[str, Any], said: str
) -> None:
    problem = connector_problem("email", {**RIGHT, **given}, secrets)
    assert problem is not None
    assert said in problem
    assert "hush" not in problem


def test_the_example_of_the_readme_is_right() -> None:
    readme = Path(str(resources.files("commonhall.connectors.email") / "README.md")).read_text("utf-8")
    example = re.search(r"```yaml\n(.*?)```", readme, re.DOTALL)
    assert example is not None
    [entry] = yaml.safe_load(example[1])
    assert connector_problem("email", entry["settings"], entry["secrets"]) is None
