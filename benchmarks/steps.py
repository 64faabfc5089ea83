"""A journey as a script: what one person asks for, sends and must see, page by page.

The same script language drives every peer, so the load generator knows nothing about any of them. A script
is plain data (see `Script.to_json`), because the load generator runs in a process of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from html import unescape
from typing import Literal
from urllib.parse import quote_plus, urljoin, urlsplit

HIDDEN = re.compile(rb"<input\b[^>]*\btype=[\"']?hidden\b[^>]*>")
FORM = re.compile(rb"<form\b[^>]*\bmethod=[\"']?post\b[^>]*>", re.IGNORECASE)
ATTRIBUTE = re.compile(rb"\b(name|value|action)=(?:\"([^\"]*)\"|'([^']*)')")


@dataclass(frozen=True, slots=True)
class Step:
    """One request and what its answer must be.

    `method`: GET asks for `path`; POST sends `form` and the open page's hidden inputs to the open page's form
    (or to `path`); FOLLOW asks for where the last answer redirected to. `form` holds (name, value) pairs, in which
    `{n}` becomes the journey's number. `sees` must be in the body of an answer that is no redirect.
    """

    method: Literal["GET", "POST", "FOLLOW"]
    path: str = ""
    form: tuple[tuple[str, str], ...] = ()
    status: tuple[int, ...] = (200,)
    sees: str = ""


@dataclass(frozen=True, slots=True)
class Script:
    """A whole journey. `reference` is a pattern with one group, found on the last page and nowhere twice."""

    host: str
    reference: str
    steps: tuple[Step, ...]
    headers: tuple[tuple[str, str], ...] = field(default=())

    def to_json(self) -> str:
        """The script as text, to hand to the load generator."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Script:
        """The script that `to_json` wrote."""
        data = json.loads(text)
        steps = tuple(
            Step(
                step["method"],
                step["path"],
                tuple((name, value) for name, value in step["form"]),
                tuple(step["status"]),
                step["sees"],
            )
            for step in data["steps"]
        )
        headers = tuple((name, value) for name, value in data["headers"])
        return cls(data["host"], data["reference"], steps, headers)


def page_by_page(
    start: str,
    pages: Iterable[tuple[str, Iterable[tuple[str, str]]]],
    *,
    start_sees: str,
    check_sees: str,
    done_sees: str,
) -> tuple[Step, ...]:
    """The usual shape: start page, question pages, check answers, confirmation; each POST redirects to a GET.

    `pages` are (what the page must show, what is sent). Four question pages make 13 requests.
    """
    moved = (302, 303)
    steps = [Step("GET", start, sees=start_sees), Step("POST", status=moved)]
    for sees, form in pages:
        steps += [Step("FOLLOW", sees=sees), Step("POST", form=tuple(form), status=moved)]
    steps += [Step("FOLLOW", sees=check_sees), Step("POST", status=moved), Step("FOLLOW", sees=done_sees)]
    return tuple(steps)


def attributes(tag: bytes) -> dict[bytes, str]:
    """The name, value and action of one tag, unescaped."""
    return {name: unescape((double or single).decode()) for name, double, single in ATTRIBUTE.findall(tag)}


def hidden_inputs(body: bytes) -> list[tuple[str, str]]:
    """Every hidden input of a page as (name, value), in order: tokens and the like."""
    found = (attributes(tag) for tag in HIDDEN.findall(body))
    return [(each[b"name"], each.get(b"value", "")) for each in found if b"name" in each]


def form_target(body: bytes, here: str) -> str:
    """The path that the page's first POST form sends to; the page's own path where it names none."""
    form = FORM.search(body)
    if form is None:
        return here
    action = attributes(form.group()).get(b"action", "")
    return path_of(action, here) if action else here


def path_of(location: str, here: str) -> str:
    """Where a redirect or an action leads, as a path with its query."""
    parts = urlsplit(urljoin(here, location))
    return parts.path + (f"?{parts.query}" if parts.query else "")


def encode(form: Iterable[tuple[str, str]], hidden: Iterable[tuple[str, str]], journey: int) -> bytes:
    """A form's body: the hidden inputs, then what the person gives."""
    given = ((name, value.replace("{n}", str(journey))) for name, value in form)
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in [*hidden, *given]).encode()


def cookie_header(jar: Mapping[str, str]) -> bytes:
    """The Cookie line for a jar, or nothing for an empty one."""
    if not jar:
        return b""
    return b"Cookie: " + "; ".join(f"{name}={value}" for name, value in jar.items()).encode() + b"\r\n"
