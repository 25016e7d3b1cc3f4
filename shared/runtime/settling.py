"""What becomes of a batch: as one, or message by message when one of them spoils it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import chain, repeat
from typing import TypeAlias, TypeVar

import structlog

from shared.errors import FencedError, PermanentError, SystemicError, TransientError
from shared.events import Event
from shared.runtime.messages import Message, Unfit, place_of
from shared.runtime.metrics import RETRIES

log = structlog.get_logger()

E = TypeVar("E", bound=Event)
Item: TypeAlias = Message[E] | Unfit
Commit: TypeAlias = Callable[[Sequence[Item[E]]], Awaitable[None]]

TRANSIENT_PAUSES_S = (0.05, 0.2, 1.0, 5.0)
SYSTEMIC_PAUSES_S = (0.1, 0.2, 0.5, 1.0, 2.0)


async def settle(batch: Sequence[Item[E]], commit: Commit[E]) -> None:
    """Commit the batch; when a message in it fails, commit each on its own and park the unfit.

    Args:
        batch: Messages and unfit records in the order in which they count.
        commit: Handles some of them in one transaction and moves past them, or changes nothing.

    Raises:
        FencedError: Another member owns a partition of the batch; nothing of it was committed.
        Exception: An error nobody foresaw, or one that trying again did not mend. The offset
            stays before the message that met it.
    """
    try:
        await _patiently(batch, commit)
    except FencedError:
        raise
    except Exception as error:  # noqa: BLE001 - its class says what becomes of the message
        if len(batch) == 1:
            await _settle_failed(batch[0], error, commit)
            return
        log.warning("batch_split", size=len(batch), reason=type(error).__name__)
        for item in batch:
            await settle([item], commit)


async def _settle_failed(item: Item[E], error: Exception, commit: Commit[E]) -> None:
    if isinstance(item, Message) and isinstance(error, PermanentError):
        log.warning("message_parked", at=place_of(item.record), code=error.code, reason=str(error))
        await _patiently([Unfit(item.record, error)], commit)
        return
    log.error("message_stuck", at=place_of(item.record), reason=type(error).__name__)
    raise error


async def _patiently(items: Sequence[Item[E]], commit: Commit[E]) -> None:
    transient = iter(TRANSIENT_PAUSES_S)
    systemic = _growing(SYSTEMIC_PAUSES_S)
    while True:
        try:
            await commit(items)
        except TransientError as error:
            pause_s = next(transient, None)
            if pause_s is None:
                raise
            await _pause(error, pause_s)
        except SystemicError as error:
            await _pause(error, next(systemic))
        else:
            return


async def _pause(error: TransientError | SystemicError, pause_s: float) -> None:
    RETRIES.labels(error.code).inc()
    log.warning("batch_retried", code=error.code, reason=str(error), pause_s=pause_s)
    await asyncio.sleep(pause_s)


def _growing(pauses_s: Sequence[float]) -> Iterator[float]:
    return chain(pauses_s, repeat(pauses_s[-1]))
