"""``python -m tests.faults.altered.unguarded SERVICE GUARD…``: a service without some guards.

What the guards prevent must show in a trial, else the trial could not see it.
"""

import sys
from collections.abc import Collection

from shared.runtime import inbox, offsets, relay
from tests.faults.altered.service import run_altered

_FENCE = """
       AND mine.epoch = moved.epoch
       AND mine.next_offset IS NOT DISTINCT FROM moved.expected"""


def without_fence() -> None:
    """Let a member move on whoever owns the partition."""
    assert _FENCE in offsets._ADVANCE  # noqa: SLF001 - what is altered has no switch
    offsets._ADVANCE = offsets._ADVANCE.replace(_FENCE, "")  # noqa: SLF001


def without_inbox() -> None:
    """Take every event for a new one."""

    async def claim(_: object, identities: Collection[str]) -> set[str]:
        return set(identities)

    inbox.claim = claim  # type: ignore[assignment]


def without_order() -> None:
    """Publish what waits in the outbox in any order."""
    assert "ORDER BY seq" in relay._NEXT  # noqa: SLF001
    relay._NEXT = relay._NEXT.replace("ORDER BY seq", "ORDER BY hashint8(seq)")  # noqa: SLF001


def without_first_decision() -> None:
    """Let triage decide a request as often as it comes."""
    from services.triage import store  # noqa: PLC0415 - only where triage runs

    async def decided(_: object, __: Collection[str]) -> set[str]:
        return set()

    store.PostgresCases.decided = decided  # type: ignore[method-assign,assignment]


_GUARDS = {
    "fence": without_fence,
    "inbox": without_inbox,
    "order": without_order,
    "first-decision": without_first_decision,
}

if __name__ == "__main__":
    for guard in sys.argv[2:]:
        _GUARDS[guard]()
    run_altered(sys.argv[1])
