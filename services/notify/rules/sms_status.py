"""Rule: what a provider's status of a text message says about its delivery."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

SettledState: TypeAlias = Literal["sent", "failed"]

_STATES: Mapping[str, SettledState] = {
    "sent": "sent",
    "delivered": "sent",
    "undelivered": "failed",
    "failed": "failed",
}
_SETTLES: Mapping[SettledState, tuple[str, ...]] = {
    "sent": ("unknown",),
    "failed": ("unknown", "sent"),
}


def settled_state(status: str) -> SettledState | None:
    """Return the state that a status settles; None for one on the way, such as ``queued``."""
    return _STATES.get(status)


def settled_from(state: SettledState) -> tuple[str, ...]:
    """Return the states of a delivery that become this one; any other stays.

    A message that was sent may turn out as undelivered, but never the other way round, so repeats
    and statuses in any order give the same.
    """
    return _SETTLES[state]
