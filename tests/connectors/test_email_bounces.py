"""Mails that come back: what is a report that one was not delivered, whose it is, and that nobody can make one up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhall.connectors.email.bounces import Bounce, read_bounce
from commonhall.connectors.email.marks import LONGEST, Marks

MARKS = Marks(["what only this connector knows"])
MARK = MARKS.of("K7M-2XQ-9HD")

POSTFIX = f"""\
Return-Path: <>
Delivered-To: bounces+{MARK}@council.example
Date: Wed, 25 Nov 2026 19:19:54 +0000 (UTC)
From: Mail Delivery System <MAILER-DAEMON@mx.council.example>
Subject: Undelivered Mail Returned to Sender
To: bounces+{MARK}@council.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="374F320C22D.1795634394/mx.council.example"
Message-Id: <20261125191954.4555920C039@mx.council.example>

This is a MIME-encapsulated message.

--374F320C22D.1795634394/mx.council.example
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.council.example.

--374F320C22D.1795634394/mx.council.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.council.example
Original-Envelope-Id: {MARK}
X-Postfix-Queue-ID: 374F320C22D

Final-Recipient: rfc822; nobody@office.example
Original-Recipient: rfc822;nobody@office.example
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.office.example
Diagnostic-Code: smtp; 550 5.1.1 <nobody@office.example>: there is no such
    mailbox

--374F320C22D.1795634394/mx.council.example
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

Return-Path: <bounces+{MARK}@council.example>
From: cases@council.example
Message-ID:
 <9c3f5da83f76e2c73e62.{MARK}@council.example>

--374F320C22D.1795634394/mx.council.example--
"""
"""As Postfix writes it."""

EXCHANGE = f"""\
From: <postmaster@office.example>
To: <cases@council.example>
Subject: Undeliverable: K7M-2XQ-9HD: Missed bin
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"
Message-ID: <1f2e@LO3P.GBRP265.PROD.OUTLOOK.COM>
In-Reply-To: <9c3f5da83f76e2c73e62.{MARK.upper()}@council.example>
Auto-Submitted: auto-replied

--b1
Content-Type: multipart/alternative; differences=Content-Type; boundary="b2"

--b2
Content-Type: text/plain; charset="us-ascii"

Your message to full@office.example couldn't be delivered.
--b2--

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns;LO3P.GBRP265.PROD.OUTLOOK.COM

Final-Recipient: rfc822;full@office.example
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp;554 5.2.2 mailbox full; STOREDRV.Deliver.Exception

--b1
Content-Type: message/rfc822

From: cases@council.example
Subject: another mail within
Message-ID: <other@council.example>

words
--b1--
"""
"""As Exchange does: no address with a mark, no envelope id, the case of letters changed."""

WITHIN = EXCHANGE.replace(
    f"In-Reply-To: <9c3f5da83f76e2c73e62.{MARK.upper()}@council.example>\n", ""
).replace("<other@council.example>", f"<9c3f5da83f76e2c73e62.{MARK}@council.example>")
"""The mark stands in the mail that came back alone."""


def whose(bounce: Bounce | None) -> str | None:
    assert bounce is not None
    return next((found for found in map(MARKS.read, bounce.places) if found), None)


@pytest.mark.parametrize("report", [POSTFIX, EXCHANGE, WITHIN], ids=["postfix", "exchange", "within"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_whose_mail_came_back_is_known_wherever_the_mark_stands(report: str, line_end: str) -> None:
    assert whose(read_bounce(report.replace("\n", line_end).encode())) == "K7M-2XQ-9HD"


def test_why_it_came_back_is_said() -> None:
    bounce = read_bounce(POSTFIX.encode())
    assert bounce is not None
    assert bounce.reason == (
        "the mail to nobody@office.example came back: there is no such mailbox,"
        " 550 5.1.1 <nobody@office.example>: there is no such mailbox"
    )
    late = POSTFIX.replace("Status: 5.1.1", "Status: 4.4.7").replace("Diagnostic-Code: smtp;", "X-Other:")
    bounce = read_bounce(late.encode())
    assert bounce is not None
    assert bounce.reason == (
        "the mail to nobody@office.example came back: it could not be delivered in time, it may work later, status 4.4.7"
    )


@pytest.mark.parametrize(
    "other",
    [
        POSTFIX.replace("Action: failed", "Action: delayed"),
        POSTFIX.replace("Action: failed", "Action: delivered"),
        POSTFIX.replace("Action: failed", "Action: relayed"),
        POSTFIX.replace("message/delivery-status", "message/disposition-notification"),
        POSTFIX.replace("message/delivery-status", "message/feedback-report"),
        f"To: bounces+{MARK}@council.example\nAuto-Submitted: auto-replied\nSubject: Away until Monday\n\nAction: failed\n",
        f"To: bounces+{MARK}@council.example\nSubject: Undelivered\n\nHi. This is the qmail-send program. Action: failed\n",
        "",
    ],
    ids=["delayed", "delivered", "relayed", "read", "complaint", "away", "words alone", "nothing"],
)
def test_what_is_no_report_of_a_failure_is_passed_over(other: str) -> None:
    assert read_bounce(other.encode()) is None


def test_of_several_recipients_those_who_did_not_get_it_are_named() -> None:
    more = "Final-Recipient: rfc822; team@office.example\nAction: delivered\nStatus: 2.0.0\n\nFinal-Recipient: rfc822; duty@office.example\nAction: FAILED\nStatus: 5.9.9\n\n"
    report = POSTFIX.replace("Final-Recipient: rfc822; nobody", f"{more}Final-Recipient: rfc822; nobody")
    bounce = read_bounce(report.encode())
    assert bounce is not None
    assert bounce.reason.startswith(
        "the mail to duty@office.example came back: status 5.9.9; the mail to nobody@office.example"
    )
    assert "team@" not in bounce.reason


def test_a_report_is_known_again_by_its_own_id_or_its_words() -> None:
    ids = [getattr(read_bounce(report.encode()), "id", None) for report in (POSTFIX, POSTFIX, EXCHANGE)]
    assert ids[0] == ids[1] != ids[2]
    bare = POSTFIX.replace("Message-Id: <20261125191954.4555920C039@mx.council.example>\n", "")
    first, second = read_bounce(bare.encode()), read_bounce(bare.replace("5.1.1", "5.1.2").encode())
    assert first is not None
    assert second is not None
    assert first.id != second.id


def test_a_long_mail_that_came_back_whole_is_cut_and_read_all_the_same() -> None:
    long = WITHIN.replace("words", "x" * 500_000).encode()[:100_000]
    assert whose(read_bounce(long)) == "K7M-2XQ-9HD"


@pytest.mark.parametrize(
    "mark",
    [
        "k7m-2xq-9hd",
        f"k7m-2xq-9hf.{MARK.partition('.')[2]}",
        f"k7m-2xq-9hd.{'a' * 20}",
        Marks(["another"]).of("K7M-2XQ-9HD"),
        "",
    ],
    ids=["no seal", "another's seal", "made up", "another connector's", "none"],
)
def test_a_reference_alone_proves_nothing(mark: str) -> None:
    assert whose(read_bounce(POSTFIX.replace(MARK, mark).encode())) is None


@given(st.binary(max_size=400))
def test_whatever_lies_in_a_mailbox_is_read_or_passed_over(content: bytes) -> None:
    for whole in (content, POSTFIX.encode()[:900] + content, POSTFIX.encode().replace(b"smtp; 550", content)):
        found = read_bounce(whole)
        assert found is None or found.reason


@given(st.integers(0, len(POSTFIX)), st.binary(min_size=1, max_size=8))
def test_a_report_that_was_damaged_is_no_other_case_s(place: int, noise: bytes) -> None:
    damaged = POSTFIX.encode()[:place] + noise + POSTFIX.encode()[place:]
    found = read_bounce(damaged)
    assert found is None or whose(found) in {"K7M-2XQ-9HD", None}


# -- marks -------------------------------------------------------------------------------------------------------------

REFERENCES = st.from_regex(
    r"[2-9CDFHJKMPQRTVWXY]{3}-[2-9CDFHJKMPQRTVWXY]{3}-[2-9CDFHJKMPQRTVWXY]{3}", fullmatch=True
)


@given(
    REFERENCES, st.sampled_from(["bounces+{}@x.example", "<1.{}@x.example>", "{}", "A {} b"]), st.booleans()
)
def test_a_mark_is_read_again_in_whatever_case_it_comes_back(
    reference: str, around: str, upper: bool
) -> None:
    mark = MARKS.of(reference)
    assert len(mark) <= LONGEST
    text = around.format(mark)
    assert MARKS.read(text.upper() if upper else text) == reference


@given(REFERENCES, st.integers(0, 31), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567-."))
def test_a_mark_with_a_letter_changed_is_nobody_s(reference: str, place: int, letter: str) -> None:
    mark = MARKS.of(reference)
    changed = mark[:place] + letter + mark[place + 1 :]
    assert (MARKS.read(changed) is None) is (changed != mark)


def test_while_a_seal_is_changed_both_are_known() -> None:
    old, new = Marks(["old"]), Marks(["new", "old"])
    assert new.read(old.of("R1")) == "R1"
    assert old.read(new.of("R1")) is None
    assert Marks([]).of("R1") == ""
    assert Marks([]).read(old.of("R1")) is None
