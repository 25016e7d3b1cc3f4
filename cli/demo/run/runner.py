"""The day on a running router: reports come in, bureaus answer, everything is watched."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from cli.demo.run.bureaus import Bureaus
from cli.demo.run.facts import Facts
from cli.demo.run.handing_in import Clock, Door, hand_in
from cli.demo.run.watching import Tail, Watch
from cli.demo.scenario import Day
from cli.demo.scenario.chance import chance
from shared.contract.events import (
    WorkOrderUpdate,
    WorkOrderUpdated,
    new_id,
)
from shared.contract.topics import bureau_updates
from shared.runtime.clock import utc_now
from shared.runtime.outbox.records import Outgoing

QUIET_S = 3.0
PATIENCE_S = 45.0
_ASK_EVERY_S = 0.1


@dataclass(slots=True)
class Progress:
    """How far the play is, for those who look on.

    Attributes:
        scene: What is going on, in words.
        updates: How many updates the bureaus have sent.
        took_s: How long each scene took that is over.
    """

    day: Day
    facts: Facts
    clock: Clock
    scene: str = ""
    updates: int = 0
    took_s: dict[str, float] = field(default_factory=dict)


class Sink(Protocol):
    """Where the bureaus' updates go."""

    async def publish(self, records: Sequence[Outgoing]) -> None:
        """Return when the broker has them all."""
        ...


class DemoRunner:
    """Plays one day on the topics that it is given; gives up when nothing comes any more."""

    def __init__(
        self,
        progress: Progress,
        watch: Watch,
        door: Door,
        sink: Sink,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._progress = progress
        self._facts = progress.facts
        self._bureaus = Bureaus(chance(progress.day.seed, "bureaus"))
        self._watch = watch
        self._door = door
        self._sink = sink
        self._patience_s = patience_s
        self._began_at = time.monotonic()

    async def play(self, tail: Tail, seconds: float) -> None:
        """Play the day to its last message.

        Args:
            tail: Every topic, from before the day on.
            seconds: How long the day takes until its backlog comes in.
        """
        looking = asyncio.ensure_future(self._look_on(tail))
        try:
            self._begin("the day")
            await hand_in(self._progress.day, self._door, self._progress.clock, seconds)
            self._begin("the backlog")
            await self._until(self._is_all_at_work, looking)
            self._begin("bureaus at work")
            await self._say(self._bureaus.begin_to_work(utc_now()))
            await self._until(self._is_all_said, looking)
            self._begin("last messages")
            await self._until(lambda: self._watch.quiet_s >= QUIET_S, looking)
            self._begin("")
        finally:
            looking.cancel()

    def _begin(self, scene: str) -> None:
        progress, now = self._progress, time.monotonic()
        if progress.scene:
            progress.took_s[progress.scene] = now - self._began_at
        self._began_at = now
        progress.scene = scene

    async def _look_on(self, tail: Tail) -> None:
        while True:
            orders = await self._watch.look(tail)
            now = utc_now()
            await self._say([u for order in orders for u in self._bureaus.hear(order, now)])

    async def _until(self, done: Callable[[], bool], looking: "asyncio.Future[None]") -> None:
        """Return when it is done, or when nothing has come for so long that it never will be."""
        while not done() and self._watch.quiet_s < self._patience_s:
            if looking.done():
                looking.result()
            await asyncio.sleep(_ASK_EVERY_S)

    def _is_all_at_work(self) -> bool:
        day, facts = self._progress.day, self._facts
        cases = {decision.case_id for decision in facts.decisions.values() if decision.case_id}
        return (
            facts.answered >= len(day.reports)
            and len(facts.parked) >= len(day.garbage)
            and len(facts.decisions) >= len(facts.accepted)
            and len(facts.leads) >= len(cases)
        )

    def _is_all_said(self) -> bool:
        return not self._bureaus.busy and len(self._facts.updates) >= self._progress.updates

    async def _say(self, updates: Sequence[WorkOrderUpdate]) -> None:
        self._progress.updates += len(updates)
        await self._sink.publish([_record(update, self._facts) for update in updates])


def _record(update: WorkOrderUpdate, facts: Facts) -> Outgoing:
    event = WorkOrderUpdated(
        id=new_id(),
        source=f"/bureaus/{update.bureau}",
        time=update.at,
        subject=update.work_order_id,
        data=update.model_dump(mode="json"),
    )
    topic = bureau_updates(update.bureau).name
    case_id = facts.orders[update.work_order_id].case_id
    return Outgoing.to_topic(topic, case_id, event)
