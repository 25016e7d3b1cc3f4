"""Retries of a batch: as a whole, or message by message when one of them fails."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import TypeAlias, TypeVar

import structlog

from shared.contract.events import Event
from shared.errors import FencedError, PermanentError, StoppedError, SystemicError, TransientError
from shared.runtime.consumer.messages import Deferred, InvalidRecord, Message, record_position
from shared.runtime.ops.metrics import RETRIES
from shared.runtime.ops.shutdown import pause

log = structlog.get_logger()

E = TypeVar("E", bound=Event)
Item: TypeAlias = Message[E] | InvalidRecord | Deferred
Commit: TypeAlias = Callable[[Sequence[Item[E]]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Delays between attempts, in seconds.

    Attributes:
        transient_s: Delays for transient errors; after the last retry the message is deferred.
        systemic_s: Delays for systemic errors, which affect all messages. The last one repeats
            until the outage is over.
    """

    transient_s: Sequence[float] = (0.05, 0.2, 1.0)
    systemic_s: Sequence[float] = (0.1, 0.2, 0.5, 1.0, 2.0)

    def systemic_delays(self) -> Iterator[float]:
        """Return the endless sequence of delays for a systemic error."""
        return chain(self.systemic_s, repeat(self.systemic_s[-1]))


_DEFAULT_POLICY = RetryPolicy()


async def process_batch(
    batch: Sequence[Item[E]],
    commit: Commit[E],
    policy: RetryPolicy = _DEFAULT_POLICY,
    stopping: asyncio.Event | None = None,
) -> None:
    """Commit the batch; when that fails, commit each message on its own.

    A message with a permanent error becomes a dead letter. One whose transient error outlasts the
    retries is deferred.

    Args:
        commit: Handles its argument in one transaction and advances the offsets, or changes
            nothing.

    Raises:
        FencedError: Another consumer owns a partition of the batch; nothing was committed.
        StoppedError: The process is to stop; the uncommitted rest stays unread.
        Exception: An unexpected error. The offset stays before the message that caused it.
    """
    stopping = stopping or asyncio.Event()
    try:
        await _commit_with_retries(batch, commit, policy, stopping)
    except (FencedError, StoppedError):
        raise
    except Exception as error:  # noqa: BLE001 - its class decides the fate of the message
        if len(batch) == 1:
            await _handle_failure(batch[0], error, commit, policy, stopping)
            return
        log.warning("batch_split", size=len(batch), reason=type(error).__name__)
        for item in batch:
            await process_batch([item], commit, policy, stopping)


async def _handle_failure(
    item: Item[E],
    error: Exception,
    commit: Commit[E],
    policy: RetryPolicy,
    stopping: asyncio.Event,
) -> None:
    at = record_position(item.record)
    if isinstance(item, Message) and isinstance(error, PermanentError):
        log.warning("message_parked", at=at, code=error.code, reason=str(error))
        await _commit_with_retries([InvalidRecord(item.record, error)], commit, policy, stopping)
    elif isinstance(item, Message) and isinstance(error, TransientError):
        log.warning("message_deferred", at=at, code=error.code, reason=str(error))
        await _commit_with_retries([Deferred(item.record, error)], commit, policy, stopping)
    else:
        log.error("message_stuck", at=at, reason=type(error).__name__)
        raise error


async def _commit_with_retries(
    items: Sequence[Item[E]], commit: Commit[E], policy: RetryPolicy, stopping: asyncio.Event
) -> None:
    transient = iter(policy.transient_s)
    systemic = policy.systemic_delays()
    while True:
        try:
            await commit(items)
        except TransientError as error:
            delay_s = next(transient, None)
            if delay_s is None:
                raise
            await _delay(error, delay_s, stopping)
        except SystemicError as error:
            await _delay(error, next(systemic), stopping)
        else:
            return


async def _delay(
    error: TransientError | SystemicError, delay_s: float, stopping: asyncio.Event
) -> None:
    RETRIES.labels(error.code).inc()
    log.warning("batch_retried", code=error.code, reason=str(error), pause_s=delay_s)
    await pause(stopping, delay_s)


async def with_database(work: Callable[[], Awaitable[None]], stopping: asyncio.Event) -> None:
    """Retry the work while the database is down or busy; StoppedError when asked to stop."""
    delays = _DEFAULT_POLICY.systemic_delays()
    while True:
        try:
            await work()
        except (SystemicError, TransientError) as error:
            log.warning("database_unavailable", code=error.code, reason=str(error))
            await pause(stopping, next(delays))
        else:
            return
