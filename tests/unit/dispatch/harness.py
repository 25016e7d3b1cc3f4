"""Test harness: dispatch's handlers on an in-memory store."""

from collections.abc import Sequence
from typing import Any, TypeVar

from services.dispatch.handlers.incoming import on_messages
from services.dispatch.policy import DispatchPolicy
from shared.contract.events import (
    Event,
    WorkOrderIssued,
)
from shared.runtime.outgoing import Outgoing
from tests.support.builders import NOON
from tests.support.dispatch.factories import (
    HOUR,
    POLICY,
    harbour_request,
    messages,
    triaged,
)
from tests.support.dispatch.in_memory_store import InMemoryDispatchStore

E = TypeVar("E", bound=Event)
NOW = NOON + HOUR


class DispatchHarness:
    """Handlers on an in-memory store; each call is one batch."""

    def __init__(self, policy: DispatchPolicy = POLICY) -> None:
        self.store = InMemoryDispatchStore()
        self._policy = policy

    async def handle(self, *items: Any) -> list[Any]:
        """Return the events."""
        return [item for item in await self.handle_all(*items) if isinstance(item, Event)]

    async def handle_all(self, *items: Any) -> list[Event | Outgoing]:
        """Return events and dead letters."""
        return await on_messages(messages(*items), self.store, self._policy, NOW)

    async def refusal_codes(self, *items: Any) -> list[str]:
        """Return the refusal codes of commands; fail when anything but dead letters follows."""
        produced = await self.handle_all(*items)
        assert all(isinstance(item, Outgoing) for item in produced), produced
        return [
            (dict(item.headers)["code"] or b"").decode()
            for item in produced
            if isinstance(item, Outgoing)
        ]

    async def open_case(
        self, kind: str = "POTHOLE", level: Any = "P4", **changes: Any
    ) -> list[Any]:
        """Open a case; return the data of its work orders, the lead's first."""
        request = harbour_request(service_code=kind, **changes)
        events = await self.handle(triaged(of=request, level=level, service_code=kind))
        return [event.data for event in of_type(WorkOrderIssued, events)]


def of_type(event_class: type[E], events: Sequence[Event]) -> list[E]:
    return [event for event in events if isinstance(event, event_class)]
