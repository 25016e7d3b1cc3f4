"""What becomes of a batch: as one, or message by message when one of them spoils it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import TypeAlias, TypeVar

import structlog

from shared.contract.events import Event
from shared.errors import (
    FencedError,
    PermanentError,
    StoppedError,
    SystemicError,
    TransientError,
)
from shared.runtime.consumer.messages import Deferred, InvalidRecord, Message, record_position
from shared.runtime.ops.metrics import RETRIES
from shared.runtime.ops.shutdown import pause

log = structlog.get_logger()

E = TypeVar("E", bound=Event)
Item: TypeAlias = Message[E] | InvalidRecord | Deferred
Commit: TypeAlias = Callable[[Sequence[Item[E]]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long to wait before trying again.

    Attributes:
        transient_s: Before each further attempt; after the last one the message is deferred.
        systemic_s: The same for a trouble that concerns all messages; the last one repeats for
            as long as it takes.
    """

    transient_s: Sequence[float] = (0.05, 0.2, 1.0)
    systemic_s: Sequence[float] = (0.1, 0.2, 0.5, 1.0, 2.0)

    def systemic_delays(self) -> Iterator[float]:
        """Return the pauses without an end."""
        return chain(self.systemic_s, repeat(self.systemic_s[-1]))


_PAUSES = RetryPolicy()


async def process_batch(
    batch: Sequence[Item[E]],
    commit: Commit[E],
    pauses: RetryPolicy = _PAUSES,
    stopping: asyncio.Event | None = None,
) -> None:
    """Commit the batch; when a message in it fails, commit each on its own.

    A message that can never be handled is parked, one that may be handled later is deferred.

    Args:
        batch: Messages and unfit records in the order in which they count.
        commit: Handles some of them in one transaction and moves past them, or changes nothing.
        pauses: How long to wait before each further attempt.
        stopping: Says that the process is to stop; no pause lasts longer.

    Raises:
        FencedError: Another member owns a partition of the batch; nothing of it was committed.
        StoppedError: The process is to stop; what was not committed stays.
        Exception: An error nobody foresaw. The offset stays before the message that met it.
    """
    stopping = stopping or asyncio.Event()
    try:
        await _patiently(batch, commit, pauses, stopping)
    except (FencedError, StoppedError):
        raise
    except Exception as error:  # noqa: BLE001 - its class says what becomes of the message
        if len(batch) == 1:
            await _settle_failed(batch[0], error, commit, pauses, stopping)
            return
        log.warning("batch_split", size=len(batch), reason=type(error).__name__)
        for item in batch:
            await process_batch([item], commit, pauses, stopping)


async def _settle_failed(
    item: Item[E],
    error: Exception,
    commit: Commit[E],
    pauses: RetryPolicy,
    stopping: asyncio.Event,
) -> None:
    at = record_position(item.record)
    if isinstance(item, Message) and isinstance(error, PermanentError):
        log.warning("message_parked", at=at, code=error.code, reason=str(error))
        await _patiently([InvalidRecord(item.record, error)], commit, pauses, stopping)
    elif isinstance(item, Message) and isinstance(error, TransientError):
        log.warning("message_deferred", at=at, code=error.code, reason=str(error))
        await _patiently([Deferred(item.record, error)], commit, pauses, stopping)
    else:
        log.error("message_stuck", at=at, reason=type(error).__name__)
        raise error


async def _patiently(
    items: Sequence[Item[E]], commit: Commit[E], pauses: RetryPolicy, stopping: asyncio.Event
) -> None:
    transient = iter(pauses.transient_s)
    systemic = pauses.systemic_delays()
    while True:
        try:
            await commit(items)
        except TransientError as error:
            pause_s = next(transient, None)
            if pause_s is None:
                raise
            await _pause(error, pause_s, stopping)
        except SystemicError as error:
            await _pause(error, next(systemic), stopping)
        else:
            return


async def _pause(
    error: TransientError | SystemicError, pause_s: float, stopping: asyncio.Event
) -> None:
    RETRIES.labels(error.code).inc()
    log.warning("batch_retried", code=error.code, reason=str(error), pause_s=pause_s)
    await pause(stopping, pause_s)
