"""One trial: traffic, a fault in it, the recovery, and the check of every invariant."""

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

from cli.check.run import check
from tests.faults.kit.adapter import Adapter
from tests.faults.kit.bureaus import Bureaus
from tests.faults.kit.counters import CounterWatch
from tests.faults.kit.history import History, write_histories
from tests.faults.kit.http_clients import SOURCE as PEOPLE
from tests.faults.kit.http_clients import HttpClients
from tests.faults.kit.reports import generate_reports
from tests.faults.kit.router import RouterUnderTest
from tests.faults.kit.verdicts import Verdict
from tests.waiting import eventually

RATE = 50
_CALM_S = 3.0
_AFTERWARDS_S = 4.0
_RECOVERED_WITHIN_S = 120.0
_SETTLED_WITHIN_S = 120.0


@dataclass(slots=True)
class Trial:
    """A router under traffic.

    Attributes:
        history: What the clients were told.
        evidence: What the services counted.
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
        """How many connections the services made to their stores since the trial began."""
        return _connections(self.router) - self._connections

    async def run_traffic(self, seconds: float) -> None:
        """Let that much more traffic pass."""
        await asyncio.sleep(seconds)

    def arrivals(self) -> int:
        """Return how many requests have reached a bureau."""
        return len(self.bureaus.arrived)

    def delays(self) -> list[float]:
        """Return how long each request took from its acceptance to its bureau, in seconds."""
        return [
            self.bureaus.arrived[request] - accepted_at
            for request, accepted_at in self._accepted_at.items()
            if request in self.bureaus.arrived
        ]

    def mark_fault_over(self) -> None:
        """Say that the fault is over now, so that the recovery is timed from here."""
        self.fault_over_at = time.monotonic()

    async def wait_for_flow(self, within_s: float = _RECOVERED_WITHIN_S) -> float:
        """Wait until a report that was made from now on has reached a bureau.

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

    async def submit_reports(self) -> None:
        """Hand in reports at the rate of the trial until it is over."""
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
            outcome, request_id = self.history.outcomes[PEOPLE, id]
            if outcome == "accepted" and request_id:
                self._accepted_at.setdefault(request_id, time.monotonic())

        task = asyncio.create_task(call())
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    async def drain(self) -> None:
        """End the traffic; what has no receipt is handed in again until it has one."""
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

        await eventually(all_have_receipts, _SETTLED_WITHIN_S)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A fault and how to see that it bit.

    Attributes:
        what: The fault in words.
        harm: Does the harm and ends it.
        seen: Says by what the fault showed; an empty text makes the trial void.
        rate: Reports handed in per second.
    """

    id: str
    fault: str
    inject: Callable[[Trial], Awaitable[None]]
    observe: Callable[[Trial], str]
    rate: float = RATE


async def run_trial(router: RouterUnderTest, scenario: Scenario, seed: int) -> Verdict:
    """Harm a router under traffic and judge what became of it."""
    own_seed = crc32(f"{seed} {scenario.id} {scenario.fault}".encode())
    async with _started(router, own_seed, scenario.rate) as trial:
        await trial.wait_for_flow()
        await trial.run_traffic(_CALM_S)
        await scenario.inject(trial)
        if trial.fault_over_at is None:
            trial.mark_fault_over()
        recovery_s = await trial.wait_for_flow()
        await trial.run_traffic(_AFTERWARDS_S)
        await trial.drain()
        await trial.counters.scrape()
        return await _judged(trial, scenario, seed, recovery_s)


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
            adapter=Adapter(router.bootstrap, history),
            bureaus=Bureaus(router.bootstrap, seed),
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


async def _judged(trial: Trial, scenario: Scenario, seed: int, recovery_s: float) -> Verdict:
    with tempfile.TemporaryDirectory() as folder:
        file = write_histories(trial.router.histories, Path(folder) / "history.jsonl")
        report = await check(
            trial.router.bootstrap, trial.router.admin_dsn, history=file, settle_s=_SETTLED_WITHIN_S
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
        mails_twice=_sent_twice(trial.router.site.folder.mail),
    )


def _sent_twice(folder: Path) -> int:
    ids = Counter(
        message_from_bytes(file.read_bytes())["Message-ID"] for file in folder.glob("*.eml")
    )
    return sum(count - 1 for count in ids.values())
