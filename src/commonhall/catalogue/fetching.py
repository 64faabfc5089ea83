"""Get a catalogue's files: from a folder, or from a web server that the operator named."""

from __future__ import annotations

import ipaddress
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import httpx2
from tuf.api.exceptions import (
    DownloadError,
    DownloadHTTPError,
    DownloadLengthMismatchError,
    SlowRetrievalError,
)

from commonhall.catalogue.refusals import CatalogueRefused

MOST_SECONDS = 60.0
"""The longest that one file may take."""
_CHUNK = 65536


def check_address(address: str, *, plain_http: bool = False) -> str:
    """A catalogue's address as it is kept: an https address, or the whole path of a folder.

    Plain http goes to this machine alone, or where the operator says so: what is taken is signed either way, but
    others on the way could see and hold back what is asked for. Raises `CatalogueRefused`.
    """
    if "://" not in address:
        folder = Path(address).expanduser().resolve()
        if not (folder / "metadata").is_dir():
            raise CatalogueRefused(f"{address} is not a catalogue's folder: there is no metadata/ in it")
        return str(folder)
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        raise CatalogueRefused(f"'{address}' is not a web address") from None
    if parts.scheme not in {"http", "https"} or not host or parts.query or parts.fragment:
        raise CatalogueRefused(f"'{address}' is not the address of a catalogue: give https://… or a folder")
    if "@" in parts.netloc:
        raise CatalogueRefused("a catalogue's address must not carry a user name or password")
    if parts.scheme == "http" and not plain_http and not _this_machine(host):
        raise CatalogueRefused(
            f"{address} is not encrypted: use https, or say --plain-http where that network is your own"
        )
    return address.rstrip("/")


def _this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Fetcher:
    """Gets files below one address. `asked` is the file asked for last, as the catalogue names it.

    It has the methods of `tuf.ngclient.FetcherInterface`, and does not inherit them: importing that opens a socket.
    """

    def __init__(
        self, address: str, http: httpx2.Client, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.address = address
        self.asked = ""
        self._http = http
        self._monotonic = monotonic

    @contextmanager
    def download_file(self, url: str, max_length: int) -> Iterator[IO[bytes]]:
        """A file's content, of so many bytes at most. Raises `DownloadError`."""
        self.asked = url.removeprefix(self.address).lstrip("/")
        chunks = self._over_http(url) if "://" in self.address else self._from_folder()
        with tempfile.TemporaryFile() as content:
            for chunk in chunks:
                content.write(chunk)
                if content.tell() > max_length:
                    raise DownloadLengthMismatchError(f"{self.asked} is over {max_length:,} bytes")
            content.seek(0)
            yield content

    def download_bytes(self, url: str, max_length: int) -> bytes:
        """The same, read."""
        with self.download_file(url, max_length) as content:
            return content.read()

    def _from_folder(self) -> Iterator[bytes]:
        folder = Path(self.address)
        path = (folder / self.asked).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise DownloadHTTPError(f"{self.asked} is outside the catalogue", 404)
        try:
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    yield chunk
        except (FileNotFoundError, IsADirectoryError):
            # A folder that is gone altogether is a server that does not answer, not a file that is missing.
            if folder.is_dir():
                raise DownloadHTTPError(f"{self.asked} is not there", 404) from None
            raise DownloadError(f"there is no folder {folder}") from None
        except OSError as error:
            raise DownloadError(error.strerror or type(error).__name__) from None

    def _over_http(self, url: str) -> Iterator[bytes]:
        until = self._monotonic() + MOST_SECONDS
        headers = {"user-agent": "commonhall", "accept-encoding": "identity"}
        try:
            with self._http.stream("GET", url, headers=headers) as answer:
                if answer.status_code != 200:
                    raise DownloadHTTPError(f"the server answered {answer.status_code}", answer.status_code)
                if answer.headers.get("content-encoding", "identity") != "identity":
                    raise DownloadError("the server packs its answers, which was not asked for")
                for chunk in answer.iter_raw(_CHUNK):
                    if self._monotonic() > until:
                        raise SlowRetrievalError(f"no end after {MOST_SECONDS:.0f} seconds")
                    yield chunk
        except httpx2.TimeoutException:
            raise DownloadError("no answer in time") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError) as error:
            raise DownloadError(str(error) or type(error).__name__) from None


def open_client() -> httpx2.Client:
    """A client for catalogues: no redirects, no proxy by surprise, no waiting for ever."""
    timeout = httpx2.Timeout(20.0, connect=5.0)
    return httpx2.Client(timeout=timeout, follow_redirects=False, trust_env=False)
