"""Speed from the submission topic to the bureaus' topics."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from deploy.local.folder import DataFolder
from deploy.local.stack_file import Stack
from deploy.local.supervisor import running_stack
from shared.catalogue import load_catalogue
from shared.contract.events import SubmissionReceived
from shared.contract.topics import CHANNEL_SUBMISSIONS
from shared.runtime.kafka import open_sink
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.outgoing import Outgoing
from workbench.bench.database import load_statistics
from workbench.bench.flame import flame_graphs
from workbench.bench.interpreter import Interpreter, running_interpreter
from workbench.bench.load import SOURCE, submissions
from workbench.bench.mix import Mix
from workbench.bench.profile import Profile, profiled
from workbench.bench.raw import measure_raw
from workbench.bench.usage import Usage, process_usage, router_usage_since
from workbench.replay.outcomes import OutcomeCounter, OutcomeCounts
from workbench.replay.tracker import outcome_tracker

_GIVE_UP_AFTER_IDLE_S = 20.0


@dataclass(frozen=True, slots=True)
class RouterBenchmark:
    """Result of ``bench e2e``; rates in requests per second.

    Attributes:
        raw_per_s: Rate of bare aiokafka through as many hops.
        router_per_s: Rate from the submission topic to the bureaus' topics.
        parts: Resources that each part of the router used.
        profile: Where the resources went; None when it was not asked for.
    """

    requests: int
    mix: Mix
    raw_per_s: float
    router_per_s: float
    parts: dict[str, Usage]
    counts: OutcomeCounts
    profile: Profile | None = None
    interpreter: Interpreter = field(default_factory=running_interpreter)

    @property
    def ratio(self) -> float:
        """The router's rate as a share of the raw one."""
        return self.router_per_s / self.raw_per_s

    def as_json(self) -> dict[str, Any]:
        """Return all figures as a JSON object."""
        figures: dict[str, Any] = {
            "requests": self.requests,
            "mix": self.mix,
            "interpreter": asdict(self.interpreter),
            "requests_per_second": self.router_per_s,
            "raw_per_s": self.raw_per_s,
            "router_per_s": self.router_per_s,
            "ratio": self.ratio,
            "parts": {name: asdict(part) for name, part in self.parts.items()},
            "result": self.counts.as_json(),
        }
        return figures | ({"profile": self.profile.as_json()} if self.profile else {})


async def measure_end_to_end(data: Path, requests: int, mix: Mix) -> RouterBenchmark:
    """Measure bare aiokafka, then a router in a new data folder."""
    async with running_stack(data) as stack:
        records = to_submit(submissions(requests, mix=mix))
        raw_per_s = await measure_raw(stack.access, records)
        before = process_usage()
        router_per_s, counts = await measure_router(stack.access, records)
        parts = router_usage_since(before)
    return RouterBenchmark(requests, mix, raw_per_s, router_per_s, parts, counts)


async def profile_end_to_end(
    data: Path, requests: int, mix: Mix, profiler: str | None, folder: Path
) -> RouterBenchmark:
    """Measure the same, and where the resources go.

    Args:
        profiler: Path of py-spy; None makes no flame graphs.
        folder: Where flame graphs go.
    """
    async with running_profiled_stack(data) as stack:
        records = to_submit(submissions(requests, mix=mix))
        raw_per_s = await measure_raw(stack.access, records)
        async with (
            profiled(stack.access, stack.postgres, DataFolder(data).kafka) as profile,
            flame_graphs(profiler, folder) if profiler else nullcontext(),
        ):
            router_per_s, counts = await measure_router(stack.access, records)
    return RouterBenchmark(requests, mix, raw_per_s, router_per_s, profile.parts, counts, profile)


@asynccontextmanager
async def running_profiled_stack(data: Path) -> AsyncGenerator[Stack]:
    """Run a router whose PostgreSQL has loaded the statistics of statements."""
    await load_statistics(data)
    async with running_stack(data) as stack:
        yield stack


def to_submit(events: Iterable[SubmissionReceived], adapters: int = 1) -> list[Outgoing]:
    """Return the records of submissions, from so many adapters in turn."""
    return [
        Outgoing.to_topic(CHANNEL_SUBMISSIONS.name, f"{event.source}/{number % adapters}", event)
        for number, event in enumerate(events)
    ]


async def measure_router(
    access: KafkaAccess, records: list[Outgoing]
) -> tuple[float, OutcomeCounts]:
    """Submit records to a router that is ready; return requests per second, and their outcomes."""
    bureaus = list(load_catalogue().jurisdictions["portland.gov"].bureaus)
    tracker = await outcome_tracker(access, bureaus, OutcomeCounter(SOURCE))
    async with open_sink(access) as sink:
        began = time.perf_counter()
        tracking = asyncio.create_task(tracker.follow(lambda: len(records), _GIVE_UP_AFTER_IDLE_S))
        await sink.publish(records)
        counts = await tracking
    return len(records) / (time.perf_counter() - began), counts
