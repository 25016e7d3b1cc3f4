"""Worker that closes the cases of surges as ordered, a batch per transaction."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from services.dispatch.handlers.commands import operator_audit
from services.dispatch.handlers.incoming import on_command_calls
from services.dispatch.policy import DispatchPolicy
from services.dispatch.records import SurgeClosing
from services.dispatch.rules.operator_commands import CommandRefusal
from services.dispatch.store.bureau_events import publish
from services.dispatch.store.postgres import PostgresDispatchStore
from services.dispatch.store.surges import cases_to_close, remove_closed
from shared.contract.events import OperatorCommanded, new_id
from shared.runtime.ops.audit import audit
from shared.runtime.ops.shutdown import WokenWork
from shared.runtime.outbox.outbox import HandOver
from shared.runtime.postgres import Pool, transaction

log = structlog.get_logger()

# Cases of one transaction, so that bureaus' updates never wait long for a case.
_CASES = 50
_LOOK_EVERY_S = 5.0


@dataclass(slots=True)
class SurgeClosingWorker:
    """Executes a ``close`` command for each case that is to be closed.

    A row leaves the table in the transaction that closes its case: after a crash the rest follows,
    and no case is closed twice.
    """

    pool: Pool
    policy: DispatchPolicy
    hand_over: HandOver
    clock: Callable[[], datetime]
    _closing: WokenWork = field(default_factory=lambda: WokenWork(_LOOK_EVERY_S), init=False)

    def wake(self) -> None:
        """Look at once: there are cases to close."""
        self._closing.wake()

    async def run(self, stopping: asyncio.Event) -> None:
        """Close cases until asked to stop."""
        await self._closing.run(
            stopping,
            self.close_some,
            lambda error: log.warning("closings_postponed", code=error.code),
        )

    async def close_some(self) -> int:
        """Close some of the cases that are still open; return how many were read."""
        async with transaction(self.pool) as db:
            due = await cases_to_close(db, _CASES)
            if not due:
                return 0
            commands = [_command(case_id, closing) for case_id, closing in due]
            store = PostgresDispatchStore(db)
            outcomes, produced = await on_command_calls(commands, store, self.policy, self.clock())
            await remove_closed(db, [case_id for case_id, _ in due])
            batches = await publish(db, produced)
        self.hand_over(batches)
        for command, outcome in zip(commands, outcomes, strict=True):
            code = outcome.code if isinstance(outcome, CommandRefusal) else "executed"
            audit("operator_command", **operator_audit(command, code))
        return len(due)


def _command(case_id: str, closing: SurgeClosing) -> OperatorCommanded:
    return OperatorCommanded(
        id=new_id(),
        source=closing.source,
        time=closing.given_at.isoformat(),
        data={
            "command": "close",
            "case_id": case_id,
            "actor": closing.actor,
            "reason": closing.reason,
            "note": closing.note,
            "status": closing.status,
        },
    )
