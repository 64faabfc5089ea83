"""A council's own style sheet: read before it is kept, so that what it may not say is told to whoever writes it.

The pages' policy is the wall: a browser loads nothing from elsewhere, whatever a sheet says. These checks are for people:
each tells the line, and what to do.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import tinycss2
import tinycss2.color3

from commonhall.engine.colours import LEAST_CONTRAST, contrast

MOST_CHARACTERS = 16_000
MOST_SENT = 2_000
"""Bytes, compressed: with the page and our own style it still arrives in the first round trip (14 KB)."""
_GROUPS = frozenset({"media", "supports", "container", "layer"})
_OURS = ("--council-", "--govuk-brand")
_LOADING = frozenset(
    {"url", "src", "image", "image-set", "-webkit-image-set", "cross-fade", "element", "paint"}
)
_SHOWING = frozenset(
    {"box-shadow", "background", "background-color", "border", "border-color", "text-decoration"}
)
_NOT_COUNCILS = "gds transport"


class SheetFault(NamedTuple):
    """What is wrong with a style sheet, where, and what to do."""

    line: int
    message: str


def sheet_faults(text: str) -> list[SheetFault]:
    """Everything that is wrong with a style sheet, by line."""
    if len(text) > MOST_CHARACTERS:
        return [
            SheetFault(
                1,
                f"It has {len(text):,} characters, and may have {MOST_CHARACTERS:,}: keep what these pages need",
            )
        ]
    sent = len(gzip.compress(text.encode(), 9, mtime=0))
    try:
        found = list(_of_rules(tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True)))
    except RecursionError:
        return [SheetFault(1, "Brackets stand within brackets too deeply to be read")]
    if sent > MOST_SENT:
        found.append(
            SheetFault(
                1,
                f"It is {sent:,} bytes when compressed, and may be {MOST_SENT:,}: keep what these pages need",
            )
        )
    if "</" in text:
        found.append(
            SheetFault(
                text[: text.index("</")].count("\n") + 1, "'</' belongs to HTML: paste the style sheet alone"
            )
        )
    return sorted(set(found))


def _of_rules(rules: Sequence[Any]) -> Iterator[SheetFault]:
    for rule in rules:
        if rule.type == "error":
            yield SheetFault(rule.source_line, "This cannot be read: look for a missing bracket or semicolon")
        elif rule.type == "at-rule" and rule.lower_at_keyword not in _GROUPS:
            yield SheetFault(
                rule.source_line,
                f"@{rule.at_keyword} is not taken: @media, @supports, @container and @layer are",
            )
        elif rule.type == "at-rule" and rule.content is not None:
            yield from _of_rules(
                tinycss2.parse_blocks_contents(rule.content, skip_comments=True, skip_whitespace=True)
            )
        elif rule.type == "qualified-rule":
            yield from _of_rule(rule)


def _of_rule(rule: Any) -> Iterator[SheetFault]:
    """What is wrong with one rule and those nested in it."""
    parts = tinycss2.parse_blocks_contents(rule.content, skip_comments=True, skip_whitespace=True)
    yield from _of_rules([part for part in parts if part.type != "declaration"])
    said = {part.lower_name: part for part in parts if part.type == "declaration"}
    for part in said.values():
        yield from _of_declaration(part)
    yield from _unread(said)
    selector = tinycss2.serialize(rule.prelude).lower()
    outline = said.get("outline") or said.get("outline-style") or said.get("outline-width")
    hidden = outline is not None and _words(outline.value) in {"none", "0", "0px"}
    if outline is not None and hidden and ":focus" in selector and not said.keys() & _SHOWING:
        yield SheetFault(
            outline.source_line,
            "Whoever uses a keyboard must see where they are: show the focus in another way in this rule, or leave the outline",
        )


def _of_declaration(part: Any) -> Iterator[SheetFault]:
    if part.lower_name.startswith(_OURS):
        yield SheetFault(
            part.source_line,
            f"{part.name} is the brand’s: change it under Brand, where its contrast is checked",
        )
    for token in _inside(part.value):
        if token.type == "url" or (token.type == "function" and token.lower_name in _LOADING):
            given = token.value if token.type == "url" else tinycss2.serialize(token.arguments).strip(" \"'")
            if not str(given).lower().startswith("data:image/"):
                yield SheetFault(
                    part.source_line,
                    "Pages load nothing by a style sheet: take the address away, or write the image as data:image/…",
                )
    if part.lower_name in {"font", "font-family"} and _NOT_COUNCILS in tinycss2.serialize(part.value).lower():
        yield SheetFault(part.source_line, "This typeface belongs to GOV.UK: councils’ pages may not use it")


def _unread(said: dict[str, Any]) -> Iterator[SheetFault]:
    """Words that cannot be read on their own background, where one rule gives both colours."""
    words, ground = said.get("color"), said.get("background-color") or said.get("background")
    if words is None or ground is None:
        return
    one, other = _colour(words.value), _colour(ground.value)
    if one and other and contrast(one, other) < LEAST_CONTRAST:
        ratio = f"{contrast(one, other):.1f}"
        yield SheetFault(
            words.source_line,
            f"{one} on {other} has a contrast of {ratio}, and words need {LEAST_CONTRAST}: choose other colours",
        )


def _inside(tokens: Sequence[Any]) -> Iterator[Any]:
    for token in tokens:
        yield token
        yield from _inside(getattr(token, "arguments", None) or getattr(token, "content", None) or ())


def _words(tokens: Sequence[Any]) -> str:
    return str(tinycss2.serialize([token for token in tokens if token.type != "whitespace"])).lower()


def _colour(tokens: Sequence[Any]) -> str | None:
    """The one colour that a value is, as #rrggbb; None for what is none, or can be seen through."""
    solid = [token for token in tokens if token.type not in {"whitespace", "comment"}]
    found = tinycss2.color3.parse_color(solid[0]) if len(solid) == 1 else None
    if found is None or isinstance(found, str) or found.alpha < 1:
        return None
    return "#" + "".join(f"{round(min(1.0, max(0.0, part)) * 255):02x}" for part in found[:3])
