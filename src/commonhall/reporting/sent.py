"""What councils sent of a service, and how each council stands in a comparison: by what was counted here, or by what it sent.

Days and months of what was sent are London's, as of what is counted here; a record at midnight in UTC is on the same day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from commonhall.reporting.counts import Counts
from commonhall.reporting.measures import next_month
from commonhall.storage.data_records import SentRow, TooSlow, sent_across
from commonhall.storage.pool import Store

DIGITAL_NAMES = frozenset(
    {"digital", "online", "web", "website", "web-form", "internet", "app", "mobile-app", "api"}
)
"""What senders call channels on which nobody of the council's staff takes part. Small letters; a space or _ is a hyphen."""
OTHER_NAMES = frozenset(
    {
        "phone", "telephone", "call-centre", "contact-centre", "ivr",
        "in-person", "face-to-face", "counter", "walk-in", "office",
        "post", "postal", "letter", "mail", "email", "e-mail", "fax", "paper", "paper-form",
        "assisted-digital", "non-digital", "offline",
    }
)  # fmt: skip
"""The same of channels that are not digital. Assisted digital is not: staff enter it, as for a caller here."""
TRANSACTIONS = "transactions-by-channel"
_NO_DAYS = (date.max, date.min)
_MOST = 10**12
"""More in a span than all councils together have in a century is a mistake."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a council stands in a comparison.

    `sent` where its counts are what it sent, and not what was counted here; then journeys, cases and times are not known,
    `channels_known` is whether the names of all channels tell what was digital, and `months` have transactions.
    """

    counts: Counts
    sent: bool = False
    channels_known: bool = True
    months: frozenset[date] = frozenset()


async def sent_standings(
    store: Store, service: str, lgsl: int | None, first: date, last: date
) -> dict[str, Standing] | None:
    """What councils sent for a service from `first` to `last`, both included, by council; None where reading it took too
    long.

    A data set is of the service here that it names; of one that names none, its number of the national list is compared.
    A record counts where its `_timestamp` lies, one whose `period` is a month or longer only with that whole month. A sum that
    cannot be (fewer than none, more ends than journeys) is left out with all of its data type.
    """
    try:
        rows = await sent_across(
            store,
            service,
            lgsl,
            months_and_days(first, last),
            digital=sorted(DIGITAL_NAMES),
            other=sorted(OTHER_NAMES),
        )
    except TooSlow:
        return None
    of_councils: dict[str, list[SentRow]] = {}
    for row in rows:
        of_councils.setdefault(row.council, []).append(row)
    found = {council: _standing(of_council) for council, of_council in of_councils.items()}
    return {council: standing for council, standing in found.items() if standing is not None}


def months_and_days(first: date, last: date) -> list[tuple[date, date]]:
    """A span in three parts, each with both ends: its whole months (the first days of the first and the last), the days before
    them, and the days after them. A part that ends before it begins is empty."""
    day = timedelta(days=1)
    begins = first if first.day == 1 else next_month(first)
    ends = (last + day).replace(day=1)
    if begins >= ends:
        return [_NO_DAYS, (first, last), _NO_DAYS]
    return [(begins, (ends - day).replace(day=1)), (first, begins - day), (ends, last)]


def _standing(rows: list[SentRow]) -> Standing | None:
    sums = {(row.type, row.what): row.total for row in rows}
    wrong = {kind for (kind, _), total in sums.items() if total != int(total) or not 0 <= total < _MOST}
    sound = {key: int(total) for key, total in sums.items() if key[0] not in wrong}
    channels = {what: total for (kind, what), total in sound.items() if kind == TRANSACTIONS}
    over, ended = sound.get(("completion", "over"), 0), sound.get(("completion", "end"), 0)
    if ended > over:
        over = ended = 0
    scores = [sound.get(("customer-satisfaction", f"{score}"), 0) for score in range(1, 6)]
    if not channels and not over and not any(scores):
        return None
    counts = Counts(
        sent=sum(channels.values()),
        sent_digital=channels.get("digital", 0),
        submitted=ended,
        abandoned=over - ended,
        score_1=scores[0],
        score_2=scores[1],
        score_3=scores[2],
        score_4=scores[3],
        score_5=scores[4],
    )
    months = frozenset(month for row in rows if row.type == TRANSACTIONS and channels for month in row.months)
    return Standing(counts, sent=True, channels_known=not channels.get("unknown"), months=months)


def standings(counted: Mapping[str, Counts], sent: Mapping[str, Standing]) -> dict[str, Standing]:
    """Each council once: by what was counted here, or by what it sent, where that is more, or nothing was begun here.

    Never by both together: what was sent can be read by everybody, so that the sum would tell a small count of ours. And a
    few journeys on a trial do not take the place of what a council sent.
    """
    found = {council: Standing(counts) for council, counts in counted.items()}
    for council, standing in sent.items():
        here = counted.get(council, Counts())
        if standing.counts.sent > here.sent or not (here.starts or here.sent):
            found[council] = standing
    return found
