"""The failing twin of a back office that loads files: an SFTP server on a folder of its own, which loads what has a manifest."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import shutil
import tempfile
import weakref
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import asyncssh
import httpx2

from commonhall.connectors.conformance import Subject
from commonhall.connectors.csv_sftp.connector import CsvSecrets, CsvSettings, CsvSftpConnector
from commonhall.connectors.csv_sftp.sheet import harmless
from commonhall.connectors.faults import Book, Fault, Script, Told
from commonhall.connectors.http import Patience
from commonhall.connectors.laws import Law
from commonhall.connectors.serving import listen
from commonhall.engine.back_office import CaseStatus

USER, PASSWORD = "council", "of-the-twin"
PLAYS: Mapping[Fault, str] = MappingProxyType(
    {
        Fault.SILENCE: "answers no more once the manifest is there",
        Fault.LATE: "answers no more once the manifest is there",
        Fault.CUT: "hangs up once the manifest is there",
        Fault.AWAY: "hangs up at once",
        Fault.BROKEN: "says that it failed, though the manifest is there",
        Fault.BUSY: "says that it failed",
        Fault.LIMIT: "says that it failed",
        Fault.TIMEOUT: "hangs up after a while",
        Fault.STILL_BUSY: "says that it failed",
        Fault.UNSIGNED: "lets nobody in",
        Fault.FORBIDDEN: "lets nobody write or read",
        Fault.MISSING: "has no such folder",
    }
)
CANNOT: Mapping[Fault | Law, str] = MappingProxyType(
    {
        Fault.MOVED: "a server that has moved is another server: its host key is not the one that was agreed",
        Fault.PAGE: "the host key shows that it is the server itself that answers",
        Fault.HALF: "an answer that is cut off is a connection that is: see hanging up",
        Fault.HUGE: "answers of SFTP are bounded by the protocol",
        Fault.REFUSED: "SFTP has no word for it: the acknowledgement says so later",
        Fault.UNPROCESSABLE: "SFTP has no word for it: the acknowledgement says so later",
        Law.NUMBER: "the file is the proof; the number comes with the acknowledgement",
        Law.WISH: "SFTP has no word for when to come again",
    }
)


@cache
def host_key() -> asyncssh.SSHKey:
    """The server's key: made when it is first wanted."""
    return asyncssh.generate_private_key("ssh-ed25519")


class SftpTwin:
    """Loads each case once that has a manifest. One that is not careful takes files away when it has loaded them, and loads
    them again when they come again."""

    def __init__(self, clock: Callable[[], datetime], *, careful: bool = True) -> None:
        self.book = Book(careful)
        self.script = Script()
        self.clock = clock
        self.folder = Path()

    def messages(self) -> list[tuple[dict[str, str], bytes]]:
        """Nothing is pushed: it writes acknowledgements."""
        return []

    def load(self, manifest: Path) -> None:
        """Load what a manifest names."""
        found = json.loads(manifest.read_text("utf-8"))
        sheet = manifest.with_suffix(".csv").read_bytes()
        [stated] = [
            one
            for one in found["files"]
            if one["name"].endswith(".csv") and one["name"] == f"{manifest.stem}.csv"
        ]
        assert stated["bytes"] == len(sheet), "a file is there whole before its manifest is"
        [row] = csv.DictReader(io.StringIO(sheet.decode("utf-8-sig"), newline=""))
        cells = {name: [cell, *cell.split("; ")] for name, cell in row.items()}
        self.book.take(found["key"], found["reference"], {**cells, "manifest": found})
        if not self.book.careful:
            for name in (one["name"] for one in found["files"]):
                (manifest.parent / name).unlink()
            manifest.unlink()

    def acknowledge(self) -> None:
        """Write what was told, as it was told, in one file."""
        page = io.StringIO()
        sheet = csv.writer(page)
        sheet.writerow(["line", "reference", "id", "status", "at", "note", "rejected"])
        for told in self.book.told:
            sheet.writerow(_row(told))
        (self.folder / "out" / "acknowledged.csv").write_text(page.getvalue(), "utf-8", newline="")


def _row(told: Told) -> list[str]:
    at = told.at.astimezone(UTC).isoformat()
    return [told.id, told.job.reference, told.job.number, told.status, at, told.note, ""]


class SftpHost:
    """Where these twins stand: one SSH server, with a folder for the twin of the moment."""

    def __init__(self) -> None:
        self._port = 0
        self._server: asyncssh.SSHAcceptor | None = None
        self._root = Path(tempfile.mkdtemp(prefix="commonhall-sftp-"))
        # Whoever forgets to clear it leaves nothing behind either.
        weakref.finalize(self, shutil.rmtree, self._root, ignore_errors=True)
        self.connections: set[asyncssh.SSHServerConnection] = set()
        self.twin: Any = None

    @property
    def address(self) -> str:
        """The place as sftp://127.0.0.1:PORT."""
        return f"sftp://127.0.0.1:{self._port}"

    def put(self, twin: SftpTwin) -> None:
        """Let this twin load from now on, in an empty folder."""
        shutil.rmtree(self._root, ignore_errors=True)
        for name in ("in", "out"):
            (self._root / name).mkdir(parents=True)
        twin.folder = self._root
        self.twin = twin

    async def start(self) -> None:
        """Listen; on the same port as before, where there was one."""
        listening, self._port = listen(self._port)
        self._root.mkdir(exist_ok=True)
        self._server = await asyncssh.listen(
            sock=listening, server_host_keys=[host_key()], server_factory=lambda: _Door(self),
            sftp_factory=lambda channel: _Folder(channel, self), allow_scp=False,
        )  # fmt: skip

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._server is not None:
            self._server.close()
            for connection in list(self.connections):
                connection.abort()
            await self._server.wait_closed()
            self._server = None

    def clear(self) -> None:
        """Leave nothing behind."""
        shutil.rmtree(self._root, ignore_errors=True)


class _Door(asyncssh.SSHServer):
    """Who is let in. Each connection meets one fault of the script."""

    def __init__(self, host: SftpHost) -> None:
        self._host = host
        self._connection: asyncssh.SSHServerConnection | None = None
        self._fault: Fault | None = None
        self._gone = asyncio.Event()

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Somebody comes."""
        self._connection = conn
        self._host.connections.add(conn)
        self._fault = self._host.twin.script.next()
        conn.set_extra_info(fault=self._fault, gone=self._gone)

    def connection_lost(self, exc: Exception | None) -> None:
        """Somebody goes."""
        self._gone.set()
        if self._connection is not None:
            self._host.connections.discard(self._connection)

    def begin_auth(self, username: str) -> bool:
        """Everybody must show who they are."""
        if self._fault is Fault.AWAY and self._connection is not None:
            self._connection.abort()
        return True

    def password_auth_supported(self) -> bool:
        """By a password."""
        return True

    def validate_password(self, username: str, password: str) -> bool:
        """Whether it is the council's."""
        return self._fault is not Fault.UNSIGNED and (username, password) == (USER, PASSWORD)


class _Folder(asyncssh.SFTPServer):
    """The twin's folder. What goes wrong goes wrong at the first file, or once a manifest is there."""

    def __init__(self, channel: asyncssh.SSHServerChannel[bytes], host: SftpHost) -> None:
        super().__init__(channel, chroot=str(host._root).encode())
        self._host = host
        self._connection = channel.get_connection()
        self._fault: Fault | None = self._connection.get_extra_info("fault")

    async def _stumble(self) -> None:
        """What goes wrong before a case is taken."""
        fault = self._fault
        if fault is None or fault.takes:
            return
        if fault is Fault.FORBIDDEN:
            raise asyncssh.SFTPPermissionDenied("no")
        if fault is Fault.MISSING:
            raise asyncssh.SFTPNoSuchFile("no such folder")
        if fault is Fault.TIMEOUT:
            self._connection.abort()
        raise asyncssh.SFTPFailure("not now")

    async def _break(self) -> None:
        """What goes wrong once a case is taken."""
        if self._fault in {Fault.SILENCE, Fault.LATE}:
            await self._connection.get_extra_info("gone").wait()
            raise asyncssh.SFTPConnectionLost("gone")
        if self._fault is Fault.CUT:
            self._connection.abort()
        if self._fault is Fault.BROKEN:
            raise asyncssh.SFTPFailure("an error of its own")

    async def stat(self, path: bytes) -> Any:
        """Whether a file is there."""
        await self._stumble()
        found = super().stat(path)
        if path.endswith(b".json"):
            await self._break()
        return found

    async def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        """A file to be written or read."""
        await self._stumble()
        return super().open(path, pflags, attrs)

    async def scandir(self, path: bytes) -> Any:
        """The files of a folder, with the acknowledgements of the moment."""
        await self._stumble()
        await self._break()
        self._host.twin.acknowledge()
        async for name in super().scandir(path):
            yield name

    async def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        """A file gets its own name; with its manifest a case is loaded."""
        super().posix_rename(oldpath, newpath)
        if newpath.endswith(b".json"):
            self._host.twin.load(Path(self.map_path(newpath).decode()))
            await self._break()


def connect(
    url: str, http: httpx2.AsyncClient, clock: Callable[[], datetime], patience: Patience
) -> CsvSftpConnector:
    """A connector to this twin."""
    settings = CsvSettings(
        host="127.0.0.1",
        port=int(url.rpartition(":")[2]),
        username=USER,
        host_key=host_key().export_public_key().decode(),
        folder="in",
        acknowledgements="out",
        each={"id": "{{ item.line }}"},
        tables={"status": {status.value: status.value for status in CaseStatus}},
    )
    return CsvSftpConnector(
        settings, CsvSecrets(password=PASSWORD), http, clock, allow_private=True, patience=patience
    )


SUBJECT = Subject(
    "csv-sftp", lambda clock, careful: SftpTwin(clock, careful=careful), connect, host=SftpHost, plays=PLAYS, cannot=CANNOT,
    holds=harmless,
)  # fmt: skip
"""What the kit examines."""
