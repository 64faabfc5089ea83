"""How every connector makes its calls: bounded in time and size, without redirects, to places that are allowed.

What a status means for a delivery is decided here, once:

- 2xx: accepted.
- 400, 409, 410, 413, 415, 422 and 501: the back office understood and said no to this case: a person must look.
- 401, 403, 404, 405 and 407: most often a setting of ours that is wrong, which somebody will put right: again later.
- 408, 425, 429 and 5xx: not now: again later, honouring Retry-After.
- 3xx: a moved address is a setting to be put right, and following it could lead anywhere: again later.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2

from commonhall.engine.back_office import DeliveryFailed

MOST_BYTES = 1_048_576
TIMEOUT = httpx2.Timeout(20.0, connect=5.0)
PERMANENT = frozenset({400, 409, 410, 413, 415, 422, 501})


@dataclass(frozen=True, slots=True)
class Answer:
    """A back office's answer, read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """The media type, small, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class DestinationRefused(DeliveryFailed):
    """An address that connectors may not call."""


def check_destination(url: str, *, allow_private: bool) -> None:
    """Refuse an address that is not plain http(s), carries a password, or is on a private network.

    Raises `DestinationRefused`. A name is looked up; every address that it has must be allowed.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise DestinationRefused(f"'{url[:100]}' is not an http or https address")
    if parts.username or parts.password:
        raise DestinationRefused("an address must not carry a user name or password: put them in the secrets")
    if allow_private:
        return
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, proto=socket.IPPROTO_TCP)
    except OSError as error:
        raise DestinationRefused(f"the host name {parts.hostname} is not known ({error})") from None
    for *_, address in found:
        if not ipaddress.ip_address(address[0]).is_global:
            raise DestinationRefused(
                f"{parts.hostname} is at the private address {address[0]}: the operator can allow that with"
                " COMMONHALL_ALLOW_PRIVATE_ADDRESSES=yes"
            )


@dataclass(frozen=True, slots=True)
class Caller:
    """Makes calls for one connector."""

    http: httpx2.AsyncClient
    allow_private: bool

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
        check_destination(url, allow_private=self.allow_private)
        try:
            async with self.http.stream(
                method, url, headers=dict(headers or {}), content=content, params=params, timeout=TIMEOUT
            ) as response:
                body = b""
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > MOST_BYTES:
                        raise DeliveryFailed(f"the answer is over {MOST_BYTES:,} bytes")
                found = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status_code, found, body)
        except httpx2.TimeoutException:
            raise DeliveryFailed("no answer in time; whether it was accepted is not known") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
            words = str(error) or type(error).__name__
            raise DeliveryFailed(f"the back office could not be reached ({words})") from None


def refuse(answer: Answer, said: str) -> DeliveryFailed:
    """The failure that an answer other than 2xx means; `said` is the back office's own explanation."""
    words = f"the back office answered {answer.status}{f': {said}' if said else ''}"
    return DeliveryFailed(
        words[:1000],
        permanent=answer.status in PERMANENT,
        retry_after=retry_after(answer.headers.get("retry-after")),
    )


def retry_after(value: str | None) -> float | None:
    """Seconds from a Retry-After header. One with a date is left to our own waits."""
    if value is None:
        return None
    return float(value.strip()) if value.strip().isdigit() else None
