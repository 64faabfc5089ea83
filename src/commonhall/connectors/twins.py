"""The failing twin of every kind: what `commonhall connector check --twin` and the tests put connectors against."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from commonhall.connectors.conformance import Subject
from commonhall.connectors.csv_sftp import twin as csv_sftp
from commonhall.connectors.email import twin as email
from commonhall.connectors.open311 import twin as open311
from commonhall.connectors.queue import twin as queue
from commonhall.connectors.rest import twin as rest
from commonhall.connectors.soap import twin as soap
from commonhall.connectors.webhook import twin as webhook

SUBJECTS: Mapping[str, Subject] = MappingProxyType(
    {
        subject.name: subject
        for subject in (
            csv_sftp.SUBJECT,
            email.SUBJECT,
            open311.SUBJECT,
            queue.SUBJECT,
            rest.SUBJECT,
            soap.SUBJECT,
            webhook.SUBJECT,
        )
    }
)
"""A connector of each kind with its twin, by the kind's name."""

WITHOUT: Mapping[str, str] = MappingProxyType(
    {"pull": "nothing is sent to it: it comes for its cases by the case API, which has tests of its own"}
)
"""The kinds that have no twin, and why not."""
