"""The address of a caller, also behind reverse proxies."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from aiohttp import web

Network: TypeAlias = IPv4Network | IPv6Network

_IPV6_PREFIX = 64  # size of the network of one subscriber


def address_of(request: web.Request, proxies: Sequence[Network]) -> str:
    """Return the caller's address for rate limits, behind these trusted proxies."""
    forwarded = ",".join(request.headers.getall("X-Forwarded-For", []))
    return caller_address(request.remote or "", forwarded, proxies)


def is_encrypted(request: web.Request, proxies: Sequence[Network]) -> bool:
    """Return True when the caller uses TLS, according to the trusted proxy before us."""
    stated = request.headers.get("X-Forwarded-Proto", "").rpartition(",")[2].strip().lower()
    return stated == "https" and is_trusted(request.remote or "", proxies)


def caller_address(peer: str, forwarded: str, proxies: Sequence[Network]) -> str:
    """Return the caller's address for rate limits.

    Each proxy appends the address that called it, so the header is read from its end, and only as
    far as trusted proxies wrote it. Everything before that may be invented.

    Returns:
        An IPv4 address, the network of an IPv6 address, or ``peer`` when it is no IP address.
    """
    address = peer
    hops = forwarded.split(",") if forwarded and proxies else []
    while hops and is_trusted(address, proxies):
        hop = hops.pop().strip()
        if _parsed(hop) is None:
            break
        address = hop
    return _subscriber(address)


def is_trusted(address: str, proxies: Sequence[Network]) -> bool:
    """Return True for the address of a trusted proxy."""
    parsed = _parsed(address) if proxies else None
    return parsed is not None and any(parsed in network for network in proxies)


@lru_cache(maxsize=4096)
def _subscriber(address: str) -> str:
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, _IPV6_PREFIX), strict=False))
    return address if parsed is None else str(parsed)


@lru_cache(maxsize=4096)
def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    """Return the address; an IPv4-mapped IPv6 address becomes IPv4."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return mapped or parsed
