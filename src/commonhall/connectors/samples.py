"""Cases to try connectors with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from commonhall.engine.back_office import CaseForDelivery, CaseLocation, Contact

HOSTILE = (
    "</description><script>alert(1)</script>",
    "a&b=c+d%20e;f\r\nSet-Cookie: g",
    "Ŵŷn ap Siôn 🚲 \u202eright to left\u2028",
    "'; drop table cases; -- \\ \"",
    "{{ 7 * 7 }} ${HOME} \t\x0b\x7f",
)
"""Words that break careless software."""

_CASE = CaseForDelivery(
    council="solihull",
    council_gss="E08000029",
    reference="",
    service="missed-bin",
    service_name="Report a missed bin collection",
    version="1.0.0",
    lgsl=524,
    lgil=17,
    channel="web",
    language="en",
    submitted_at=datetime(2026, 3, 10, 9, 0, tzinfo=UTC),
    target_on=date(2026, 3, 12),
    summary="Missed Rubbish at 1 High Street",
    answers={"containers": ["refuse", "food"], "clear": True, "count": 2, "local": {"gate": "yes"}},
    details=(("Which bins were missed?", "Rubbish and Food waste"),),
    contact=Contact("Sam Jones", "sam@example.com", "0121 496 0000"),
    location=CaseLocation("1 High Street, Solihull", "B91 3QT", "100070000001", 52.4118, -1.7776),
)


def sample_case(reference: str, *, hostile: bool = False) -> CaseForDelivery:
    """A case to deliver; a hostile one has words that break careless software, among its answers."""
    if not hostile:
        return replace(_CASE, reference=reference)
    words = {f"words_{number}": text for number, text in enumerate(HOSTILE)}
    answers = {**_CASE.answers, **words, "home": {"line1": HOSTILE[0]}, "external_id": HOSTILE[1]}
    return replace(_CASE, reference=reference, summary=" ".join(HOSTILE), answers=answers)
