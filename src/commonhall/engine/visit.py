"""What comes of a visit to somebody's web page: the words that casework and connectors share of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Visit:
    """What came of it: `page` has a status, `asked_not_to` by robots.txt, or `failed` with the reason in `words`.

    `url` is where it ended, `title` the page's own; `wait` is the seconds for which the site asks to be left alone.
    """

    outcome: Literal["page", "asked_not_to", "failed"]
    url: str
    status: int = 0
    title: str = ""
    words: str = ""
    seconds: float = 0.0
    wait: float | None = None
