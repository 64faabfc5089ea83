"""A case as a mail: words for people, the same as data for machines, and its photos."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from commonhall.connectors.events import case_data
from commonhall.connectors.http import storable
from commonhall.engine.back_office import CaseFile, CaseForDelivery

ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
"""An address as every mail server takes it: ASCII, nothing quoted."""
LONGEST_LOCAL = 64
LONGEST_SUBJECT = 200
# In the lines of a header, also what other programs take for the end of a line.
_NOT_IN_A_LINE = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]+")
_NOT_IN_A_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f/\\:*?\"<>|\u2028\u2029]+")
_LONDON = ZoneInfo("Europe/London")
# Lines of seven bits, whatever a server can carry.
_POLICY = policy.SMTP.clone(cte_type="7bit")


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above a mail. `mark` makes it known again when it comes back, if there is one."""

    sender: str
    sender_name: str
    to: tuple[str, ...]
    reply_to: str
    subject: str
    mark: str


def is_address(text: str) -> bool:
    """Whether this is one address of mail."""
    return bool(ADDRESS.fullmatch(text)) and len(text.partition("@")[0]) <= LONGEST_LOCAL and len(text) <= 254


def one_line(text: str) -> str:
    """A text as it may stand in a header: one line, no control characters."""
    return storable(_NOT_IN_A_LINE.sub(" ", text)).strip()


def message_id(key: str, mark: str, domain: str) -> str:
    """The mail's own id: the same for the same delivery, however often it is sent."""
    own = sha256(key.encode("utf-8", "replace")).hexdigest()[:20]
    return f"<{own}{f'.{mark}' if mark else ''}@{domain}>"


def write_letter(
    case: CaseForDelivery,
    key: str,
    head: Head,
    now: datetime,
    files: Sequence[tuple[CaseFile, bytes]],
    sheet: bytes | None = None,
) -> bytes:
    """The mail of a case, as it goes over the line. The same case at the same time is the same mail, to the byte."""
    mail = EmailMessage(policy=_POLICY)
    user, _, domain = head.sender.rpartition("@")
    mail["From"] = Address(head.sender_name, user, domain)
    mail["To"] = [Address("", *one.split("@")) for one in head.to]
    if head.reply_to:
        mail["Reply-To"] = Address("", *head.reply_to.split("@"))
    mail["Subject"] = one_line(head.subject)[:LONGEST_SUBJECT]
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id(key, head.mark, domain)
    # RFC 3834: a machine wrote this, so that no machine answers; and the same in Exchange's words.
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail["X-Commonhall-Reference"] = one_line(case.reference)
    mail["X-Commonhall-Key"] = one_line(key)
    mail["X-Commonhall-Service"] = one_line(case.service)
    mail.set_content(storable(words_of(case)), cte="quoted-printable")
    data = json.dumps(case_data(case), ensure_ascii=False, indent=1).encode("utf-8", "replace")
    mail.add_attachment(data, maintype="application", subtype="json", filename="case.json")
    if sheet is not None:
        mail.add_attachment(
            sheet, maintype="text", subtype="csv", filename="case.csv", params={"charset": "utf-8"}
        )
    for number, (file, content) in enumerate(files, 1):
        main, _, sub = file.media_type.partition("/")
        is_type = re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", file.media_type) and main not in {"text", "message", "multipart"}  # fmt: skip
        kind = (main, sub) if is_type else ("application", "octet-stream")
        mail.add_attachment(
            content, maintype=kind[0], subtype=kind[1], filename=_file_name(file.name, number)
        )
    # Never within what stands between: neither base64 nor quoted-printable writes `=_`.
    mail.set_boundary(f"=_{sha256(key.encode('utf-8', 'replace')).hexdigest()[:40]}")
    return mail.as_bytes()


def words_of(case: CaseForDelivery) -> str:
    """A case in words: what was asked and answered, as the person who made it read it."""
    at = case.submitted_at.astimezone(_LONDON)
    about = [
        ("Reference", case.reference),
        ("Service", case.service_name),
        ("Received", f"{at.day} {at:%B %Y at %H:%M}"),
        ("To be done by", f"{case.target_on.day} {case.target_on:%B %Y}" if case.target_on else ""),
    ]
    place = [
        ("Place", case.location.description),
        ("Postcode", case.location.postcode),
        ("UPRN", case.location.uprn),
        ("On a map", _on_a_map(case)),
    ]
    person = [("Name", case.contact.name), ("Email", case.contact.email), ("Phone", case.contact.phone)]
    files = [("File", f"{file.name} ({file.size:,} bytes)") for file in case.files]
    parts = [
        case.summary,
        _lines(about),
        "\n\n".join(f"{question}\n{answer}" for question, answer in case.details if answer),
        _lines(place),
        _lines(person),
        _lines(files),
        "The same for machines is in case.json.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _on_a_map(case: CaseForDelivery) -> str:
    place = case.location
    return "" if place.lat is None or place.long is None else f"{place.lat:.6f}, {place.long:.6f}"


def _lines(pairs: Sequence[tuple[str, str | None]]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in pairs if value)


def _file_name(name: str, number: int) -> str:
    """A file's name as every machine takes it."""
    tidy = storable(_NOT_IN_A_NAME.sub("-", name)).strip(" .-")
    stem, dot, end = tidy.rpartition(".")
    return f"{stem[:80]}{dot}{end[:10]}" if stem else tidy[:80] or f"file-{number}"
