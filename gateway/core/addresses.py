"""Network addresses: which ones the gateway may send to when somebody else chose the address."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_TRANSLATED = ip_network("64:ff9b::/96")
"""Addresses of IPv4 as a NAT64 translates them (RFC 6052)."""


def may_be_sent_to(address: str, allowed: Sequence[Network] = ()) -> bool:
    """Whether an address is on the public internet, or in one of the networks that an operator allowed.

    What reaches an IPv4 address by another form of it is judged as that address.
    """
    reached = _reached(ip_address(address))
    is_public = reached.is_global and not reached.is_multicast
    return is_public or any(reached.version == network.version and reached in network for network in allowed)


def _reached(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    tunnelled = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or tunnelled or address
