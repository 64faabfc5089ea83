"""Mails to staff: alerts, and the week in numbers. In words, and as HTML with the same words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256

from commonhall.casework.sites import Site
from commonhall.connectors.email.letter import one_line
from commonhall.reporting.alerts import AlertRow
from commonhall.reporting.digest import Digest
from commonhall.web.digest import COLUMNS, alert_words, alt_of, figures, title_of
from commonhall.web.pages import make_environment

COMPARED = "Compared are the last seven days with the same weekdays of the eight weeks before."
COMPARED_WEEK = "The week beside the eight weeks before it."
FOOT = "You get this as one of the people who look after services. To get no more of it, choose so here:"
SIMULATED = "These figures are simulated: they are not of real people."
_POLICY = policy.SMTP
_ENVIRONMENT = make_environment()


@dataclass(frozen=True, slots=True)
class Written:
    """What a mail says: subject, plain text, HTML; `picture` is the PNG that the HTML shows, if there is one."""

    subject: str
    text: str
    html: str
    picture: bytes | None = None


def alerts_letter(site: Site, alerts: Sequence[AlertRow], names: Mapping[str, str], link: str) -> Written:
    """What has become worse."""
    words = [alert_words(alert, names) for alert in alerts]
    name = site.name["en"]
    title = words[0].title if len(words) == 1 else f"{len(words)} things are worse than usual"
    said = SIMULATED if site.made_up else ""
    parts = [title, said, *(f"{one.title}\n{one.text}" for one in words), COMPARED, f"{FOOT}\n{link}"]
    html = _ENVIRONMENT.get_template("mail/alerts.html").render(
        title=title, simulated=said, alerts=words, compared=COMPARED, foot=FOOT, link=link
    )
    return Written(f"{name}: {title}", _text(parts), html)


def digest_letter(
    site: Site, digest: Digest, names: Mapping[str, str], link: str, picture: bytes | None
) -> Written:
    """The week in numbers."""
    title, rows, alt = title_of(digest), figures(digest, names), alt_of(digest)
    words = [alert_words(alert, names) for alert in digest.alerts]
    said = SIMULATED if site.made_up else ""
    worse = [f"- {one.title}. {one.text} Since {one.since}{_until(one.ended)}." for one in words]
    parts = [
        title,
        said,
        "Worse than usual\n" + "\n".join(worse) if worse else "",
        COMPARED_WEEK,
        *(_lines(row) for row in rows),
        alt,
        f"{FOOT}\n{link}",
    ]
    html = _ENVIRONMENT.get_template("mail/digest.html").render(
        title=title, simulated=said, alerts=words, compared=COMPARED_WEEK, columns=COLUMNS, rows=rows, alt=alt,
        picture=PICTURE if picture else "", foot=FOOT, link=link,
    )  # fmt: skip
    return Written(f"{site.name['en']}: {title[0].lower()}{title[1:]}", _text(parts), html, picture)


PICTURE = "weeks@commonhall"


def _until(ended: str) -> str:
    return f", until {ended}" if ended else ""


def _lines(row: tuple[str, ...]) -> str:
    name, sent, usual, completed, was, satisfied, was_satisfied, in_time, was_in_time = row
    return (
        f"{name}\n  sent: {sent} (usual week: {usual})\n  completed: {completed} (before: {was})\n"
        f"  satisfaction: {satisfied} (before: {was_satisfied})\n  in time: {in_time} (before: {was_in_time})"
    )


def _text(parts: Sequence[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


def mail_of(written: Written, sender: str, to: str, key: str, now: datetime) -> bytes:
    """The mail as it goes over the line. `key` names what it tells whom: the same key has the same Message-ID."""
    mail = EmailMessage(policy=_POLICY)
    user, _, domain = sender.rpartition("@")
    mail["From"] = Address("Commonhall", user, domain)
    mail["To"] = Address("", *to.rsplit("@", 1))
    mail["Subject"] = one_line(written.subject)[:200]
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{sha256(key.encode()).hexdigest()[:40]}@{domain}>"
    # RFC 3834: a machine wrote this, so that no machine answers; and the same in Exchange's words.
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(written.text, cte="quoted-printable")
    mail.add_alternative(written.html, subtype="html", cte="quoted-printable")
    if written.picture is not None:
        html = list(mail.iter_parts())[-1]
        assert isinstance(html, EmailMessage)
        html.add_related(
            written.picture,
            maintype="image",
            subtype="png",
            cid=f"<{PICTURE}>",
            filename="weeks.png",
            disposition="inline",
        )
    return mail.as_bytes()
