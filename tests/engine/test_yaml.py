"""YAML is read with its places; what a shared package must not hold is refused where it stands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhall.engine.source import MAX_DEPTH, read_yaml

REFUSED = [
    ("an alias", "a: &x 1\nb: *x\n", "2:4", "aliases (*name) are not allowed"),
    ("an alias as a key", "*x : 1\nb: 2\n", "1:1", "aliases (*name) are not allowed"),
    ("a tag on a value", "a: 1\nb: !!str 5\n", "2:4", "the tag tag:yaml.org,2002:str is not allowed"),
    ("a tag on a map", "a: !!set {x}\n", "1:4", "the tag tag:yaml.org,2002:set is not allowed"),
    ("a tag on a list", "a: !thing [x]\n", "1:4", "the tag !thing is not allowed"),
    ("code in a tag", "a: !!python/object:os.system {}\n", "1:4", "is not allowed"),
    ("a key twice", "a: 1\nb: 2\na: 3\n", "3:1", "'a' stands twice in the same map"),
    ("a key twice, deep inside", "x:\n  - {y: 1, y: 2}\n", "2:12", "'y' stands twice in the same map"),
    ("a list as a key", "? [a]\n: b\n", "1:3", "a key must be a word, not a list or a map"),
    ("a map as a key", "x:\n  ? {a: 1}\n  : b\n", "2:5", "a key must be a word, not a list or a map"),
    ("a second document", "a: 1\n---\nb: 2\n", "2:1", "a second document starts here"),
    ("a list left open", "a: [1,\n", "2:1", "this is not YAML"),
    ("a quote left open", "a: 'x\n", "2:1", "this is not YAML"),
    ("a colon too many, after Welsh letters", "é: ŵŵ: x\n", "1:6", "this is not YAML"),
    ("a tab for an indent", "a:\n\tb: 1\n", "2:1", "this is not YAML"),
    ("a NUL", "a: 1\nb: x\x00y\n", "2:5", "the character U+0000 is not allowed"),
    ("a bell", "a: \x07\n", "1:4", "the character U+0007 is not allowed"),
    ("half of a pair", "a: \ud800\n", "1:4", "the character U+D800 is not allowed"),
    ("a byte order mark inside", "a: b\ufeff\n", "1:5", "the character U+FEFF is not allowed"),
    ("too deep", "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), f"1:{MAX_DEPTH + 1}", "nested deeper than"),
    ("too big", "a: " + "x" * 2_000_001, "1:1", "the file is over 2 MB"),
]


@pytest.mark.parametrize(
    ("text", "place", "message"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_what_is_refused_is_refused_where_it_stands(text: str, place: str, message: str) -> None:
    _, problems = read_yaml("service.yaml", text)
    assert [f"{problem.line}:{problem.column}" for problem in problems] == [place]
    assert message in problems[0].message
    assert problems[0].remedy


def test_every_fault_is_collected_and_the_rest_still_read() -> None:
    source, problems = read_yaml("x.yaml", "a: &y 1\n? [k]\n: v\na: 2\nb: *y\nc: !t 3\nd: 4\n")
    assert [problem.line for problem in problems] == [2, 4, 5, 6]
    assert source.data == {"a": 1, "b": None, "c": "3", "d": 4}


def test_a_file_that_is_not_yaml_to_its_end_gives_no_data() -> None:
    source, problems = read_yaml("x.yaml", "a: 1\nb: [\n")
    assert source.data is None
    assert len(problems) == 1


def test_a_byte_order_mark_at_the_start_is_passed_over() -> None:
    source, problems = read_yaml("x.yaml", "\ufeffa: b\n")
    assert (source.data, problems) == ({"a": "b"}, [])
    assert source.place(("a",)) == (1, 4)


def test_plain_values_follow_yaml_1_2() -> None:
    text = "[no, yes, on, off, ~, null, true, False, 12, -3, 0.5, 1e3, 1e999, 0x10, 12:30, 2026-03-09, 'true', '1']"
    source, problems = read_yaml("x.yaml", text)
    assert not problems
    assert source.data == [
        "no", "yes", "on", "off", None, None, True, False, 12, -3, 0.5, 1000.0, "1e999", "0x10", "12:30",
        "2026-03-09", "true", "1",
    ]  # fmt: skip


def test_a_problem_points_into_quoted_and_block_texts() -> None:
    source, _ = read_yaml("x.yaml", "plain: a b\nquoted: 'a b'\nblock: |\n\n    a\n     b\n")
    places = {
        name: (
            source.problem((name,), "", inside=(1, 3)).line,
            source.problem((name,), "", inside=(1, 3)).column,
        )
        for name in ("plain", "quoted", "block")
    }
    assert places == {"plain": (1, 10), "quoted": (2, 12), "block": (4, 7)}


def test_the_place_of_what_was_never_written_is_that_of_its_parent() -> None:
    source, _ = read_yaml("x.yaml", "a:\n  b:\n    c: 1\n")
    assert source.place(("a", "b", "d", 3)) == (3, 5)
    assert source.place(("a", "b"), key=True) == (2, 3)
    assert source.place(("x",)) == (1, 1)


@given(st.text() | st.text(alphabet="ab:-?[]{}&*!|>'\"#%@,\n\t \ud800\x00\ufeff"))
def test_no_text_at_all_makes_the_reader_stumble(text: str) -> None:
    source, problems = read_yaml("x.yaml", text)
    lines = (
        text.count("\n")
        + text.count("\r")
        + text.count("\x85")
        + text.count("\u2028")
        + text.count("\u2029")
        + 1
    )
    assert all(1 <= problem.line <= lines + 1 and problem.column >= 1 for problem in problems)
    assert source.file == "x.yaml"
