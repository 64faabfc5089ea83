"""The mailbox that mails come back to: looked at and left as it is, bounded, and never taken for empty when it was not read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from commonhall.connectors.email import mailbox
from commonhall.connectors.email.twin import MailTwin, report_of
from commonhall.connectors.email.twin_mailbox import write_report
from commonhall.connectors.faults import Fault
from commonhall.connectors.http import Patience
from commonhall.connectors.registry import build_connector
from commonhall.connectors.samples import sample_case
from commonhall.connectors.serving import StreamHost
from commonhall.engine.back_office import Connector, DeliveryFailed, Returned
from tests.conftest import SetClock
from tests.connectors.test_email import SECRETS, facing, settings_for

pytestmark = pytest.mark.network


async def test_a_mail_that_came_back_is_told_with_its_reason_and_told_the_same_again(clock: SetClock) -> None:
    twin = MailTwin(clock)
    async with facing(twin, clock) as connector:
        await connector.deliver(sample_case("R1"), "key-1")
        await connector.deliver(sample_case("R2"), "key-2")
        assert await connector.updates(clock() - timedelta(days=1)) == []
        twin.book.tell(twin.book.jobs[1], "failed", "no such mailbox", clock())
        [told] = await connector.updates(clock() - timedelta(days=1))
        assert await connector.updates(clock() - timedelta(days=1)) == [told]
    assert isinstance(told, Returned)
    assert (told.reference, told.at) == ("R2", clock())
    assert (
        told.reason
        == "the mail to office@twin.example came back: there is no such mailbox, 550 5.1.1 no such mailbox"
    )


async def test_what_is_not_ours_or_no_failure_is_passed_over(clock: SetClock) -> None:
    twin = MailTwin(clock)
    async with facing(twin, clock) as connector:
        await connector.deliver(sample_case("R1"), "key-1")
        told = twin.book.tell(twin.book.jobs[0], "failed", "no", clock())
        twin.book.told.clear()
        given = told.job.given
        another = report_of(told).replace(b"r1.", b"r2.")
        delayed = write_report(
            "d", given["from"], given["to"][0], given["head"], "451 later", clock(), action="delayed"
        )
        words = b"From: a@b.example\r\nContent-Type: text/plain\r\n\r\nAway until Monday\r\n"
        twin.mailbox += [(clock(), content) for content in (words, another, delayed)]
        assert await connector.updates(clock()) == []


async def test_mails_from_before_are_not_asked_for(clock: SetClock) -> None:
    twin = MailTwin(clock)
    async with facing(twin, clock) as connector:
        await connector.deliver(sample_case("R1"), "key-1")
        twin.book.tell(twin.book.jobs[0], "failed", "no", clock() - timedelta(days=5))
        assert await connector.updates(clock()) == []
        assert len(await connector.updates(clock() - timedelta(days=5))) == 1


async def test_more_reports_than_one_look_reads_are_read_in_the_next_and_none_is_left_out(
    clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox, "MOST_READ", 2)
    twin = MailTwin(clock)
    async with facing(twin, clock) as connector:
        for number in range(5):
            await connector.deliver(sample_case(f"R{number}"), f"key-{number}")
            twin.book.tell(twin.book.jobs[number], "failed", "no", clock())
        for left in (3, 1):
            with pytest.raises(DeliveryFailed, match=f"{left} more reports"):
                await connector.updates(clock())
        assert {one.reference for one in await connector.updates(clock())} == {
            f"R{number}" for number in range(5)
        }


async def test_a_mailbox_with_too_much_in_it_says_what_to_do(
    clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox, "MOST_MAILS", 2)
    twin = MailTwin(clock)
    twin.mailbox += [(clock(), b"Content-Type: text/plain\r\n\r\n")] * 3
    async with facing(twin, clock) as connector:
        with pytest.raises(DeliveryFailed, match="a mailbox of its own, or move old mails away"):
            await connector.updates(clock())


async def test_a_folder_that_is_not_there_is_a_setting(clock: SetClock) -> None:
    async with facing(MailTwin(clock), clock, mailbox_folder='Came "back"') as connector:
        with pytest.raises(
            DeliveryFailed, match=r"correct settings\.mailbox_folder \(\[NONEXISTENT\]"
        ) as failed:
            await connector.updates(clock())
    assert not failed.value.permanent


async def test_a_mailbox_that_was_slow_is_heard_the_next_time(clock: SetClock) -> None:
    twin = MailTwin(clock)
    async with facing(twin, clock) as connector:
        await connector.deliver(sample_case("R1"), "key-1")
        twin.book.tell(twin.book.jobs[0], "failed", "no", clock())
        twin.script.play(Fault.AWAY, Fault.CUT)
        for _ in range(2):
            with pytest.raises(DeliveryFailed, match="the mailbox cannot be read"):
                await connector.updates(clock())
        assert len(await connector.updates(clock())) == 1


# -- servers that answer nonsense ----------------------------------------------------------------------------------------

SOUND = {
    "CAPABILITY": "* CAPABILITY IMAP4rev1\r\n{tag} OK so\r\n",
    "LOGIN": "{tag} OK so\r\n",
    "EXAMINE": "* 1 EXISTS\r\n* OK [UIDVALIDITY 7] so\r\n{tag} OK [READ-ONLY] so\r\n",
    "SEARCH": "* SEARCH 1\r\n{tag} OK so\r\n",
    "HEADER": '* 1 FETCH (INTERNALDATE "10-Mar-2026 09:00:00 +0000" BODY[] {{32}}\r\nContent-Type: multipart/report\r\n UID 1)\r\n{tag} OK so\r\n',
    "BODY.PEEK[]": "* 1 FETCH (UID 1 BODY[]<0> {{2}}\r\nab)\r\n{tag} OK so\r\n",
    "LOGOUT": "* BYE so\r\n{tag} OK so\r\n",
}
"""What a server answers, by a word of the question."""


@asynccontextmanager
async def answering(
    answers: Mapping[str, str], clock: SetClock, wait: float = 5.0
) -> AsyncIterator[Connector]:
    """A connector whose mailbox answers so."""

    class Nonsense:
        async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"* OK so\r\n")
            while line := (await reader.readline()).decode():
                tag, _, question = line.partition(" ")
                said = next((answer for word, answer in {**SOUND, **answers}.items() if word in question), "")
                writer.write(said.format(tag=tag).encode("utf-8", "surrogateescape"))

    host = StreamHost("imap")
    host.put(Nonsense())
    await host.start()
    given = settings_for(f"mail://127.0.0.1:9/{host.address.rpartition(':')[2]}")
    patience = Patience(connect=5.0, answer=wait, whole=wait)
    try:
        async with httpx2.AsyncClient() as http:
            yield build_connector("email", given, SECRETS, http, clock, allow_private=True, patience=patience)
    finally:
        await host.stop()


async def test_a_server_may_give_the_number_of_a_mail_behind_its_content(clock: SetClock) -> None:
    async with answering({}, clock) as connector:
        assert await connector.updates(datetime(2026, 3, 10, tzinfo=UTC)) == []


@pytest.mark.parametrize(
    "answers",
    [
        {"CAPABILITY": "* CAPABILITY\r\n{tag} BAD so\r\n"},
        {"CAPABILITY": "\udcff\udcfe\r\n"},
        {"LOGIN": "{tag} NO so\r\n"},
        {"EXAMINE": "* BYE so\r\n"},
        {"EXAMINE": "A999 OK\r\n"},
        {"SEARCH": "* SEARCH one two\r\n{tag} OK so\r\n"},
        {"SEARCH": "{tag} NO so\r\n"},
        {"SEARCH": f"* SEARCH{' 1' * 600_000}\r\n{{tag}} OK so\r\n"},
        {"HEADER": "{tag} BAD so\r\n"},
        {"HEADER": '* 1 FETCH (UID 1 INTERNALDATE "yesterday" BODY[] {{32}}\r\nContent-Type: multipart/report\r\n)\r\n{tag} OK so\r\n'},
        {"BODY.PEEK[]": "* 1 FETCH (UID 1 BODY[]<0> {{3000000}}\r\n"},
        {"BODY.PEEK[]": "* 1 FETCH (UID 1 BODY[]<0> {{99999999999999999999}}\r\n"},
    ],
    ids=lambda answers: " ".join(f"{word} {answer[:20]!a}" for word, answer in answers.items()),
)  # fmt: skip
async def test_nonsense_is_never_taken_for_nothing_new(answers: Mapping[str, str], clock: SetClock) -> None:
    async with answering(answers, clock) as connector:
        with pytest.raises(DeliveryFailed) as failed:
            await connector.updates(datetime(2026, 3, 10, tzinfo=UTC))
    assert not failed.value.permanent


async def test_who_says_nothing_is_not_waited_for(clock: SetClock) -> None:
    async with answering({"SEARCH": "* SEARCH"}, clock, wait=0.2) as connector:
        with pytest.raises(DeliveryFailed, match=r"did not answer in time|timed out"):
            await connector.updates(datetime(2026, 3, 10, tzinfo=UTC))
