"""What an export has for people's eyes: a spreadsheet of the cases, and a page that says what each file is."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec

from commonhall.storage.moving import TABLES, Reading

README = """Everything that {council} has on Commonhall, written by release {release}.

manifest.json     what this export holds, with a SHA-256 of every file
*.jsonl           one file for each table, one row a line, JSON in UTF-8; times are UTC
cases.csv         the cases once more, for a spreadsheet (a leading ' keeps a cell from being run)
packages/         the versions of services that the council ran, as their maintainers wrote them
credentials.json  only where it was asked for: credentials of back offices and of staff sign-in, locked with a passphrase

The columns are described in docs/leaving.md of Commonhall. Credentials that are not in here are named by "enter_again"
in the manifest. Photos and letters of cases are in attachment.jsonl, the council's logo and style sheet in council_image.jsonl.

These are personal data of residents and staff: keep and send them accordingly. The council's data are the council's.
Each package keeps its maintainers' licence, which stands among its files where they gave one; those that come with
Commonhall are under the MIT licence. GSS codes of councils: Office for National Statistics, licensed under the Open
Government Licence v3.0. Codes of services (LGSL, LGIL): Local Government Association. No postcode directory and no map
is in here; addresses are as residents wrote them.
"""

COLUMNS = ("reference", "service", "status", "channel", "submitted_at", "target_on", "assigned_to", "summary")


async def spreadsheet(source: Reading) -> AsyncIterator[str]:
    """The cases as CSV, some lines at a time."""
    page = io.StringIO()
    sheet = csv.writer(page)
    sheet.writerow((*COLUMNS, "contact", "location"))
    cases = next(table for table in TABLES if table.name == "council_case")
    async for line in source.rows(cases):
        row = msgspec.json.decode(line)
        sheet.writerow(
            [harmless(row[name]) for name in COLUMNS] + [_flat(row["contact"]), _flat(row["location"])]
        )
        yield page.getvalue()
        page.seek(0)
        page.truncate()
    yield page.getvalue()


def _flat(parts: Mapping[str, Any]) -> str:
    return harmless("; ".join(f"{name}: {value}" for name, value in parts.items() if value))


def harmless(value: Any) -> str:
    """A cell that a spreadsheet shows and never runs (OWASP, CSV injection)."""
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in "=+-@\t\r\n" and text else text
