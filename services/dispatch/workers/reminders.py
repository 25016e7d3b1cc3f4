"""Worker that sends the reminders of deadlines when they are due."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from services.dispatch.handlers.reminders import on_reminders_due
from services.dispatch.policy import DispatchPolicy
from services.dispatch.store.bureau_events import publish
from services.dispatch.store.postgres import PostgresDispatchStore
from shared.runtime.ops.shutdown import WokenWork
from shared.runtime.outbox.outbox import HandOver
from shared.runtime.postgres import Pool, transaction

log = structlog.get_logger()

_LOOK_EVERY_S = 2.0
# Work orders of one transaction at most, so that bureaus' updates never wait long for a case.
_WORK_ORDERS = 200


@dataclass(frozen=True, slots=True)
class ReminderWorker:
    """Finds due reminders by an index, and publishes each once."""

    pool: Pool
    policy: DispatchPolicy
    hand_over: HandOver
    clock: Callable[[], datetime]

    async def run(self, stopping: asyncio.Event) -> None:
        """Send what is due every two seconds until asked to stop."""
        await WokenWork(_LOOK_EVERY_S).run(
            stopping,
            self.send_due,
            lambda error: log.warning("reminders_postponed", code=error.code),
        )

    async def send_due(self) -> int:
        """Send some due reminders of locked cases; return the number of the cases."""
        now = self.clock()
        async with transaction(self.pool) as db:
            store = PostgresDispatchStore(db)
            due = await store.due_cases(now, _WORK_ORDERS)
            if not due:
                return 0
            events, changes = on_reminders_due(await store.load(due, ()), self.policy, now)
            await store.write(changes)
            batches = await publish(db, events)
        self.hand_over(batches)
        return len(due)
