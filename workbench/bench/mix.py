"""The mixes of submissions that the benchmarks make, and the machine that they stay on."""

from collections.abc import Mapping
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import urlsplit

from shared.errors import Route311Error

_PREFIXES = ("INTAKE_", "TRIAGE_", "DISPATCH_", "NOTIFY_")
_ENDINGS = ("_URL", "_ENDPOINT", "_HOST")
_OWN = frozenset({"INTAKE_PUBLIC_URL", "NOTIFY_PUBLIC_URL"})  # nothing is sent to them


class Mix(StrEnum):
    """Kind of submissions.

    ``people`` has texts and contact data as residents send them. ``plain`` is ten short texts at
    measured places, a tenth with an e-mail address: the mix of earlier figures.
    """

    PEOPLE = "people"
    PLAIN = "plain"


class LeadsAwayError(Route311Error):
    """A setting would let a benchmark send its texts to another machine."""

    code = "leads_away"


def require_this_machine(addresses: Mapping[str, str]) -> None:
    """Check that a router with these settings, or these addresses by name, sends nothing elsewhere.

    Raises:
        LeadsAwayError: It names them.
    """
    if names := sorted(name for name, value in addresses.items() if _leads_away(value)):
        raise LeadsAwayError(
            f"{', '.join(names)}: another machine would get texts of real reports. "
            "Unset it for a benchmark, or take --mix plain."
        )


def outgoing_settings(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return the settings of services that name where they send something."""
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(_PREFIXES) and name.endswith(_ENDINGS) and name not in _OWN
    }


def _leads_away(address: str) -> bool:
    host = urlsplit(address).hostname if "//" in address else address
    if not host:
        return False
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"
