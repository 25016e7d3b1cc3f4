"""Filter of the addresses that our outgoing calls may connect to (SSRF protection)."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import TypeAlias

Network: TypeAlias = IPv4Network | IPv6Network
Address: TypeAlias = IPv4Address | IPv6Address

# Mapped, NAT64, 6to4 and Teredo: they embed the real target address.
_WITH_IPV4_INSIDE = tuple(
    map(ip_network, ("::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))
)

# 6to4 relays, Azure's metadata, documentation: the standard library calls them global.
_NOT_PUBLIC = tuple(map(ip_network, ("192.88.99.0/24", "168.63.129.16/32", "3fff::/20")))


def is_allowed(address: Address, allow: Sequence[Network], *, encrypted: bool = True) -> bool:
    """Return True when a call may connect to an address.

    Args:
        allow: Networks that are allowed besides the public ones.
        encrypted: True over ``https``; without it, only the networks of ``allow`` are.
    """
    if _is_in(address, _WITH_IPV4_INSIDE) or getattr(address, "scope_id", None):
        return False
    if _is_in(address, allow):
        return True
    return (
        encrypted
        and address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not getattr(address, "is_site_local", False)
        and not _is_in(address, _NOT_PUBLIC)
    )


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
