"""A trial: inject a fault under traffic, wait for the recovery, check every invariant."""

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path
from zlib import crc32

import aiohttp

from tests.faults.kit.adapter import Adapter
from tests.faults.kit.bureaus import Bureaus
from tests.faults.kit.counters import CounterWatch
from tests.faults.kit.history import History, write_histories
from tests.faults.kit.http_clients import SOURCE as HTTP_SOURCE
from tests.faults.kit.http_clients import HttpClients
from tests.faults.kit.reports import generate_reports
from tests.faults.kit.router import RouterUnderTest
from tests.faults.kit.verdicts import Verdict
from tests.support.waiting import eventually
from workbench.check.run import check

RATE = 50
_BEFORE_FAULT_S = 3.0
_AFTER_RECOVERY_S = 4.0
_RECOVERED_WITHIN_S = 120.0
_DRAINED_WITHIN_S = 120.0


@dataclass(slots=True)
class Trial:
    """A router under traffic.

    Attributes:
        router: The router.
        seed: The trial's own seed.
        history: The outcomes that the clients observed.
        counters: The services' metrics.
        http_clients: Clients of intake's HTTP interface.
        adapter: A channel adapter on Kafka.
        bureaus: The simulated bureaus.
        rate: Reports submitted per second.
        poison_share: Share of poison records, from 0 to 1.
        fault_over_at: Monotonic time of the end of the fault; None before.
    """

    router: RouterUnderTest
    seed: int
    history: History
    counters: CounterWatch
    http_clients: HttpClients
    adapter: Adapter
    bureaus: Bureaus
    rate: float = RATE
    poison_share: float = 0.001
    fault_over_at: float | None = None
    _connections: int = 0
    _accepted_at: dict[str, float] = field(default_factory=dict)
    _calls: set[asyncio.Task[None]] = field(default_factory=set)
    _stopped: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def reconnects(self) -> int:
        """Number of connections from the services to their stores since the trial began."""
        return _connections(self.router) - self._connections

    async def run_traffic(self, seconds: float) -> None:
        """Wait while the traffic continues."""
        await asyncio.sleep(seconds)

    def arrivals(self) -> int:
        """Return the number of requests that have reached a bureau."""
        return len(self.bureaus.arrived)

    def delays(self) -> list[float]:
        """Return the seconds from the acceptance of each request to its arrival at a bureau."""
        return [
            self.bureaus.arrived[request] - accepted_at
            for request, accepted_at in self._accepted_at.items()
            if request in self.bureaus.arrived
        ]

    def mark_fault_over(self) -> None:
        """Mark the end of the fault, from which the recovery is timed."""
        self.fault_over_at = time.monotonic()

    async def wait_for_flow(self, within_s: float = _RECOVERED_WITHIN_S) -> float:
        """Wait until a report accepted after the fault has reached a bureau.

        Returns:
            Seconds since the end of the fault.
        """
        began = time.monotonic() if self.fault_over_at is None else self.fault_over_at

        async def arrived() -> bool:
            return any(
                request in self.bureaus.arrived
                for request, accepted_at in self._accepted_at.items()
                if accepted_at > began
            )

        await eventually(arrived, within_s)
        return time.monotonic() - began

    async def wait_for_acceptance(self, since: float, within_s: float = 60.0) -> float:
        """Wait until intake accepts a report over HTTP.

        Args:
            since: The monotonic time after which it must do so.
            within_s: Seconds to wait at most.

        Returns:
            Seconds since that time.
        """

        async def accepted_at() -> float | None:
            return min((at for at in self._accepted_at.values() if at > since), default=None)

        return (await eventually(accepted_at, within_s) or since) - since

    async def submit_reports(self) -> None:
        """Submit reports at the trial's rate until the traffic ends."""
        began = time.monotonic()
        for number, report in enumerate(generate_reports(self.seed, lambda: self.poison_share)):
            if self._stopped.is_set():
                return
            self.history.submitted += 1
            if report.transport == "kafka":
                self.adapter.submit(report)
            else:
                self._call(report.id, self.http_clients.submit(report))
            await asyncio.sleep(max(0.0, began + number / self.rate - time.monotonic()))

    def _call(self, id: str, work: Awaitable[None]) -> None:
        async def call() -> None:
            await work
            outcome, request_id = self.history.outcomes[HTTP_SOURCE, id]
            if outcome == "accepted" and request_id:
                self._accepted_at.setdefault(request_id, time.monotonic())

        task = asyncio.create_task(call())
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    async def drain(self) -> None:
        """End the traffic; resubmit reports until each has a receipt."""
        self._stopped.set()
        self.bureaus.is_responding = False
        await asyncio.gather(*self._calls)
        again_at = time.monotonic() + 15.0

        async def all_have_receipts() -> bool:
            nonlocal again_at
            if time.monotonic() > again_at:
                again_at += 15.0
                self.adapter.resubmit_missing()
            return self.adapter.is_complete

        await eventually(all_have_receipts, _DRAINED_WITHIN_S)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A fault, and the evidence that it took effect.

    Attributes:
        id: The scenario's id in the table of promises.
        fault: The fault, for display.
        inject: Injects the fault and ends it.
        observe: Returns the evidence of the fault; an empty text makes the trial void.
        rate: Reports submitted per second.
    """

    id: str
    fault: str
    inject: Callable[[Trial], Awaitable[None]]
    observe: Callable[[Trial], str]
    rate: float = RATE


async def run_trial(router: RouterUnderTest, scenario: Scenario, seed: int) -> Verdict:
    """Inject the fault into a router under traffic, then check every invariant."""
    own_seed = crc32(f"{seed} {scenario.id} {scenario.fault}".encode())
    async with _started(router, own_seed, scenario.rate) as trial:
        await trial.wait_for_flow()
        await trial.run_traffic(_BEFORE_FAULT_S)
        await scenario.inject(trial)
        if trial.fault_over_at is None:
            trial.mark_fault_over()
        recovery_s = await trial.wait_for_flow()
        await trial.run_traffic(_AFTER_RECOVERY_S)
        await trial.drain()
        await trial.counters.scrape()
        return await _verdict(trial, scenario, seed, recovery_s)


@asynccontextmanager
async def _started(router: RouterUnderTest, seed: int, rate: float) -> AsyncGenerator[Trial]:
    history = History()
    router.histories.append(history)
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        )
        trial = Trial(
            router=router,
            seed=seed,
            history=history,
            counters=CounterWatch(http, lambda: _addresses(router)),
            http_clients=HttpClients(
                http, lambda: router.intakes, router.keys.adapters["demo"], history
            ),
            adapter=Adapter(router.access, history),
            bureaus=Bureaus(router.access, seed),
            rate=rate,
            _connections=_connections(router),
        )
        work_ends = await trial.bureaus.work_offsets()
        receipts_end = await trial.adapter.receipt_offsets()
        tasks = [
            asyncio.create_task(work)
            for work in (
                trial.bureaus.run(work_ends),
                trial.adapter.read_receipts(receipts_end),
                trial.adapter.run(),
                trial.counters.watch(),
                trial.submit_reports(),
            )
        ]
        try:
            yield trial
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _connections(router: RouterUnderTest) -> int:
    return sum(link.accepted for link in router.links)


def _addresses(router: RouterUnderTest) -> dict[str, str]:
    return {name: f"http://{p.program.address}" for name, p in router.members.items()}


async def _verdict(trial: Trial, scenario: Scenario, seed: int, recovery_s: float) -> Verdict:
    with tempfile.TemporaryDirectory() as folder:
        file = write_histories(trial.router.histories, Path(folder) / "history.jsonl")
        report = await check(
            trial.router.access, trial.router.admin_dsn, history=file, settle_s=_DRAINED_WITHIN_S
        )
    return Verdict(
        scenario=scenario.id,
        fault=scenario.fault,
        seed=seed,
        seen=scenario.observe(trial),
        handed_in=trial.history.submitted,
        accepted=trial.history.accepted,
        server_errors=trial.history.errors,
        reasons=dict(trial.history.reasons),
        slowest_call_s=trial.history.slowest_s,
        recovery_s=recovery_s,
        broken=[
            f"{invariant.id}: {violation.what} {list(violation.ids)[:3]}"
            for invariant in report.invariants
            for violation in invariant.violations
        ],
        mails_twice=_duplicate_mails(trial.router.site.folder.mail),
    )


def _duplicate_mails(folder: Path) -> int:
    ids = Counter(
        message_from_bytes(file.read_bytes())["Message-ID"] for file in folder.glob("*.eml")
    )
    return sum(count - 1 for count in ids.values())
