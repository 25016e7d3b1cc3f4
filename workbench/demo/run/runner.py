"""The demo's main loop: submissions go in, bureaus respond, every topic is collected."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from shared.contract.events import WorkOrder, WorkOrderUpdate, WorkOrderUpdated, new_id
from shared.contract.topics import bureau_updates
from shared.runtime.clock import utc_now
from shared.runtime.outgoing import Outgoing
from workbench.demo.run.bureaus import BureauSimulator
from workbench.demo.run.collector import RecordSource, TopicCollector
from workbench.demo.run.observations import Observations
from workbench.demo.run.submitter import RecordSink, ScenarioClock, Submitter, submit_all
from workbench.demo.scenario import Scenario
from workbench.demo.scenario.randomness import seeded_random
from workbench.demo.scenario.stories import ASKS_STATUS, SAYS_STOP

DONE_AFTER_IDLE_S = 3.0
GIVE_UP_AFTER_IDLE_S = 45.0
_CHECK_EVERY_S = 0.1


@dataclass(slots=True)
class DemoProgress:
    """State of a run, for the live view and the summary.

    Attributes:
        phase: Name of the present phase; empty at the end.
        updates: Number of updates that the bureaus have sent.
        took_s: Seconds of each finished phase, by name.
    """

    scenario: Scenario
    seen: Observations
    clock: ScenarioClock
    phase: str = ""
    updates: int = 0
    took_s: dict[str, float] = field(default_factory=dict)


class BureauRoutes(RecordSink, Protocol):
    """The ways to and from the bureaus, such as ``workbench.demo.run.bureau_ways.BureauWays``."""

    def arrived(self, on_kafka: Sequence[WorkOrder]) -> Sequence[WorkOrder]:
        """Return the work orders that reached their bureaus, of which these are on their topics."""
        ...


class DemoRunner:
    """Runs a scenario to its last message; gives up when the router stays silent."""

    def __init__(
        self,
        progress: DemoProgress,
        collector: TopicCollector,
        submitter: Submitter,
        ways: BureauRoutes,
        give_up_after_idle_s: float = GIVE_UP_AFTER_IDLE_S,
    ) -> None:
        """Prepare a run.

        Args:
            ways: The ways to and from the bureaus.
            give_up_after_idle_s: End a phase after so many seconds without any record.
        """
        self._progress = progress
        self._seen = progress.seen
        self._bureaus = BureauSimulator(seeded_random(progress.scenario.seed, "bureaus"))
        self._collector = collector
        self._submitter = submitter
        self._ways = ways
        self._give_up_after_idle_s = give_up_after_idle_s
        self._phase_began_at = time.monotonic()

    async def run(self, source: RecordSource, seconds: float) -> None:
        """Run the scenario.

        Args:
            source: Every topic, from before the first submission on.
            seconds: Time until the final burst of submissions.
        """
        progress = self._progress
        collecting = asyncio.ensure_future(self._collect(source))
        try:
            self._begin("the day")
            await submit_all(progress.scenario, self._submitter, progress.clock, seconds)
            self._begin("the backlog")
            await self._until(self._is_all_assigned, collecting)
            await self._submitter.text_again(progress.scenario.of_story(SAYS_STOP), "STOP")
            self._begin("bureaus at work")
            await self._send(self._bureaus.start_work(utc_now()))
            await self._until(self._is_all_worked_on, collecting)
            self._begin("last messages")
            await self._until(lambda: self._collector.idle_s >= DONE_AFTER_IDLE_S, collecting)
            await self._submitter.text_again(progress.scenario.of_story(ASKS_STATUS), "STATUS")
            self._begin("")
        finally:
            collecting.cancel()

    def _begin(self, phase: str) -> None:
        progress, now = self._progress, time.monotonic()
        if progress.phase:
            progress.took_s[progress.phase] = now - self._phase_began_at
        self._phase_began_at = now
        progress.phase = phase

    async def _collect(self, source: RecordSource) -> None:
        while True:
            orders = self._ways.arrived(await self._collector.poll(source))
            now = utc_now()
            await self._send([u for order in orders for u in self._bureaus.receive(order, now)])
            await self._submitter.answer_questions()

    async def _until(self, done: Callable[[], bool], collecting: "asyncio.Future[None]") -> None:
        """Wait until done, or until the router was idle for too long; raise what collecting did."""
        while not done() and self._collector.idle_s < self._give_up_after_idle_s:
            if collecting.done():
                collecting.result()
            await asyncio.sleep(_CHECK_EVERY_S)

    def _is_all_assigned(self) -> bool:
        scenario, seen = self._progress.scenario, self._seen
        return (
            seen.receipts >= len(scenario.submissions)
            and len(seen.dead_letters) >= len(scenario.unreadable)
            and len(seen.decisions) >= len(seen.accepted)
            and len(seen.leads) >= len(seen.cases_of(seen.decisions))
        )

    def _is_all_worked_on(self) -> bool:
        return not self._bureaus.unfinished and len(self._seen.updates) >= self._progress.updates

    async def _send(self, updates: Sequence[WorkOrderUpdate]) -> None:
        self._progress.updates += len(updates)
        await self._ways.publish([self._record(update) for update in updates])

    def _record(self, update: WorkOrderUpdate) -> Outgoing:
        event = WorkOrderUpdated(
            id=new_id(),
            source=f"/bureaus/{update.bureau}",
            time=update.at,
            subject=update.work_order_id,
            data=update.model_dump(mode="json"),
        )
        case_id = self._seen.orders[update.work_order_id].case_id
        return Outgoing.to_topic(bureau_updates(update.bureau).name, case_id, event)
