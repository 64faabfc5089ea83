"""The csv-sftp connector: a file for each case, put where a back office loads it, and its acknowledgements read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

import httpx2
from pydantic import BaseModel, ConfigDict, Field, field_validator

from commonhall.connectors.asking import as_number
from commonhall.connectors.csv_sftp.server import Server, is_private_key, is_public_key
from commonhall.connectors.csv_sftp.sheet import (
    Shape,
    cell_of,
    file_name,
    read_sheet,
    usual_cells,
    write_manifest,
    write_sheet,
)
from commonhall.connectors.http import Patience, storable
from commonhall.connectors.kinds import Kind
from commonhall.connectors.mapped import case_values, moment_of
from commonhall.connectors.templates import Template, Unfilled, as_values, compile_template
from commonhall.engine.back_office import (
    CaseForDelivery,
    CaseStatus,
    DeliveryFailed,
    News,
    Receipt,
    Returned,
    SetUpField,
    StatusUpdate,
    UpdateRefused,
)

CLOCKS_DIFFER = timedelta(hours=26)
"""How much earlier than asked a file may have been written: servers' clocks differ, and some write London's time as UTC."""
LONGEST_NOTE = 4000
ACKNOWLEDGED = {
    "reference": "{{? item.reference }}",
    "external_id": "{{? item.id }}",
    "status": "{{? table(tables.status, item.status) }}",
    "at": "{{ item.at }}",
    "note": "{{? item.note }}",
    "rejected": "{{? item.rejected }}",
}
"""What a row of an acknowledgement says, where a council does not say otherwise. `rejected` is why it was not taken."""


class CsvSettings(BaseModel):
    """Where files go, how they are written, and where acknowledgements come from.

    `columns` are templates by the column's name (all that a case has where none are given). `done` is the folder into
    which the back office moves what it has loaded, so that it is not sent again. `acknowledgements` is the folder that it
    writes into; `each` says what a row there means, and `tables.status` their words for a status.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(min_length=1)
    port: int = Field(default=22, ge=1, le=65535)
    username: str
    host_key: str
    folder: str = "."
    done: str | None = None
    acknowledgements: str | None = None
    columns: dict[str, str] = {}
    delimiter: Literal[",", ";", "|", "tab"] = ","
    encoding: Literal["utf-8", "utf-8-bom", "windows-1252"] = "utf-8"
    line_end: Literal["crlf", "lf"] = "crlf"
    header: bool = True
    each: dict[str, str] = {}
    tables: dict[str, dict[str, Any]] = {}

    @field_validator("host_key")
    @classmethod
    def _readable(cls, text: str) -> str:
        if not is_public_key(text):
            raise ValueError(
                "give the server's public key, such as ssh-ed25519 AAAA... (ssh-keyscan shows it; ask its owner whether it is so)"
            )
        return text


class CsvSecrets(BaseModel):
    """How we enter: a password, or a private key as OpenSSH writes it, without a passphrase."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    password: str | None = None
    private_key: str | None = None


def faults(settings: CsvSettings, secrets: CsvSecrets) -> list[tuple[tuple[str | int, ...], str]]:
    """What is wrong with the templates, and the secret that is missing."""
    found: list[tuple[tuple[str | int, ...], str]] = []
    for where, tree, variables in (
        ("columns", settings.columns, ("case", "fields", "key", "now", "tables")),
        ("each", settings.each, ("item", "tables")),
    ):
        _, wrong = compile_template(tree, variables)
        found += [
            (("settings", where), f"settings.{where}.{'.'.join(map(str, one.where))}: {one.message}")
            for one in wrong
        ]
    unknown = settings.each.keys() - ACKNOWLEDGED.keys() - {"id"}
    if unknown:
        found.append(
            (
                ("settings", "each"),
                f"settings.each has no '{min(unknown)}'; there are {', '.join(ACKNOWLEDGED)}, id",
            )
        )
    if not (secrets.password or secrets.private_key):
        found.append((("secrets", "password"), "secrets.password or secrets.private_key is missing"))
    if secrets.private_key and not is_private_key(secrets.private_key):
        words = "secrets.private_key is no private key as OpenSSH writes it, or has a passphrase"
        found.append((("secrets", "private_key"), words))
    return found


class _Folders(Protocol):
    """A session's files, as far as it is asked whether one is there."""

    async def exists(self, path: str) -> bool:
        """Whether it is."""
        ...


class CsvSftpConnector:
    """Puts a file for each case, its name the delivery's key, and reads acknowledgements."""

    kind = "csv-sftp"

    def __init__(
        self,
        settings: CsvSettings,
        secrets: CsvSecrets,
        http: httpx2.AsyncClient,
        clock: Callable[[], datetime],
        *,
        allow_private: bool = False,
        patience: Patience | None = None,
    ) -> None:
        self._settings = settings
        self._server = Server(
            settings.host,
            settings.port,
            settings.username,
            settings.host_key,
            secrets.password,
            secrets.private_key,
        )
        self._allow_private = allow_private
        self._patience = patience or Patience(whole=50.0)
        self._clock = clock
        self._columns, _ = compile_template(settings.columns, ("case", "fields", "key", "now", "tables"))
        each = {**ACKNOWLEDGED, **settings.each}
        self._each: dict[str, Template] = {
            name: compile_template(text, ("item", "tables"))[0] for name, text in each.items()
        }
        self._delimiter = "\t" if settings.delimiter == "tab" else settings.delimiter
        self.can = frozenset({"deliver", "updates"} if settings.acknowledgements else {"deliver"})

    async def deliver(self, case: CaseForDelivery, idempotency_key: str) -> Receipt:
        """Put the case's files, its manifest last; what is there already, or was loaded, is not put again."""
        name = file_name(idempotency_key)
        files = [(f"{name}.csv", write_sheet(self._cells(case, idempotency_key), self._shape()))]
        files += [
            (f"{name}-{i}-{file_name(one.name)}", await one.read()) for i, one in enumerate(case.files, 1)
        ]
        manifest = write_manifest(case, idempotency_key, files, 1)
        async with _session(self._server, self._allow_private, self._patience) as there:
            if not await self._is_there(there, f"{name}.json"):
                for file, content in files:
                    await there.put(self._settings.folder, file, content)
                await there.put(self._settings.folder, f"{name}.json", manifest)
        return Receipt(None)

    async def _is_there(self, there: _Folders, name: str) -> bool:
        folders = [folder for folder in (self._settings.folder, self._settings.done) if folder]
        return any([await there.exists(f"{folder}/{name}") for folder in folders])

    def _shape(self) -> Shape:
        line_end = "\r\n" if self._settings.line_end == "crlf" else "\n"
        return Shape(self._delimiter, self._settings.encoding, line_end, self._settings.header)

    def _cells(self, case: CaseForDelivery, key: str) -> Mapping[str, str]:
        if not self._settings.columns:
            return usual_cells(case, key)
        values = as_values(
            case=case_values(case),
            fields=case.fields,
            key=key,
            now=self._clock(),
            tables=self._settings.tables,
        )
        try:
            found = self._columns.fill(values)
        except Unfilled as why:
            raise DeliveryFailed(f"the columns cannot be filled: {why}") from None
        return {name: cell_of(found.get(name)) for name in self._settings.columns}

    async def updates(self, since: datetime) -> Sequence[News]:
        """What acknowledgements say that were written since then. Files are only read: their folder is the council's."""
        folder = self._settings.acknowledgements
        if not folder:
            return []
        found: list[News] = []
        unread: list[str] = []
        async with _session(self._server, self._allow_private, self._patience) as there:
            for name, size in await there.list(folder, since - CLOCKS_DIFFER):
                rows = read_sheet(await there.get(folder, name, size), self._delimiter)
                if rows is None:
                    continue  # It is still being written, and is newer when it is whole.
                news = [self._one(row, f"{name}#{number}") for number, row in enumerate(rows, 1)]
                found += [one for one in news if one is not None and one != "passed over"]
                if not rows or all(one is None for one in news):
                    unread.append(name)
        if unread and not found:
            raise DeliveryFailed(
                f"no acknowledgement can be read as the settings say: {storable(unread[0])[:80]}"
            )
        return sorted(found, key=lambda one: one.at)

    def _one(self, row: Mapping[str, str], place: str) -> News | Literal["passed over"] | None:
        """What one row says; None where it lacks something."""
        values = as_values(
            item={name: cell for name, cell in row.items() if cell}, tables=self._settings.tables
        )
        try:
            said = {name: template.fill(values) for name, template in self._each.items()}
            at = moment_of(said["at"])
        except (Unfilled, ValueError):
            return None
        update_id = as_number(said.get("id") or place)
        reference, external = as_number(said["reference"]) or None, as_number(said["external_id"]) or None
        if not (reference or external):
            return None
        if said["rejected"]:
            reason = storable(cell_of(said["rejected"]))[:LONGEST_NOTE]
            return Returned(update_id, at, reason, reference, external)
        if cell_of(said["status"]) not in set(CaseStatus):
            return "passed over"
        note = storable(cell_of(said["note"]))[:LONGEST_NOTE]
        return StatusUpdate(update_id, CaseStatus(cell_of(said["status"])), at, note, reference, external)

    def receive(self, headers: Mapping[str, str], body: bytes) -> list[StatusUpdate]:
        """It is asked; it does not push."""
        raise UpdateRefused("this connector reads files: nothing can be pushed to it")


def _session(server: Server, allow_private: bool, patience: Patience) -> Any:
    from commonhall.connectors.csv_sftp.session import session  # noqa: PLC0415

    return session(server, allow_private, patience)


_DELIMITERS = ((",", "Comma"), (";", "Semicolon"), ("|", "Bar"), ("tab", "Tab"))
_ENCODINGS = (
    ("utf-8", "UTF-8"),
    ("utf-8-bom", "UTF-8 with a mark, for Excel"),
    ("windows-1252", "Windows-1252"),
)
_ENDS = (("crlf", "As on Windows (CR LF)"), ("lf", "As on Linux (LF)"))
KIND = Kind(
    "csv-sftp",
    CsvSettings,
    CsvSecrets,
    CsvSftpConnector,
    (
        SetUpField("host", "Server", "Its name, such as files.example.gov.uk", needed=True),
        SetUpField("port", "Port", "22 where it is not said", "number", usual="22"),
        SetUpField("username", "User name", "", needed=True),
        SetUpField(
            "host_key",
            "Host key",
            "The server's public key, such as ssh-ed25519 AAAA…, from its owner",
            needed=True,
        ),
        SetUpField("folder", "Folder for cases", "Where files are put", usual="."),
        SetUpField(
            "done", "Folder of what was loaded", "Where the back office moves files that it has loaded"
        ),
        SetUpField(
            "acknowledgements",
            "Folder of acknowledgements",
            "Where the back office says what became of cases",
        ),
        SetUpField(
            "columns", "Columns", "A template for each, where not all that a case has is wanted", "yaml"
        ),
        SetUpField("delimiter", "Between cells", "", "choice", choices=_DELIMITERS, usual=","),
        SetUpField("encoding", "Encoding", "", "choice", choices=_ENCODINGS, usual="utf-8"),
        SetUpField("line_end", "Line ends", "", "choice", choices=_ENDS, usual="crlf"),
        SetUpField("header", "Names in the first line", "", "yes-no", usual="yes"),
        SetUpField(
            "each",
            "What a row of an acknowledgement says",
            "Where its columns are not reference, id, status, at, note and rejected",
            "yaml",
        ),
        SetUpField("tables", "Tables", "Your words and theirs, such as their words for a status", "yaml"),
        SetUpField("password", "Password", "Or a private key", "secret"),
        SetUpField("private_key", "Private key", "As OpenSSH writes it, without a passphrase", "secret-text"),
    ),
    faults=faults,
    about="A back office that loads files, put by SFTP",
)
"""What this kind is."""
