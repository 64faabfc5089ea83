"""Mappings: how a back office that has its own ideas is spoken to, as data. The kinds `rest` and `soap` share them.

A mapping says what is asked (`ask`: a request of the protocol) and what the answer means, in templates
(`connectors/templates.py`):

- `find`: asked before a case is sent, where the back office honours no key of ours: has it this case already? If its
  `id` comes to something, that is the receipt, and nothing is sent.
- `deliver`: the case. `refused` and `reason` are for those who say no behind a good status, `accepted` for those whose
  good status alone means nothing; `id` is their number and `note` their words for the person who made the case.
  `statuses` says what a status means where it is not what HTTP means by it: `no`, `later`, `accepted`, or `known`: the
  back office has it already, and `find` is asked for its number.
- Files of a case go along in one of three ways. Within it (`deliver.files: true`): `files` have their contents, as
  `base64`. Before it (`upload`, once for each): the case then names them as `uploaded`, a list of what each `id` came to.
  After it (`attach`, once for each, with the case's `id`): its own `find` asks first whether a file is there already.
- `updates`: what has happened since then. `items` are the records of an answer, `each` says what one of them says, and
  `next` (if it comes to something) is handed to `ask` for the next page.
- `tables` are words of ours and theirs (`table(tables.status, item.state)`); `values` are what a council fills in.

Variables: `case` (as `case_values` has it), `fields` (answers under the back office's own names), `key` (the same however
often a case is sent), `now`, `values`, `tables`, `secret`; with an answer `answer`; for files `file` (its `name`,
`media_type`, `size`, `sha256`, `base64`) and `id`; for updates `since`, `next` and `item`. A record whose status is in no table is passed over, and one that lacks something does not hold
up the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, model_validator

from commonhall.engine.source import read_yaml

Ask = TypeVar("Ask", bound=BaseModel)
"""A request of a protocol, its texts templates."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Value(_Part):
    """Something that a council fills in. Without a default it is needed."""

    label: str
    default: Any = None


class Find(_Part, Generic[Ask]):
    """Has the back office this case already?"""

    ask: Ask
    id: str


class Deliver(_Part, Generic[Ask]):
    """Send a case, and read the answer."""

    ask: Ask
    id: str | None = None
    note: str | None = None
    accepted: str | None = None
    refused: str | None = None
    reason: str | None = None
    statuses: dict[int, Literal["no", "later", "accepted", "known"]] = {}
    files: bool = False


class Upload(_Part, Generic[Ask]):
    """Send one file of a case that is about to be sent; `id` is its number there."""

    ask: Ask
    id: str


class Attach(_Part, Generic[Ask]):
    """Send one file of a case that was taken."""

    ask: Ask
    find: Find[Ask] | None = None


class Each(_Part):
    """What one record says."""

    id: str
    status: str
    at: str
    reference: str | None = None
    external_id: str | None = None
    note: str | None = None


class Updates(_Part, Generic[Ask]):
    """Ask what has happened. Times without a zone are London's."""

    ask: Ask
    items: str
    each: Each
    next: str | None = None


class MappingOf(_Part, Generic[Ask]):
    """A mapping for one protocol."""

    about: str = ""
    values: dict[str, Value] = {}
    tables: dict[str, dict[str, Any]] = {}
    deliver: Deliver[Ask]
    find: Find[Ask] | None = None
    upload: Upload[Ask] | None = None
    attach: Attach[Ask] | None = None
    updates: Updates[Ask] | None = None

    @model_validator(mode="after")
    def _can_find_what_is_known(self) -> Self:
        if "known" in self.deliver.statuses.values() and self.find is None:
            raise ValueError("deliver.statuses: 'known' needs a find, which gives the number")
        return self


class MappingRefused(ValueError):  # noqa: N818
    """A mapping cannot be used; the message has everything that is wrong, each with its place.

    `wrong` is what is wrong in the mapping itself, `values` what a council has not filled in or filled in for nothing.
    """

    def __init__(self, wrong: Sequence[str], values: Sequence[str]) -> None:
        super().__init__("; ".join([*wrong, *values]))
        self.wrong = tuple(wrong)
        self.values = tuple(values)


def merged(base: Any, over: Any) -> Any:
    """One tree over another: maps part by part, everything else as a whole; null takes away."""
    if not (isinstance(base, Mapping) and isinstance(over, Mapping)):
        return over
    kept = {name: part for name, part in base.items() if name not in over}
    laid = {name: merged(base.get(name), part) for name, part in over.items() if part is not None}
    return kept | laid


def read_preset(text: str) -> dict[str, Any]:
    """A ready-made mapping that ships with a kind."""
    source, problems = read_yaml("a ready-made mapping", text)
    if problems:
        raise ValueError("; ".join(problem.message for problem in problems))
    found: dict[str, Any] = source.data
    return found
