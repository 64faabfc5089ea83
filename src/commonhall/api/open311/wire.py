"""How GeoReport v2 answers: JSON or XML by the path's ending, errors in its own shape, times without fractions.

Source: the GeoReport v2 specification (wiki.open311.org/GeoReport_v2) and, for servicerequestupdates, the extension
that UK councils use.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

from starlette.responses import JSONResponse, Response

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot say at all, not even as a reference."""
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)?")

Item = Mapping[str, Any]


class Refused(Exception):  # noqa: N818
    """A request cannot be answered as it is; `status` is 400, 403 or 404, the message says why and what to do."""

    def __init__(self, status: int, description: str) -> None:
        super().__init__(description)
        self.status = status


def items(form: str, root: str, name: str, found: Sequence[Item], status: int = 200) -> Response:
    """A list: a JSON array, or `root` with an element `name` for each."""
    if form == "json":
        return JSONResponse(list(found), status)
    element = ElementTree.Element(root)
    for item in found:
        _fill(ElementTree.SubElement(element, name), item)
    return _xml(element, status)


def single(form: str, root: str, found: Item) -> Response:
    """One thing: a JSON object, or its element."""
    if form == "json":
        return JSONResponse(dict(found))
    element = ElementTree.Element(root)
    _fill(element, found)
    return _xml(element, 200)


def refused(form: str, why: Refused) -> Response:
    """An error in the standard's own shape."""
    return items(form, "errors", "error", [{"code": why.status, "description": str(why)}], why.status)


def timestamp(moment: datetime) -> str:
    """A moment as YYYY-MM-DDThh:mm:ssZ."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def moment_of(name: str, text: str) -> datetime:
    """Read a moment: with Z or an offset; without either it is UTC. Raises `Refused`."""
    try:
        # A plus that was not escaped in an address arrives as a space.
        text = text.strip().replace(" ", "+")
        if not _MOMENT.fullmatch(text):
            raise ValueError
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Refused(
            400, f"{name} is not a date and time: write YYYY-MM-DDThh:mm:ssZ, or an offset instead of Z"
        ) from None


def _fill(element: ElementTree.Element, item: Item) -> None:
    for name, value in item.items():
        child = ElementTree.SubElement(element, name)
        if isinstance(value, list | tuple):
            # `attributes` holds `attribute`, `values` holds `value`: the standard's plurals all end in s.
            for one in value:
                _put(ElementTree.SubElement(child, name.removesuffix("s")), one)
        else:
            _put(child, value)


def _put(element: ElementTree.Element, value: Any) -> None:
    if isinstance(value, Mapping):
        _fill(element, value)
    elif value is not None:
        element.text = _ILLEGAL.sub("", _text(value))


def _text(value: object) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _xml(element: ElementTree.Element, status: int) -> Response:
    body = b'<?xml version="1.0" encoding="utf-8"?>' + ElementTree.tostring(element, "utf-8")
    return Response(body, status, media_type="text/xml")
