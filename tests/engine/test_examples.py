"""Examples that a package carries: played, and found out where they expect what does not happen."""

from __future__ import annotations

import pytest

from commonhall.engine.examples import Played, play_adopted, play_defaults
from tests.engine.services import CALENDARS, EXAMPLES, SERVICE, WELSH, edited, read, run


def played(examples: str) -> list[Played]:
    """The examples, played with the package's defaults."""
    return play_defaults(read(SERVICE, WELSH, examples), CALENDARS)


def test_right_examples_pass() -> None:
    assert played(EXAMPLES) == [Played("A grown-up takes a plot in the north", True), Played("A child", True)]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("ends: submitted", "ends: too-young", "it ends at 'submitted', not 'too-young'"),
        ("born: '2015-01-01'", "born: '1990-01-01'", "it ends at 'unfinished at site', not 'too-young'"),
        ("born: '2015-01-01'", "born: '1890-01-01'", "it ends at 'unfinished at born (pages.born.checks.alive.message)', not 'too-young'"),
        ("born, site, size,", "born, site,", "the path is home, born, site, size, helpers, contact, not home, born, site, helpers, contact"),
        ("target_on: 2026-03-17", "target_on: 2026-03-18", "the target is 2026-03-17, not 2026-03-18"),
        ("North field for Sam", "South field for Sam", "the summary is 'Plot at North field for Sam Jones', not 'Plot at South field for Sam Jones'"),
        ("site: north", "site: moon", "the answer to 'site' is not accepted (not_an_option)"),
        ("size: 100", "size: 24.5", "the answer to 'size' is not accepted (shape)"),
        ("  ends: submitted", "  settings: {answer_days: 50}\n  ends: submitted", "'answer_days' is 50, but at most 20 is allowed"),
        ("  ends: submitted", "  applies: settings.nobody > 3\n  ends: submitted", "applies: nothing is called 'settings.nobody' here in 'settings.nobody > 3'"),
    ],
)  # fmt: skip
def test_a_wrong_expectation_is_found_out(old: str, new: str, fault: str) -> None:
    assert [one.faults for one in played(edited(EXAMPLES, old, new)) if one.faults] == [(fault,)]


def test_an_answer_in_another_shape_is_found_out() -> None:
    loose = EXAMPLES.replace("postcode: B91 3QT", "postcode: b913qt", 1)
    (fault,) = [fault for one in played(loose) for fault in one.faults]
    assert "is not in the contract's shape" in fault


def test_an_example_says_nothing_of_a_council_it_does_not_apply_to() -> None:
    limited = edited(EXAMPLES, "  ends: submitted", "  applies: settings.answer_days < 5\n  ends: submitted")
    service = read(SERVICE, WELSH, limited)
    assert [one.applied for one in play_adopted(run(service))] == [False, True]
    assert [one.applied for one in play_adopted(run(service, settings={"answer_days": 2}))] == [True, True]


def test_examples_are_played_past_a_councils_own_questions() -> None:
    page = {"id": "own", "question": "Own?", "fields": [{"id": "own", "type": "text"}]}
    adopted = run(read(), extra_questions=[{"place": "before-contact", "page": page}])
    assert all(not one.faults for one in play_adopted(adopted))


def test_a_councils_options_can_break_an_example_and_it_says_so() -> None:
    adopted = run(read(), settings={"sites": [{"code": "east", "label": "East"}]})
    assert [one.faults for one in play_adopted(adopted)] == [
        ("the answer to 'site' is not accepted (not_an_option)",),
        (),
    ]
