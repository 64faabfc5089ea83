"""Where connectors may go: a host's addresses, with private networks refused unless the operator allows them.

Whoever opens a connection of their own asks here first, and then connects to the address that was answered, not to the
name: a name whose address changes in between leads nowhere else. The name is still what the certificate must be for.
"""

from __future__ import annotations

import ipaddress
import socket

from commonhall.engine.back_office import DeliveryFailed


class DestinationRefused(DeliveryFailed):
    """A place that connectors may not call."""


def allowed_addresses(host: str, port: int, allow_private: bool) -> tuple[str, ...]:
    """The addresses of a host that may be called, in the order to try them; the host itself where all may.

    A name is looked up (this blocks) and every address that it has must be allowed. Raises `DestinationRefused`.
    """
    if allow_private:
        return (host,)
    try:
        found = socket.getaddrinfo(host, port, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError):
        raise DestinationRefused(f"the host name {host} is not known: check its spelling") from None
    for *_, address in found:
        if not is_public(str(address[0])):
            raise DestinationRefused(
                f"{host} is at the private address {address[0]}: the operator can allow that with"
                " COMMONHALL_ALLOW_PRIVATE_ADDRESSES=yes"
            )
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
"""A network's own translation to IPv4 (RFC 6052): the last 32 bits are the address that is really called."""


def is_public(text: str) -> bool:
    """Whether an address is one of the internet's, and neither of this machine nor of a private network."""
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address):
        if address in _TRANSLATED:
            address = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        else:
            address = address.ipv4_mapped or address.sixtofour or address
    if isinstance(address, ipaddress.IPv6Address) and int(address) >> 32 == 0:
        return False  # an IPv4 address in a form that is no longer used, and reaches this machine
    return address.is_global and not address.is_multicast
