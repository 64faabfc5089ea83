"""A session over SFTP: to the very address that was checked, with a host key that was agreed, and files that appear whole."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import asyncssh

from commonhall.connectors.csv_sftp.server import Server
from commonhall.connectors.http import Patience, storable
from commonhall.connectors.places import allowed_addresses
from commonhall.engine.back_office import DeliveryFailed

_T = TypeVar("_T")
MOST_FILES = 1000
MOST_BYTES = 5 * 1024 * 1024


@asynccontextmanager
async def session(server: Server, allow_private: bool, patience: Patience) -> AsyncIterator[Files]:
    """An open session. Raises `DeliveryFailed`, never permanent: SFTP has no word for *no to this case*."""
    try:
        async with asyncio.timeout(patience.whole):
            addresses = await asyncio.to_thread(allowed_addresses, server.host, server.port, allow_private)
            connection = await _connect(addresses, server, patience)
            try:
                async with asyncio.timeout(patience.answer):
                    sftp = await connection.start_sftp_client()
                yield Files(connection, sftp, patience)
            except BaseException:
                # Whoever does not answer does not take leave either.
                connection.abort()
                raise
            sftp.exit()
            connection.close()
            with suppress(TimeoutError, asyncssh.Error, OSError):
                await asyncio.wait_for(connection.wait_closed(), patience.answer)
    except TimeoutError:
        raise DeliveryFailed("no answer in time; whether it was taken is not known") from None
    except asyncssh.HostKeyNotVerifiable:
        raise DeliveryFailed(
            "the server shows another host key than the one that was agreed: ask its owner whether it was changed"
        ) from None
    except asyncssh.PermissionDenied:
        raise DeliveryFailed(
            "the server does not let us in: check the user name, and the password or key"
        ) from None
    except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
        raise DeliveryFailed("there is no such folder on the server: check its name") from None
    except asyncssh.SFTPPermissionDenied:
        raise DeliveryFailed(
            "the server does not let us write or read there: check the folder's rights"
        ) from None
    except (asyncssh.Error, OSError) as error:
        words = storable(str(error))[:300] or type(error).__name__
        said = "could not be reached" if isinstance(error, OSError) else "did not do as it was asked"
        raise DeliveryFailed(f"the server {said} ({words})") from None


async def _connect(
    addresses: tuple[str, ...], server: Server, patience: Patience
) -> asyncssh.SSHClientConnection:
    """A connection to the first address that takes one."""
    try:
        agreed = asyncssh.import_public_key(server.host_key)
        keys = [asyncssh.import_private_key(server.private_key)] if server.private_key else None
    except (asyncssh.KeyImportError, ValueError):
        raise DeliveryFailed("the host key or the private key cannot be read: enter it again") from None
    for place, address in enumerate(addresses):
        try:
            return await asyncssh.connect(
                address, server.port, username=server.username, password=server.password, client_keys=keys,
                known_hosts=([agreed], [], []), config=None, agent_path=None,
                preferred_auth=["publickey"] if keys else ["password", "keyboard-interactive"],
                connect_timeout=patience.connect, login_timeout=patience.answer,
            )  # fmt: skip
        except OSError:
            if place == len(addresses) - 1:
                raise
    raise DeliveryFailed("the server has no address")


@dataclass(frozen=True, slots=True)
class Files:
    """What is done in a session. No single answer is waited for longer than the patience says."""

    connection: asyncssh.SSHClientConnection
    sftp: asyncssh.SFTPClient
    patience: Patience

    async def _soon(self, asked: Awaitable[_T]) -> _T:
        """The answer, or `TimeoutError`. A file that is being closed waits for the server, too: hanging up ends that."""
        task = asyncio.ensure_future(asked)
        try:
            done, _ = await asyncio.wait({task}, timeout=self.patience.answer)
        finally:
            if not task.done():
                self.connection.abort()
        if not done:
            await asyncio.gather(task, return_exceptions=True)
            raise TimeoutError
        return task.result()

    async def exists(self, path: str) -> bool:
        """Whether a file is there."""
        return bool(await self._soon(self.sftp.exists(path)))

    async def put(self, folder: str, name: str, content: bytes) -> None:
        """Write a file under a name that nobody looks at, then give it its own: it is there whole, or not at all."""
        path = f"{folder}/{name}"
        # No two attempts write into one file, and what a broken one left behind is in nobody's way.
        draft = f"{folder}/.{name}.{secrets.token_hex(8)}.part"
        try:
            file: asyncssh.SFTPClientFile = await self._soon(self.sftp.open(draft, "xb"))
            async with file:
                await file.write(content)
        except (asyncssh.SFTPError, OSError):
            with suppress(asyncssh.Error, OSError):
                await self._soon(self.sftp.remove(draft))
            raise
        try:
            await self._soon(self.sftp.posix_rename(draft, path))
        except asyncssh.SFTPOpUnsupported:
            with suppress(asyncssh.SFTPNoSuchFile, asyncssh.SFTPFailure):
                await self._soon(self.sftp.remove(path))
            await self._soon(self.sftp.rename(draft, path))

    async def list(self, folder: str, since: datetime) -> list[tuple[str, int]]:
        """The CSV files of a folder that were written since then, (name, bytes) by name. Raises `DeliveryFailed` for too
        many."""
        found = []
        for entry in await self._soon(self.sftp.readdir(folder)):
            name = str(entry.filename)
            told = entry.attrs.mtime
            written = since if told is None else datetime.fromtimestamp(told, UTC)  # better twice than never
            if name.lower().endswith(".csv") and not name.startswith(".") and written >= since:
                found.append((name, entry.attrs.size or 0))
        if len(found) > MOST_FILES:
            raise DeliveryFailed(
                f"its folder of acknowledgements has over {MOST_FILES} new files: move old ones away"
            )
        return sorted(found)

    async def get(self, folder: str, name: str, size: int) -> bytes:
        """A file's content. Raises `DeliveryFailed` where it is too long."""
        if size > MOST_BYTES:
            raise DeliveryFailed(f"{storable(name)[:80]} is over {MOST_BYTES:,} bytes")
        file: asyncssh.SFTPClientFile = await self._soon(self.sftp.open(f"{folder}/{name}", "rb"))
        async with file:
            content: bytes = await self._soon(file.read(MOST_BYTES + 1))
        return content
