"""``python -m tests.faults.altered.member SERVICE CHANGE…``: a service with guards removed.

A trial without a guard must detect the violation that the guard prevents; otherwise it proves
nothing.
"""

import os
import signal
import sys
from collections.abc import Collection
from typing import Any

from shared.runtime.consumer import batch_transaction as batches
from shared.runtime.consumer import offsets
from shared.runtime.outbox import relay
from tests.faults.altered.service import run_service

_FENCE = """
       AND mine.epoch = moved.epoch
       AND mine.next_offset IS NOT DISTINCT FROM moved.expected"""


def without_fence() -> None:
    """Let a member advance whoever owns the partition."""
    assert _FENCE in offsets._ADVANCE  # noqa: SLF001 - the product has no switch for it
    offsets._ADVANCE = offsets._ADVANCE.replace(_FENCE, "")  # noqa: SLF001 - as above


def without_order() -> None:
    """Publish batches of the outbox in an arbitrary order."""
    assert "ORDER BY seq" in relay._NEXT  # noqa: SLF001 - as above
    relay._NEXT = relay._NEXT.replace("ORDER BY seq", "ORDER BY hashint8(seq)")  # noqa: SLF001 - as above


def without_first_decision() -> None:
    """Let triage decide a request as often as it is delivered."""
    from services.triage.store import cases as store  # noqa: PLC0415 - only where triage runs

    async def decided(_: object, __: Collection[str]) -> set[str]:
        return set()

    async def record(_: object, __: object) -> None: ...

    store.PostgresTriageStore.already_decided = decided  # type: ignore[method-assign,assignment]
    store.PostgresTriageStore.record_decisions = record  # type: ignore[method-assign,assignment]


def suspend_on_signal() -> None:
    """After SIGUSR1, suspend the process (SIGSTOP) in the middle of the next batch."""
    commit = batches.BatchProcessor.commit
    asked: list[int] = []

    async def commit_after_sleep(processor: Any, items: Any) -> Any:
        if asked:
            asked.clear()
            os.kill(os.getpid(), signal.SIGSTOP)
        return await commit(processor, items)

    signal.signal(signal.SIGUSR1, lambda number, _: asked.append(number))
    batches.BatchProcessor.commit = commit_after_sleep  # type: ignore[method-assign,assignment] # patched


_CHANGES = {
    "sleep": suspend_on_signal,
    "no-fence": without_fence,
    "no-order": without_order,
    "no-first-decision": without_first_decision,
}

if __name__ == "__main__":
    for change in sys.argv[2:]:
        _CHANGES[change]()
    run_service(sys.argv[1])
