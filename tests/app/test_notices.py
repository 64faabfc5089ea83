"""Staff are told what is worse, and the week: by real mail, whoever wants it, once, across workers and restarts."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP
from PIL import Image
from structlog.testing import capture_logs
from tests.conftest import SetClock
from tests.web.wire import whole_house

from commonhall.app.mail_door import MailDoor, read_mail_door
from commonhall.app.notices import recipients, tell_staff
from commonhall.app.settings import SettingsRefused, read_settings
from commonhall.app.wiring import House
from commonhall.app.worker import Worker
from commonhall.casework.staff import choose_mails, invite, list_people
from commonhall.connectors.serving import listen
from commonhall.engine.staff import Actor, Role
from commonhall.reporting.alerts import list_alerts
from commonhall.web.charts.artist import Artist

pytestmark = [pytest.mark.postgres, pytest.mark.network]
COUNCIL = "solihull"
SENDER = "measures@commonhall.example"
COUNTED = """
insert into measure_day (council, service, day, channel, starts, submitted, abandoned, sent, score_5, score_1)
select $1, $2, day::date, 'online', $5::bigint + $6::bigint, $5, $6, $5, $7::bigint, $8::bigint
from generate_series($3::date, $4::date, interval '1 day') as day
"""


@dataclass
class Post:
    """A mail server that takes everything, or says no."""

    mails: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    says: str = "250 OK"
    port: int = 0

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - the library names it
        await asyncio.sleep(0)
        if self.says.startswith("2"):
            mail = message_from_bytes(envelope.content, policy=policy.default)
            self.mails.append((envelope.rcpt_tos, mail))
        return self.says

    @property
    def to(self) -> list[str]:
        return sorted(one for recipients, _ in self.mails for one in recipients)

    def about(self, word: str) -> list[EmailMessage]:
        return [mail for _, mail in self.mails if word in mail["subject"]]


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    taken = Post()
    where, taken.port = listen(0)
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(taken, enable_SMTPUTF8=True), sock=where
    )
    yield taken
    server.close()
    await server.wait_closed()


@pytest.fixture
async def house(database_url: str, tmp_path: Path, clock: SetClock, post: Post) -> AsyncIterator[House]:
    """Solihull with two service owners and an administrator; nobody has used anything yet."""
    async with whole_house(database_url, tmp_path, clock) as (opened, _):
        door = MailDoor("127.0.0.1", post.port, "none", None, None, SENDER)
        found = replace(opened, settings=replace(opened.settings, mail=door, watch=False))
        for name, role in (
            ("ada", Role.ADMINISTRATOR),
            ("olu", Role.SERVICE_OWNER),
            ("pia", Role.SERVICE_OWNER),
        ):
            await invite(found.desk, COUNCIL, f"{name}@solihull.example", name.title(), [role])
        yield found


@pytest.fixture
def artist() -> Any:
    made = Artist()
    yield made
    made.close()


async def use(
    house: House, first: date, last: date, sent: int, given_up: int, *, good: int = 0, bad: int = 0
) -> None:
    """So much of one service on each of these days."""
    await house.store.durable.execute(COUNTED, COUNCIL, "missed-bin", first, last, sent, given_up, good, bad)


async def a_steady_past(house: House, until: date) -> None:
    """Ten weeks in which four of five complete."""
    await use(house, until - timedelta(days=70), until, 80, 20, good=9, bad=1)


TUESDAY = date(2026, 3, 10)


async def test_a_fall_is_told_once_to_each_service_owner(
    house: House, post: Post, artist: Artist, clock: SetClock
) -> None:
    await a_steady_past(house, date(2026, 3, 1))
    await use(house, date(2026, 3, 2), TUESDAY, 40, 60, good=9, bad=1)
    for _ in range(3):
        await tell_staff(house, COUNCIL, artist)
        clock.go(hours=1)
    told = post.about("Fewer people complete")
    assert len(told) == 2
    assert {mail["to"] for mail in told} == {"olu@solihull.example", "pia@solihull.example"}
    [mail, _] = told
    assert mail["subject"] == (
        "Solihull Metropolitan Borough Council: Fewer people complete: Report a missed bin collection"
    )
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "40% of 700 journeys were completed, where it had been 80%." in text
    assert "http://solihull.localhost:8000/workspace/alerts" in text
    assert "simulated" in text, "the demonstration says so"
    assert "40% of 700" in mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert mail["auto-submitted"] == "auto-generated"
    # It goes on, and nobody is told again.
    for _ in range(4):
        clock.go(days=1)
        await use(house, house.desk.today(), house.desk.today(), 40, 60, good=9, bad=1)
        await tell_staff(house, COUNCIL, artist)
    assert len(post.about("Fewer people complete")) == 2


async def test_what_has_recovered_may_fall_again_and_is_told_again(
    house: House, post: Post, artist: Artist, clock: SetClock
) -> None:
    await a_steady_past(house, date(2026, 3, 1))
    await use(house, date(2026, 3, 2), date(2026, 3, 10), 40, 60)
    await tell_staff(house, COUNCIL, artist)
    await use(house, date(2026, 3, 11), date(2026, 6, 1), 80, 20)
    clock.now = datetime(2026, 3, 20, 9, tzinfo=UTC)
    await tell_staff(house, COUNCIL, artist)
    [ended] = await list_alerts(house.store, COUNCIL, TUESDAY)
    assert (ended.what, ended.raised_on, ended.recovered_on) == ("completion", TUESDAY, date(2026, 3, 20))
    # Nine weeks later the bad week is out of the past that it is compared with.
    await use(house, date(2026, 6, 2), date(2026, 6, 12), 40, 60)
    clock.now = datetime(2026, 6, 11, 9, tzinfo=UTC)
    await tell_staff(house, COUNCIL, artist)
    assert len(post.about("Fewer people complete")) == 4


async def test_satisfaction_and_deliveries_are_watched_too(house: House, post: Post, artist: Artist) -> None:
    await a_steady_past(house, date(2026, 3, 2))
    await use(house, date(2026, 3, 3), TUESDAY, 80, 20, good=3, bad=7)
    await deliver(house, date(2026, 1, 6), date(2026, 3, 2), minutes=5)
    await deliver(house, date(2026, 3, 3), date(2026, 3, 9), minutes=600)
    await tell_staff(house, COUNCIL, artist)
    [mail, _] = post.about("2 things are worse than usual")
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "30% of 70 scores were 4 or 5, where it had been 90%." in text
    assert "0% of 70 deliveries reached the back office within an hour, where it had been 100%." in text


async def deliver(house: House, first: date, last: date, *, minutes: int) -> None:
    """Ten cases on each of these days, each delivered after so many minutes."""
    await house.store.owner.execute(
        """
        with cases as (
          insert into council_case (council, reference, service, digest, journey, channel, language, answers, summary,
                                    details, contact, location, proofs, connectors, measure, submitted_at)
          select council, 'R' || to_char(day, 'YYYYMMDD') || n, service, digest, 'J' || to_char(day, 'YYYYMMDD') || n, 'online',
                 'en', '{}', '', '[]', '{}', '{}', '{}', '{waste}', 1, day + interval '12 hours'
          from adoption, generate_series($2::date, $3::date, interval '1 day') as day, generate_series(1, 10) as n
          where council = $1 and service = 'missed-bin' returning council, reference, submitted_at)
        insert into delivery (council, reference, connector, sequence, idempotency_key, created_at, since, next_at, delivered_at)
        select council, reference, 'waste', 1, reference, submitted_at, submitted_at, submitted_at,
               submitted_at + make_interval(mins => $4) from cases
        """,
        COUNCIL, first, last, minutes,
    )  # fmt: skip


async def test_a_steady_service_is_no_news(house: House, post: Post, artist: Artist, clock: SetClock) -> None:
    await a_steady_past(house, date(2026, 4, 10))
    for _ in range(28):
        clock.go(days=1)
        await tell_staff(house, COUNCIL, artist)
    assert await list_alerts(house.store, COUNCIL, TUESDAY) == []
    assert {mail["subject"].partition(": the week")[1] for _, mail in post.mails} == {": the week"}


async def test_the_week_has_one_picture_and_the_same_figures_in_words(
    house: House, post: Post, artist: Artist
) -> None:
    await a_steady_past(house, date(2026, 3, 1))
    await use(house, date(2026, 3, 2), date(2026, 3, 8), 60, 15, good=9, bad=1)
    await tell_staff(house, COUNCIL, artist)
    [mail, _] = post.about("the week from 2 March 2026 to 8 March 2026")
    text = mail.get_body(("plain",)).get_content().replace("\r\n", "\n")  # type: ignore[union-attr]
    html = mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert (
        "Report a missed bin collection\n  sent: 420 (usual week: 560)\n  completed: 80% (before: 80%)"
        in text
    )
    weeks = "5 January: 560; 12 January: 560; 19 January: 560; 26 January: 560; 2 February: 560; 9 February: 560; 16 February: 560; 23 February: 560; 2 March: 420."
    assert weeks in " ".join(text.split())
    assert f'alt="Transactions sent in each of nine weeks, by the Monday of the week. {weeks}"' in html
    [picture] = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert f"cid:{picture['content-id'].strip('<>')}" in html
    assert picture.get_content_disposition() == "inline"
    with Image.open(io.BytesIO(picture.get_content())) as drawn:
        assert (drawn.format, drawn.size[0] > 300) == ("PNG", True)
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
    ]  # fmt: skip


async def test_a_week_without_a_picture_is_sent_with_its_words(house: House, post: Post) -> None:
    await a_steady_past(house, TUESDAY)
    broken = Artist(("false",))
    with capture_logs() as told:
        await tell_staff(house, COUNCIL, broken)
    broken.close()
    assert "no picture for the digest" in {entry["event"] for entry in told}
    [mail, _] = post.mails
    assert "image/png" not in {part.get_content_type() for part in mail[1].walk()}
    assert "2 March: 560" in mail[1].get_body(("html",)).get_content()  # type: ignore[union-attr]


async def test_two_workers_and_their_restart_send_each_mail_once(
    house: House, post: Post, clock: SetClock
) -> None:
    await a_steady_past(house, date(2026, 3, 1))
    await use(house, date(2026, 3, 2), TUESDAY, 40, 60)
    for _ in range(2):
        stop = asyncio.Event()
        workers = [asyncio.create_task(Worker(house).run(stop)) for _ in range(2)]
        async with asyncio.timeout(60):
            while len(post.mails) < 4:
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)
        stop.set()
        await asyncio.gather(*workers)
    assert post.to == ["olu@solihull.example"] * 2 + ["pia@solihull.example"] * 2
    assert len({mail["message-id"] for _, mail in post.mails}) == 4


async def test_what_the_server_does_not_take_is_sent_later(house: House, post: Post, artist: Artist) -> None:
    await a_steady_past(house, TUESDAY)
    post.says = "451 4.3.0 not now"
    with capture_logs() as told:
        await tell_staff(house, COUNCIL, artist)
    assert [entry["event"] for entry in told].count("a mail to staff was not sent") == 2
    post.says = "250 OK"
    await tell_staff(house, COUNCIL, artist)
    await tell_staff(house, COUNCIL, artist)
    assert post.to == ["olu@solihull.example", "pia@solihull.example"]


async def test_whoever_does_not_want_it_gets_none_and_administrators_stand_in(house: House) -> None:
    people = {person.name: person for person in await list_people(house.desk, COUNCIL)}

    async def names(kind: str) -> list[str]:
        return [person.name for person in await recipients(house, COUNCIL, kind)]

    def actor(name: str) -> Actor:
        person = people[name]
        return Actor(person.id, person.name, person.email, person.roles)

    assert await names("alerts") == ["Olu", "Pia"]
    await choose_mails(house.desk, COUNCIL, ["digest"], actor("Olu"))
    assert (await names("alerts"), await names("digest")) == (["Pia"], ["Olu", "Pia"])
    await choose_mails(house.desk, COUNCIL, [], actor("Pia"))
    assert await names("alerts") == [], "administrators stand in for nobody who has chosen"
    await house.store.owner.execute("update person set roles = '{viewer}' where name in ('Olu', 'Pia')")
    assert await names("alerts") == ["Ada"]


@pytest.mark.parametrize(
    ("moment", "mails"),
    [
        (datetime(2026, 3, 9, 6, 59, tzinfo=UTC), 0),  # before seven
        (datetime(2026, 3, 9, 7, 0, tzinfo=UTC), 2),
        (datetime(2026, 3, 11, 23, 0, tzinfo=UTC), 2),
        (datetime(2026, 3, 12, 9, 0, tzinfo=UTC), 0),  # from Thursday the next week is waited for
        (datetime(2026, 3, 30, 6, 0, tzinfo=UTC), 2),  # seven in London's summer
    ],
)
async def test_the_week_is_sent_early_in_the_next(
    house: House, post: Post, artist: Artist, clock: SetClock, moment: datetime, mails: int
) -> None:
    await a_steady_past(house, date(2026, 3, 29))
    clock.now = moment
    await tell_staff(house, COUNCIL, artist)
    assert len(post.mails) == mails


async def test_without_a_mail_server_alerts_are_kept_and_nothing_is_sent(
    house: House, post: Post, artist: Artist
) -> None:
    await a_steady_past(house, date(2026, 3, 1))
    await use(house, date(2026, 3, 2), TUESDAY, 40, 60)
    silent = replace(house, settings=replace(house.settings, mail=None))
    await tell_staff(silent, COUNCIL, artist)
    assert post.mails == []
    assert [one.what for one in await list_alerts(house.store, COUNCIL, TUESDAY)] == ["completion"]


async def test_where_nobody_used_anything_there_is_no_week_to_tell(
    house: House, post: Post, artist: Artist
) -> None:
    await tell_staff(house, COUNCIL, artist)
    assert post.mails == []


def test_the_mail_server_is_read_from_its_address() -> None:
    found = read_mail_door("smtp://a%40b:p%3Aw@mail.example:2525", SENDER)
    assert found == MailDoor("mail.example", 2525, "starttls", "a@b", "p:w", SENDER)
    assert "p:w" not in repr(found)
    assert read_mail_door("smtps://mail.example", SENDER) == MailDoor(
        "mail.example", 465, "tls", None, None, SENDER
    )
    assert read_mail_door("smtp+plain://10.0.0.9", SENDER) == MailDoor(
        "10.0.0.9", 25, "none", None, None, SENDER
    )
    assert read_mail_door("", "") is None


@pytest.mark.parametrize(
    ("url", "sender", "said"),
    [
        ("smtp://mail.example", "", "belong together"),
        ("", SENDER, "belong together"),
        ("https://u:secret@mail.example", SENDER, "smtp://host"),
        ("smtp://u:secret@mail.example:no", SENDER, "smtp://host"),
        ("smtp://mail.example/path", SENDER, "smtp://host"),
        ("smtp://mail.example", "nobody", "COMMONHALL_MAIL_FROM is 'nobody'"),
    ],
)
def test_a_mail_server_that_cannot_be_meant_is_refused(url: str, sender: str, said: str) -> None:
    env = {"COMMONHALL_SECRET": "A" * 44, "COMMONHALL_SMTP_URL": url, "COMMONHALL_MAIL_FROM": sender}
    with pytest.raises(SettingsRefused, match=said) as refused:
        read_settings(env)
    assert "secret@" not in str(refused.value)
