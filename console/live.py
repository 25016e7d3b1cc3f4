"""Live changes: one stream from dispatch, passed on to every open page."""

import asyncio
import json
import random
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import structlog

from console.api import ServiceDownError
from console.dispatch import DispatchApi

log = structlog.get_logger()

_MOST_WAITING = 200  # messages that a page may leave unread
_RETRY_S = (0.2, 2.0)
_ALARM_EVERY_S = 0.25  # so that a storm of events makes few queries
_ALARM_ANEW_S = 15.0  # without events: two minutes without an acknowledgement show by themselves
_URGENT = {"status": "open", "priority": "P1", "order": "urgent", "limit": "20"}
_OPENED = "route311.case.opened.v1"


@dataclass(frozen=True, slots=True)
class Alarm:
    """A P1 case that nobody has acknowledged; ``case`` is its id."""

    case: str
    summary: str
    language: str | None
    address: str
    since: str

    @classmethod
    def of(cls, case: Mapping[str, Any]) -> "Alarm":
        """Return the alarm of a listed case."""
        address = case["location"].get("address") or case["location"].get("district") or ""
        words = case["summary"], case["language"]
        return cls(case["case_id"], *words, address, case["first_reported_at"])


@dataclass(slots=True)
class LiveCases:
    """Changes of cases, and the alarms that stand."""

    dispatch: DispatchApi
    alarms: Sequence[Alarm] = ()
    is_connected: bool = False
    _pages: set[asyncio.Queue[str]] = field(default_factory=set)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @contextmanager
    def subscribed(self) -> Generator[asyncio.Queue[str]]:
        """Give a page its queue of server-sent events."""
        queue: asyncio.Queue[str] = asyncio.Queue(_MOST_WAITING)
        self._pages.add(queue)
        try:
            queue.put_nowait(self._state())
            yield queue
        finally:
            self._pages.discard(queue)

    async def follow(self) -> None:
        """Pass on dispatch's stream for ever; reconnect with jitter."""
        last_id: str | None = None
        while True:
            try:
                async for event_id, data in self.dispatch.follow(last_id):
                    last_id = event_id or None
                    self._set_connected(is_connected=True)
                    self._pass_on(json.loads(data))
                    self._changed.set()
            except ServiceDownError as error:
                log.warning("case_stream_lost", reason=str(error))
            self._set_connected(is_connected=False)
            await asyncio.sleep(random.uniform(*_RETRY_S))  # noqa: S311 - jitter

    async def watch_alarms(self) -> None:
        """Ask for the alarms after each change, and from time to time, for ever."""
        while True:
            self._changed.clear()
            try:
                answer = await self.dispatch.get("/v1/cases", _URGENT)
                if answer.is_done:
                    cases = answer.body["cases"]
                    self.alarms = [Alarm.of(c) for c in cases if c["acknowledged_at"] is None]
                    self._set_connected(is_connected=True)
                    self._publish(self._state())
            except ServiceDownError:
                self._set_connected(is_connected=False)
            await asyncio.sleep(_ALARM_EVERY_S)
            try:
                async with asyncio.timeout(_ALARM_ANEW_S):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _pass_on(self, event: Mapping[str, Any]) -> None:
        data = event.get("data", {})
        change = {
            "case": data.get("case_id", ""),
            "is_new": event.get("type") == _OPENED,
            "level": (data.get("priority") or {}).get("level", ""),
        }
        self._publish(f"event: change\ndata: {json.dumps(change)}\n\n")

    def _set_connected(self, *, is_connected: bool) -> None:
        if is_connected != self.is_connected:
            self.is_connected = is_connected
            self._publish(self._state())

    def _state(self) -> str:
        state = {"connected": self.is_connected, "alarms": [asdict(one) for one in self.alarms]}
        return f"event: state\ndata: {json.dumps(state)}\n\n"

    def _publish(self, message: str) -> None:
        for queue in self._pages:
            if queue.full():  # the page is told to load anew
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait("event: reset\ndata: {}\n\n")
            queue.put_nowait(message)
