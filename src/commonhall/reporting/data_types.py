"""What a record of a data type must hold. The types and their fields are the Performance Platform's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Field:
    """A field: what its value is, and whether every record must have it. `least` and `most` are for numbers."""

    kind: Literal["text", "whole", "number"]
    required: bool = True
    least: float | None = None
    most: float | None = None
    one_of: tuple[str, ...] = ()


_PERIOD = ("second", "minute", "hour", "day", "week", "month", "year")
_TEXT, _WHOLE = Field("text"), Field("whole")
_MANY, _EVERY = Field("whole", least=0), Field("text", one_of=_PERIOD)

TYPES: Mapping[str, Mapping[str, Field]] = {
    "transactions-by-channel": {
        "count": _WHOLE,
        "channel": _TEXT,
        "period": Field(
            "text", required=False, one_of=("hour", "day", "week", "month", "year", "decade", "century")
        ),
    },
    "customer-satisfaction": {
        "comments": _WHOLE,
        **{f"rating_{score}": _WHOLE for score in range(1, 6)},
        "slug": _TEXT,
        "total": _WHOLE,
    },
    "monitoring": {"uptime": _WHOLE, "downtime": _WHOLE},
    "realtime": {"for_url": _TEXT, "unique_visitors": _WHOLE},
    "appointments": {"serviceType": _TEXT, "count": _MANY, "consulate": _TEXT, "period": _EVERY},
    "no-show": {"count": _MANY, "consulate": _TEXT, "period": _EVERY},
    "utilisation": {"percent": Field("number", least=0, most=100), "consulate": _TEXT, "period": _EVERY},
}
"""Every type that has a rule. Records of these need a `_timestamp`, too; other types take any fields."""

_WORDS = {"text": "text", "whole": "a whole number", "number": "a number"}


def faults_of(kind: str, record: Mapping[str, Any]) -> Iterable[str]:
    """What is wrong with a record of a type, in words; nothing where the type has no rule."""
    if kind not in TYPES:
        return
    if "_timestamp" not in record:
        yield f"a record of {kind} needs a `_timestamp`"
    for name, field in TYPES[kind].items():
        if name not in record:
            if field.required:
                yield f"a record of {kind} needs `{name}`"
        elif not _is(field.kind, record[name]):
            yield f"`{name}` must be {_WORDS[field.kind]}"
        elif field.one_of and record[name] not in field.one_of:
            yield f"`{name}` must be one of {', '.join(field.one_of)}"
        elif field.least is not None and record[name] < field.least:
            yield f"`{name}` must be {field.least:g} or more"
        elif field.most is not None and record[name] > field.most:
            yield f"`{name}` must be {field.most:g} or less"


def _is(kind: str, value: Any) -> bool:
    if kind == "text":
        return isinstance(value, str)
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (kind == "number" and isinstance(value, float))
