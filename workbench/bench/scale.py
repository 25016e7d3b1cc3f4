"""Speed of the router with several processes of a service, and what limits it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from deploy.local.infrastructure import infrastructure
from deploy.local.services import ROUTER, Service, running_services
from deploy.local.supervisor import prepare_stores
from shared.catalogue import load_catalogue
from shared.contract.topics import all_topics
from shared.runtime.kafka.topics import apply_topics
from workbench.bench.bottleneck import Bottleneck, Running, find_bottleneck
from workbench.bench.end_to_end import measure_router, to_submit
from workbench.bench.load import submissions
from workbench.bench.mix import Mix
from workbench.bench.usage import Usage, process_usage, usage_by_part, used_since

_ADAPTERS = 96

OnRun = Callable[["ScaleRun"], None]


@dataclass(frozen=True, slots=True)
class ScaleRun:
    """One run of ``bench scale``.

    Attributes:
        service: The service with several processes.
        processes: Number of its processes; of every other service one runs.
        partitions: Partitions of the main topics.
        requests_per_second: Rate from the submission topic to the bureaus' topics.
        parts: Resources that each part used, of all its processes together.
        busy_cores: Cores that all programs of the machine kept busy on average.
    """

    service: str
    processes: int
    partitions: int
    requests: int
    requests_per_second: float
    parts: dict[str, Usage]
    seconds: float
    busy_cores: float
    bottleneck: Bottleneck


def planned_runs(services: Sequence[str], processes: Sequence[int]) -> list[tuple[str, int]]:
    """Return services and numbers of processes to run; one process of each is the same run."""
    several = [(service, count) for service in services for count in processes if count > 1]
    return [(services[0], 1)] * (1 in processes) + several


async def measure_scale(
    data: Path,
    partitions: int,
    runs: Sequence[tuple[str, int]],
    requests: int,
    mix: Mix,
    on_run: OnRun,
) -> list[ScaleRun]:
    """Run the router once with each number of processes of a service.

    Kafka and PostgreSQL run through; the services start anew for each run.

    Args:
        partitions: Partitions of the main topics: 4 or more.
        runs: Service and number of its processes.
        requests: Number of requests of a run.
        on_run: Called after each run.
    """
    found: list[ScaleRun] = []
    async with infrastructure(data) as infra:
        bureaus = load_catalogue().bureau_codes
        await prepare_stores(infra, bureaus)
        await apply_topics(infra.access, all_topics(bureaus), partitions=partitions)
        for number, (service, processes) in enumerate(runs):
            records = to_submit(submissions(requests, after=number * requests, mix=mix), _ADAPTERS)
            async with running_services(infra, _router(service, processes)):
                before, busy_before = process_usage(), _busy_s()
                began = time.perf_counter()
                rate, _ = await measure_router(infra.access, records)
                seconds = time.perf_counter() - began
                used = used_since(before, process_usage())
                busy = (_busy_s() - busy_before) / seconds
            shares = [Running(one.part, one.usage.cpu_s / seconds) for one in used]
            found.append(
                ScaleRun(
                    *(service, processes, partitions, requests, rate, usage_by_part(used)),
                    *(seconds, busy),
                    find_bottleneck(shares, busy, psutil.cpu_count() or 1),
                )
            )
            on_run(found[-1])
    return found


def _router(service: str, processes: int) -> list[Service]:
    [first] = [one for one in ROUTER if one.name == service]
    return [*ROUTER, *(replace(first, instance=number) for number in range(2, processes + 1))]


def _busy_s() -> float:
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system + times.irq + times.softirq)
