"""A case as a CSV of one row with its manifest, and a back office's acknowledgements as CSV."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from commonhall.connectors.dialect import as_text
from commonhall.connectors.events import case_data
from commonhall.engine.back_office import CaseForDelivery

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?")
ENCODINGS = {"utf-8": "utf-8", "utf-8-bom": "utf-8-sig", "windows-1252": "cp1252"}
LONGEST_CELL = 30_000
"""Characters: what a spreadsheet holds in one cell, nearly."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How a CSV is written: what parts cells, which encoding (`ENCODINGS`), how lines end, whether names come first."""

    delimiter: str = ","
    encoding: str = "utf-8"
    line_end: str = "\r\n"
    header: bool = True


def file_name(key: str) -> str:
    """A delivery's key as the name of a file, the same for the same key."""
    name = _NOT_IN_A_NAME.sub("-", key).strip(".-") or "case"
    if name == key and len(name) <= 120:
        return name
    return f"{name[:100]}-{hashlib.sha256(key.encode()).hexdigest()[:12]}"


def usual_cells(case: CaseForDelivery, key: str) -> dict[str, str]:
    """The columns where a council names none: what every case has, then each answer under the back office's own name.

    The parts of an address stand apart (`home.postcode`), the items of a list together, with `; ` between.
    """
    place, contact = case.location, case.contact
    whole = {
        "reference": case.reference,
        "key": key,
        "service": case.service,
        "submitted_at": case.submitted_at.isoformat(timespec="seconds"),
        "target_on": case.target_on.isoformat() if case.target_on else "",
        "summary": case.summary,
        "name": contact.name,
        "email": contact.email,
        "phone": contact.phone,
        "address": place.description,
        "postcode": place.postcode,
        "uprn": place.uprn,
        "lat": place.lat,
        "long": place.long,
    }
    cells = {name: cell_of(value) for name, value in whole.items()}
    for name, value in case.fields.items():
        for part, inside in _parts(name, value):
            cells[part if part not in whole else f"answer.{part}"] = cell_of(inside)
    return cells


def _parts(name: str, value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, Mapping):
        return [found for part, inside in value.items() for found in _parts(f"{name}.{part}", inside)]
    if isinstance(value, list | tuple) and any(isinstance(one, Mapping) for one in value):
        return [found for i, one in enumerate(value, 1) for found in _parts(f"{name}.{i}", one)]
    return [(name, value)]


def cell_of(value: Any) -> str:
    """A value as the words of a cell."""
    if isinstance(value, list | tuple):
        return "; ".join(as_text(one) for one in value)
    return as_text(value)


def harmless(text: str) -> str:
    """A cell that a spreadsheet shows and never runs (OWASP, CSV injection)."""
    text = text.replace("\x00", "")[:LONGEST_CELL]
    return f"'{text}" if text[:1] in tuple("=+-@\t\r\n") and not _NUMBER.fullmatch(text) else text


def write_sheet(cells: Mapping[str, str], shape: Shape) -> bytes:
    """A CSV of one row. What the encoding does not have becomes a question mark."""
    page = io.StringIO()
    sheet = csv.writer(page, delimiter=shape.delimiter, lineterminator=shape.line_end)
    if shape.header:
        sheet.writerow(map(harmless, cells))
    sheet.writerow(map(harmless, cells.values()))
    return page.getvalue().encode(ENCODINGS[shape.encoding], "replace")


def write_manifest(case: CaseForDelivery, key: str, files: Sequence[tuple[str, bytes]], rows: int) -> bytes:
    """What comes with it, in JSON: whoever finds a manifest finds every file that it names, whole.

    `case` is the case once more, as other kinds send it, for those who read JSON.
    """
    found = {
        "key": key,
        "reference": case.reference,
        "rows": rows,
        "files": [
            {"name": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in files
        ],
        "case": case_data(case),
    }
    return json.dumps(found, ensure_ascii=False, indent=1).encode("utf-8", "replace")


def read_sheet(content: bytes, delimiter: str) -> list[dict[str, str]] | None:
    """The rows of an acknowledgement, by the names in its first line; None where it is not whole: its last line has no end.

    UTF-8, or what Windows writes.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    if not text.endswith(("\n", "\r")):
        return None
    try:
        found = csv.DictReader(io.StringIO(text.replace("\x00", ""), newline=""), delimiter=delimiter)
        return [
            {str(name).strip(): cell.strip() for name, cell in row.items() if isinstance(cell, str)}
            for row in found
        ]
    except csv.Error:
        return []
