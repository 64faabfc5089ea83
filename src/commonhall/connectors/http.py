"""How every connector makes its calls: bounded in time and size, without redirects, to places that are allowed.

What a status means for a delivery is decided here, once:

- 2xx: accepted.
- 400, 410, 413, 415 and 422: the back office understood and said no to this case. Sending the same again
  cannot help, so it is permanent: a person must look.
- 401, 403, 404, 405 and 407: most often a setting that is wrong, which an operator puts right. Every waiting
  case would fail the same way, so none is given up: again later, and visible until then.
- 409: a back office that follows the IETF draft on Idempotency-Key says so while it is still busy with the
  first attempt: again later.
- 408, 425, 429 and 5xx: not now: again later, honouring Retry-After.
- 3xx: a moved address is a setting to be put right, and following it could lead anywhere: again later.
"""

from __future__ import annotations

import asyncio
import re
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx2

from commonhall.connectors.places import DestinationRefused, allowed_addresses
from commonhall.engine.back_office import DeliveryFailed

MOST_BYTES = 1_048_576
"""The longest answer that is read."""
LONGEST_RETRY_AFTER = 7 * 86400.0
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
PERMANENT = frozenset({400, 410, 413, 415, 422})


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a connector waits, in seconds.

    `connect` for a connection, `answer` for the next bytes of an answer, `whole` for everything that one call
    takes, `between` before it asks again for something that is not there yet (a token's number).
    """

    connect: float = 5.0
    answer: float = 20.0
    whole: float = 30.0
    between: float = 1.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A back office's answer, read whole. Names of headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """The media type, small, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def is_page(self) -> bool:
        """Whether this is a web page: a sign-in page or a proxy's apology, not a back office's answer."""
        return self.content_type in {"text/html", "application/xhtml+xml"}


class AnswerTooLong(DeliveryFailed):
    """An answer of more bytes than are read."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        super().__init__(f"the answer is over {most:,} bytes")


def check_destination(url: str, allow_private: bool) -> tuple[str, ...]:
    """Refuse an address that is not plain http(s), carries a password, or is on a private network.

    A name is looked up (this blocks) and every address that it has must be allowed. Answers those that may be called;
    none where private addresses are allowed, and nothing is looked up. Raises `DestinationRefused`.
    """
    # A query may hold a key: it is not told.
    told = url.partition("?")[0][:100]
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise DestinationRefused(f"'{told}' is not a web address") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise DestinationRefused(f"'{told}' is not an http or https address")
    if "@" in parts.netloc:
        raise DestinationRefused("an address must not carry a user name or password: put them in the secrets")
    if allow_private:
        return ()
    return allowed_addresses(host, port or 443, allow_private)


@dataclass(frozen=True, slots=True)
class Caller:
    """Makes calls for one connector. `most` is the most bytes of an answer.

    A name is looked up once: the address that was checked is the one that is called, so that a name whose address
    changes in between leads nowhere else. The name itself goes along for the certificate and the server.
    """

    http: httpx2.AsyncClient
    allow_private: bool
    patience: Patience = Patience()
    most: int = MOST_BYTES

    async def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Answer:
        """One call, whatever its status. Raises `DeliveryFailed` where there is no whole answer."""
        try:
            async with asyncio.timeout(self.patience.whole):
                if self.allow_private:
                    check_destination(url, True)
                    return await self._call(method, url, None, headers or {}, content, params)
                addresses = await asyncio.to_thread(check_destination, url, False)
                for address in addresses[:-1]:
                    # Many a machine has no IPv6: what never connected was not sent, and may go to the next.
                    with suppress(httpx2.ConnectError):
                        return await self._call(method, url, address, headers or {}, content, params)
                return await self._call(method, url, addresses[-1], headers or {}, content, params)
        except (httpx2.TimeoutException, TimeoutError):
            raise DeliveryFailed("no answer in time; whether it was accepted is not known") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError) as error:
            words = str(error) or type(error).__name__
            raise DeliveryFailed(f"the back office could not be reached ({words})") from None

    async def _call(
        self,
        method: str,
        url: str,
        address: str | None,
        headers: Mapping[str, str],
        content: bytes | None,
        params: Mapping[str, str] | None,
    ) -> Answer:
        timeout = httpx2.Timeout(self.patience.answer, connect=self.patience.connect)
        # Made here and not by the client, which all councils share: its cookies must not go along.
        request = httpx2.Request(
            method,
            url,
            params=params,
            headers=[
                (name.encode(), _field(text))
                for name, text in {"user-agent": "commonhall", "accept-encoding": "gzip", **headers}.items()
            ],
            content=content,
            extensions={"timeout": timeout.as_dict()},
        )
        if address is not None:
            # The Host header stands already, made of the name. Connections are kept by address: one whose certificate
            # was another name's must not be used again for this one.
            request.headers["connection"] = "close"
            request.extensions["sni_hostname"] = request.url.host
            request.url = request.url.copy_with(host=address)
        response = await self.http.send(request, stream=True, follow_redirects=False)
        try:
            raw = bytearray()
            async for chunk in response.aiter_raw():
                raw += chunk
                if len(raw) > self.most:
                    raise AnswerTooLong(self.most)
        finally:
            await response.aclose()
        found = {name.lower(): value for name, value in response.headers.items()}
        return Answer(
            response.status_code, found, _unpack(bytes(raw), found.get("content-encoding", ""), self.most)
        )


def _field(text: str) -> bytes:
    """A header's value on the wire: no control characters, and letters beyond ASCII as UTF-8."""
    return _CONTROL.sub(" ", text).strip().encode("utf-8", "replace")


def _unpack(raw: bytes, encoding: str, most: int) -> bytes:
    """The body behind a Content-Encoding, unpacked no further than it may be long."""
    if not raw or encoding.strip().lower() in {"", "identity"}:
        return raw
    if encoding.strip().lower() not in {"gzip", "x-gzip", "deflate"}:
        raise DeliveryFailed(f"the answer is packed as '{encoding[:40]}', which was not asked for")
    try:
        # 47: the window of either gzip or zlib, whichever the first bytes show.
        body = zlib.decompressobj(47).decompress(raw, most + 1)
    except zlib.error:
        raise DeliveryFailed("the answer cannot be unpacked") from None
    if len(body) > most:
        raise AnswerTooLong(most)
    return body


def refuse(answer: Answer, said: str, now: datetime) -> DeliveryFailed:
    """The failure that an answer other than 2xx means; `said` is the back office's own explanation."""
    words = f"the back office answered {answer.status}{f': {said}' if said else ''}"
    return DeliveryFailed(
        words[:1000],
        permanent=answer.status in PERMANENT,
        retry_after=retry_after(answer.headers.get("retry-after"), now),
    )


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds from a Retry-After header (RFC 9110: seconds or a date), a week at most; None where there is none."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST_RETRY_AFTER)
    try:
        at = parsedate_to_datetime(text)
        seconds = (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - now.timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)


def storable(text: str) -> str:
    """The same words without what no database can hold: a NUL, half of a surrogate pair."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "")
