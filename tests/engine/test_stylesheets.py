"""A council's own style sheet: what it may not say, told with its line; and nothing that anybody pastes breaks the reading."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhall.engine.stylesheets import MOST_CHARACTERS, sheet_faults

GOOD = """
/* Ours. */
:root { --ours: 4px }
.ch-header { background: #123456; color: #fff }
@media (min-width: 40em) { .govuk-button { border-radius: var(--ours) } }
a:focus { outline: none; box-shadow: 0 0 0 3px #fd0 }
.ch-footer { background: url("data:image/png;base64,AAAA") }
.ch-service { & p { color: rgb(0 0 0 / 50%); background: #fff } }
"""


def test_what_looks_alone_are_made_of_is_taken() -> None:
    assert sheet_faults(GOOD) == []
    assert sheet_faults("") == []


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("\n@import 'x.css';", 2, "@import is not taken"),
        ("@font-face { font-family: x }", 1, "@font-face is not taken"),
        ("a {}\n\nb { background: url(https://example.org/x.png) }", 3, "Pages load nothing"),
        ("b { background: u\\72 l('x.png') }", 1, "Pages load nothing"),
        ("b { background: image-set('x.png' 1x) }", 1, "Pages load nothing"),
        ("@media print {\n  b { & i { cursor: url(x) } }\n}", 2, "Pages load nothing"),
        ("a { color: #777; background-color: #888 }", 1, "#777777 on #888888 has a contrast of 1.3"),
        ("a { color: white; background: yellow }", 1, "has a contrast of 1.1"),
        ("a:focus-visible {\n outline: 0 }", 2, "must see where they are"),
        ("h1 { font: bold 2em 'GDS Transport', arial }", 1, "belongs to GOV.UK"),
        (":root { --council-colour: red }", 1, "is the brand’s"),
        ("<style>\na {}\n</style>", 3, "belongs to HTML"),
        ("a { color red }", 1, "cannot be read"),
        ("a{" * 8_000, 1, "too deeply"),
        ("a" * (MOST_CHARACTERS + 1), 1, "and may have 16,000"),
        (
            "".join(f".x{n * 7919 % 10007} {{ top: {n * 104729 % 99991}px }}" for n in range(450)),
            1,
            "when compressed",
        ),
    ],
)
def test_what_it_may_not_say_is_told_with_its_line(text: str, line: int, words: str) -> None:
    found = [fault for fault in sheet_faults(text) if words in fault.message]
    assert [fault.line for fault in found] == [line]


PIECES = st.sampled_from(
    [
        "{",
        "}",
        "(",
        ")",
        "url(",
        "@media",
        "a",
        ":",
        ";",
        "'",
        '"',
        "\\",
        "/*",
        "*/",
        "#fff",
        "color",
        " ",
        "\n",
        "--x",
    ]
)


@given(st.text(max_size=60) | st.lists(PIECES, max_size=40).map("".join))
def test_whatever_is_pasted_is_read_or_told(text: str) -> None:
    for fault in sheet_faults(text):
        assert 1 <= fault.line <= text.count("\n") + text.count("\r") + text.count("\f") + 1
        assert fault.message
