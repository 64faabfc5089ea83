"""Tells staff what has become worse, each day, and the week in numbers, each week: whoever wants it, and once.

A mail is claimed in the database before it is sent, so of several workers one sends it, also after a restart. What could
not be handed over is let go and tried again within the hour; what a worker that died had claimed is not sent again: it
may have arrived, and all of it stands in the workspace.
"""

from __future__ import annotations

import structlog

from commonhall.app.letters import Written, alerts_letter, digest_letter, mail_of
from commonhall.app.mail_door import MailDoor
from commonhall.app.wiring import House
from commonhall.casework.desk import LONDON
from commonhall.casework.sites import Site
from commonhall.casework.staff import Person, list_people
from commonhall.connectors.email.posting import Letter, Line, trust
from commonhall.connectors.http import Patience
from commonhall.engine.back_office import DeliveryFailed
from commonhall.engine.staff import Role
from commonhall.reporting.alerts import AlertRow, Watched, list_alerts, look
from commonhall.reporting.digest import WEEK, Digest, digest_of, last_week
from commonhall.storage import alerts as stored
from commonhall.web.charts.artist import Artist, DrawingFailed
from commonhall.web.digest import picture_spec

FROM_HOUR = 7
"""In London: by then yesterday is counted, and nobody is woken."""
DIGEST_DAYS = 3
"""From Monday to Wednesday: an installation that was away until later tells the next week."""
PAGE = "/workspace/alerts"


async def tell_staff(house: House, council: str, artist: Artist) -> None:
    """Look whether something has become worse, if nobody has today, and send what is due."""
    site, now = house.sites.of_council(council), house.desk.clock()
    if site is None or now.astimezone(LONDON).hour < FROM_HOUR:
        return
    today = house.desk.today()
    await look(house.store, council, watched_of(site), today)
    if house.settings.mail is None:
        return
    open_ones = [one for one in await list_alerts(house.store, council, today) if one.recovered_on is None]
    await _tell_alerts(house, site, [one for one in open_ones if today - one.raised_on < WEEK])
    if today.weekday() < DIGEST_DAYS:
        digest = await digest_of(house.store, council, last_week(today))
        if not digest.is_empty:
            await send_digest(house, site, digest, artist)


def watched_of(site: Site) -> list[Watched]:
    """The services that are compared with their past: those that run now."""
    return [
        Watched(adopted.service.id, -(-adopted.service.definition.journey_hours // 24))
        for adopted in site.services
    ]


async def recipients(house: House, council: str, kind: str) -> list[Person]:
    """Who gets a kind of mail ('alerts', 'digest'): service owners, or where there are none administrators; without those
    who do not want it."""
    people = await list_people(house.desk, council)
    unwanted = await stored.unwanted(house.store, council)
    owners = [one for one in people if Role.SERVICE_OWNER in one.roles]
    asked = owners or [one for one in people if Role.ADMINISTRATOR in one.roles]
    return [one for one in asked if kind not in unwanted.get(one.id, ())]


async def send_digest(
    house: House, site: Site, digest: Digest, artist: Artist, *, again: bool = False
) -> list[str]:
    """Send a week to everybody who wants it and does not have it; with `again` also who has. Answers their addresses."""
    people = await recipients(house, site.council, "digest")
    about = [f"digest {digest.first}"]
    told = []
    written: Written | None = None
    for person in people:
        if again:
            await stored.claim_notices(house.store, site.council, person.id, about, house.desk.clock())
        elif not await stored.claim_notices(house.store, site.council, person.id, about, house.desk.clock()):
            continue
        if written is None:
            written = await write_digest(house, site, digest, artist)
        if await _send(house, site, person, about, written):
            told.append(person.email)
    return told


async def write_digest(house: House, site: Site, digest: Digest, artist: Artist | None) -> Written:
    """The digest as a mail says it; without a picture where none can be drawn: the same figures stand in words."""
    picture: bytes | None = None
    if artist is not None:
        try:
            key = f"digest-{digest.council}-{digest.first}-{digest.weeks[-1][1]}"
            picture = await artist.picture(key, picture_spec(digest), "png", {})
        except DrawingFailed as failed:
            log = structlog.get_logger("worker")
            log.warning("no picture for the digest", council=site.council, reason=str(failed))
    return digest_letter(site, digest, site.service_names("en"), house.site_url(site, PAGE), picture)


async def _tell_alerts(house: House, site: Site, alerts: list[AlertRow]) -> None:
    by_name = {f"alert {one.service} {one.what} {one.raised_on}": one for one in alerts}
    if not by_name:
        return
    for person in await recipients(house, site.council, "alerts"):
        now = house.desk.clock()
        claimed = await stored.claim_notices(house.store, site.council, person.id, sorted(by_name), now)
        if claimed:
            found = [by_name[name] for name in sorted(claimed)]
            written = alerts_letter(site, found, site.service_names("en"), house.site_url(site, PAGE))
            await _send(house, site, person, sorted(claimed), written)


async def _send(house: House, site: Site, person: Person, about: list[str], written: Written) -> bool:
    """Send a mail that was claimed; where the server does not take it, let it be claimed again."""
    door = house.settings.mail
    assert door is not None
    key = f"{site.council} {person.id} {' '.join(about)}"
    try:
        content = mail_of(written, door.sender, person.email, key, house.desk.clock())
        await line_of(door).post(Letter(door.sender, (person.email,), content))
    except (DeliveryFailed, ValueError, IndexError) as failure:
        await stored.release_notices(house.store, site.council, person.id, about)
        log = structlog.get_logger("worker")
        log.warning(
            "a mail to staff was not sent", council=site.council, person=person.id, reason=str(failure)
        )
        return False
    await stored.note_sent(house.store, site.council, person.id, about, house.desk.clock())
    return True


def line_of(door: MailDoor) -> Line:
    """The way to the installation's mail server; the operator chose it, so it may be on a private network."""
    tls = None if door.security == "none" else trust(door.host, None)
    at_once = door.security == "tls"
    patience = Patience(answer=40.0, whole=55.0)
    return Line(door.host, door.port, tls, at_once, door.username, door.password, True, patience)
