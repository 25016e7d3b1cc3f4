"""Encryption of connections: required for those that leave the machine."""

import os
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from urllib.parse import parse_qs, unquote, urlsplit

_ENCRYPTED_MODES = frozenset({"require", "verify-ca", "verify-full"})
_UNIX_SOCKET = ("/", "@")


def is_loopback(host: str) -> bool:
    """Return True for a loopback address or ``localhost``; other names may resolve anywhere."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_encrypted(dsn: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Return True when a connection by this DSN is encrypted or does not leave the machine.

    The driver's default, ``sslmode=prefer``, falls back to plain text, so it does not count.
    """
    options = parse_qs(urlsplit(dsn).query)
    mode = options.get("sslmode", [environment.get("PGSSLMODE", "")])[-1]
    if mode.replace("_", "-") in _ENCRYPTED_MODES:
        return True
    return all(
        host.startswith(_UNIX_SOCKET) or is_loopback(host)
        for host in _hosts(dsn, options, environment)
    )


def _hosts(
    dsn: str, options: Mapping[str, Sequence[str]], environment: Mapping[str, str]
) -> list[str]:
    """Return the hosts; without any the driver uses sockets and ports of this machine."""
    netloc = urlsplit(dsn).netloc
    listed = netloc.partition("@")[2] if "@" in netloc else netloc
    listed = listed or options.get("host", [environment.get("PGHOST", "")])[-1]
    return [_without_port(unquote(part)) for part in listed.split(",") if part]


def _without_port(address: str) -> str:
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address if address.startswith(_UNIX_SOCKET) else address.partition(":")[0]
