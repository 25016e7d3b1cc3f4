"""Background tasks beside the consumer: long polling, reminders, closing of surges, retention."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import structlog

from services.dispatch.handlers.commands import operator_audit
from services.dispatch.handlers.incoming import on_command_calls, on_reminders_due
from services.dispatch.policy import DispatchPolicy
from services.dispatch.records.answers import SurgeClosing
from services.dispatch.rules.four_eyes import Oversight
from services.dispatch.rules.operator_commands import CommandRefusal
from services.dispatch.store.events import PostgresCaseEvents, PostgresFeed, publish
from services.dispatch.store.postgres import PostgresDispatchStore
from services.dispatch.store.surges import cases_to_close, remove_closed
from shared.contract.events import OperatorCommanded, new_id
from shared.contract.topics import bureau_work
from shared.errors import SystemicError, TransientError
from shared.runtime.ops.audit import audit
from shared.runtime.ops.shutdown import WokenWork, is_set_within, pause
from shared.runtime.outbox.outbox import HandOver
from shared.runtime.postgres import Pool, transaction

_WATCH_EVERY_S = 0.25


@dataclass(eq=False, slots=True)
class _Waiter:
    bureau: str
    after: int
    arrived: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class FeedWatch:
    """Wakes waiting callers when their bureau has a new event.

    Once it is ``stopped`` all waits have ended for good.
    """

    # Returns the number of the newest event of each of some bureaus.
    heads: Callable[[Collection[str]], Awaitable[Mapping[str, int]]]
    # Seconds between two looks, for events that other processes add.
    look_every_s: float = _WATCH_EVERY_S
    _waiters: set[_Waiter] = field(default_factory=set, init=False)
    _called: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    stopped: bool = field(default=False, init=False)

    async def wait(self, bureau: str, after: int, seconds: float) -> None:
        """Return when the bureau has an event after a number, or on timeout."""
        if self.stopped:
            return
        waiter = _Waiter(bureau, after)
        self._waiters.add(waiter)
        self._called.set()
        try:
            await is_set_within(waiter.arrived, seconds)
        finally:
            self._waiters.discard(waiter)

    def wake(self) -> None:
        """Look at once: this process added events."""
        self._called.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Look for new events until asked to stop; then all waits end."""
        stop = asyncio.create_task(self._call_when_set(stopping))
        try:
            while not stopping.is_set():
                with suppress(SystemicError, TransientError):
                    await self._look()
                await is_set_within(self._called, self.look_every_s if self._waiters else None)
                self._called.clear()
        finally:
            stop.cancel()
            self.stopped = True
            for waiter in self._waiters:
                waiter.arrived.set()

    async def _call_when_set(self, stopping: asyncio.Event) -> None:
        await stopping.wait()
        self._called.set()

    async def _look(self) -> None:
        if not self._waiters:
            return
        heads = await self.heads({waiter.bureau for waiter in self._waiters})
        for waiter in self._waiters:
            if heads.get(waiter.bureau, 0) > waiter.after:
                waiter.arrived.set()


log = structlog.get_logger()

_REMIND_EVERY_S = 2.0
# Work orders of one transaction at most, so that bureaus' updates never wait long for a case.
_WORK_ORDERS_A_TIME = 200


@dataclass(frozen=True, slots=True)
class ReminderWorker:
    """Finds due reminders by an index, and publishes each once."""

    pool: Pool
    policy: DispatchPolicy
    hand_over: HandOver
    clock: Callable[[], datetime]

    async def run(self, stopping: asyncio.Event) -> None:
        """Send what is due every two seconds until asked to stop."""
        await WokenWork(_REMIND_EVERY_S).run(
            stopping,
            self.send_due,
            lambda error: log.warning("reminders_postponed", code=error.code),
        )

    async def send_due(self) -> int:
        """Send some due reminders of locked cases; return the number of the cases."""
        now = self.clock()
        async with transaction(self.pool) as db:
            store = PostgresDispatchStore(db)
            due = await store.due_cases(now, _WORK_ORDERS_A_TIME)
            if not due:
                return 0
            events, changes = on_reminders_due(await store.load(due, ()), self.policy, now)
            await store.write(changes)
            batches = await publish(db, events)
        self.hand_over(batches)
        return len(due)


# Cases of one transaction, so that bureaus' updates never wait long for a case.
_CASES_A_TIME = 50
_CLOSE_EVERY_S = 5.0


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
    _closing: WokenWork = field(default_factory=lambda: WokenWork(_CLOSE_EVERY_S), init=False)

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
        """Close some of the cases that are still open; return how many."""
        async with transaction(self.pool) as db:
            due = await cases_to_close(db, _CASES_A_TIME)
            if not due:
                return 0
            oversight = Oversight(approved_by=due[0][1].approved_by)
            due = [one for one in due if one[1].approved_by == oversight.approved_by]
            commands = [_command(case_id, closing) for case_id, closing in due]
            store = PostgresDispatchStore(db)
            outcomes, produced = await on_command_calls(
                commands, store, self.policy, self.clock(), oversight
            )
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


_PRUNE_EVERY_S = 3600.0
_PRUNE_APART_S = 0.05
_STREAM_AGE = timedelta(hours=25)


@dataclass(frozen=True, slots=True)
class BureauEventRetention:
    """Deletes old events, 1,000 per transaction."""

    feed: PostgresFeed
    bureaus: Collection[str]
    case_events: PostgresCaseEvents

    async def run(self, stopping: asyncio.Event) -> None:
        """Delete once an hour until asked to stop."""
        await WokenWork(_PRUNE_EVERY_S).run(
            stopping,
            partial(self._sweep, stopping),
            lambda error: log.warning("retention_postponed", code=error.code),
        )

    async def _sweep(self, stopping: asyncio.Event) -> None:
        for bureau in self.bureaus:
            if age := bureau_work(bureau).retention:
                while await self.feed.prune(bureau, age):
                    await pause(stopping, _PRUNE_APART_S)
        while await self.case_events.prune(_STREAM_AGE):
            await pause(stopping, _PRUNE_APART_S)
