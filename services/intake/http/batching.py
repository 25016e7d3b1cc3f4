"""Submissions over HTTP, gathered so that those of one moment share one transaction."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeAlias

import structlog

from services.intake.handlers import RawSubmission
from services.intake.http.admission import AdaptiveBatchSize
from services.intake.http.deadline import DeadlineExceededError
from services.intake.outbound import Receipt
from shared.errors import SystemicError, TransientError

log = structlog.get_logger()

AcceptSubmissions: TypeAlias = Callable[[Sequence[RawSubmission]], Awaitable[Sequence[Receipt]]]

_PAUSES_S = (0.0, 0.02, 0.05, 0.1)
_LOOK_UP_EVERY_S = 0.25


@dataclass(frozen=True, slots=True)
class _Caller:
    arrival: RawSubmission
    answer: asyncio.Future[Receipt]


@dataclass(slots=True)
class SubmissionBatcher:
    """Takes in what callers hand over: all who came while it was busy, in one transaction.

    Attributes:
        take_in: Answers submissions in one transaction, or none of them.
        pace: Is told how fast that goes; whoever lets callers in asks it how many may come.
    """

    accept_submissions: AcceptSubmissions
    batch_size: AdaptiveBatchSize = field(default_factory=AdaptiveBatchSize)
    _waiting: deque[_Caller] = field(default_factory=deque, init=False)
    _woken: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _open: bool = field(default=False, init=False)

    async def submit(self, arrival: RawSubmission) -> Receipt:
        """Return the answer, once all that follows from it is durable.

        Cancelling the call takes the submission back if its transaction has not begun.

        Raises:
            NoAnswerError: The service is not taking any.
            DatabaseDownError: The database is away; the submission may or may not have been taken.
        """
        if not self._open:
            raise DeadlineExceededError("nobody can wait")
        caller = _Caller(arrival, asyncio.get_running_loop().create_future())
        self._waiting.append(caller)
        self._woken.set()
        return await caller.answer

    async def run(self, stopping: asyncio.Event) -> None:
        """Answer until asked to stop, and then those who wait already."""
        self._open = True
        clock = asyncio.get_running_loop().time
        while not stopping.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), _LOOK_UP_EVERY_S)
            self._woken.clear()
            while self._waiting:
                began, callers = clock(), self._next()
                await self._answer(callers)
                self.batch_size.record(len(callers), clock() - began)
        self._open = False

    def _next(self) -> list[_Caller]:
        count = min(len(self._waiting), self.batch_size.batch_size)
        callers = [self._waiting.popleft() for _ in range(count)]
        return [caller for caller in callers if not caller.answer.done()]

    async def _answer(self, callers: Sequence[_Caller]) -> None:
        """Answer the callers together; when one of them spoils it, each alone."""
        try:
            receipts = await self._patiently([caller.arrival for caller in callers])
        except Exception as error:  # noqa: BLE001 - whatever it is, every caller gets an answer
            if len(callers) > 1 and not isinstance(error, SystemicError):
                log.warning("gathering_split", size=len(callers), reason=type(error).__name__)
                for caller in callers:
                    await self._answer([caller])
                return
            for caller in callers:
                _give_up(caller, error)
        else:
            for caller, receipt in zip(callers, receipts, strict=True):
                if not caller.answer.done():
                    caller.answer.set_result(receipt)

    async def _patiently(self, arrivals: Sequence[RawSubmission]) -> Sequence[Receipt]:
        for pause_s in _PAUSES_S:
            try:
                return await self.accept_submissions(arrivals)
            except TransientError as error:
                log.warning("gathering_retried", code=error.code)
                await asyncio.sleep(pause_s)
        return await self.accept_submissions(arrivals)


def _give_up(caller: _Caller, error: Exception) -> None:
    if not caller.answer.done():
        caller.answer.set_exception(error)
