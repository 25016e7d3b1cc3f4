"""``python -m tests.faults.altered.member SERVICE CHANGE…``: a service that was changed.

Without a guard, what the guard prevents must show in a trial, else the trial could not see it.
"""

import os
import signal
import sys
from collections.abc import Collection
from typing import Any

from shared.runtime.consumer import batch_transaction as batches
from shared.runtime.consumer import inbox, offsets
from shared.runtime.outbox import relay
from tests.faults.altered.service import run_service

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

    inbox.insert_new = claim  # type: ignore[assignment]


def without_order() -> None:
    """Publish what waits in the outbox in any order."""
    assert "ORDER BY seq" in relay._NEXT  # noqa: SLF001
    relay._NEXT = relay._NEXT.replace("ORDER BY seq", "ORDER BY hashint8(seq)")  # noqa: SLF001


def without_first_decision() -> None:
    """Let triage decide a request as often as it comes."""
    from services.triage.store import cases as store  # noqa: PLC0415 - only where triage runs

    async def decided(_: object, __: Collection[str]) -> set[str]:
        return set()

    async def record(_: object, __: object) -> None: ...

    store.PostgresCases.already_decided = decided  # type: ignore[method-assign,assignment]
    store.PostgresCases.record_decisions = record  # type: ignore[method-assign,assignment]


def sleeping_when_asked() -> None:
    """After SIGUSR1, stop (SIGSTOP) with the next batch in hand."""
    commit = batches.BatchProcessor.commit
    asked: list[int] = []

    async def commit_after_sleep(mine: Any, items: Any) -> None:
        if asked:
            asked.clear()
            os.kill(os.getpid(), signal.SIGSTOP)
        await commit(mine, items)

    signal.signal(signal.SIGUSR1, lambda number, _: asked.append(number))
    batches.BatchProcessor.commit = commit_after_sleep  # type: ignore[method-assign,assignment]


_CHANGES = {
    "sleep": sleeping_when_asked,
    "no-fence": without_fence,
    "no-inbox": without_inbox,
    "no-order": without_order,
    "no-first-decision": without_first_decision,
}

if __name__ == "__main__":
    for change in sys.argv[2:]:
        _CHANGES[change]()
    run_service(sys.argv[1])
