"""Where a SOAP service is, how it is shown who asks, and what its messages can hold."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where a service is and how it is spoken to. `wsdl` is its address or its text; `endpoint` goes before the address
    that it names itself; `service` and `port` choose among several."""

    wsdl: str
    endpoint: str | None = None
    service: str | None = None
    port: str | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A WS-Security UsernameToken: the password as it is, or as a digest."""

    username: str
    password: str
    digest: bool = False


def in_xml(text: str) -> str:
    """A text as XML 1.0 can hold it: a control character becomes a space."""
    return "".join(
        one if one in "\t\n\r" or (one >= " " and one not in "\ufffe\uffff") else " " for one in text
    )
