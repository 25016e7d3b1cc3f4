"""Start-up and idling of a router: seconds until ready, memory, and CPU without any traffic."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

from deploy.local.infrastructure import Infrastructure, infrastructure
from deploy.local.report import Prepared, StackEvent, Started
from deploy.local.services import ROUTER, Service, running_services
from deploy.local.supervisor import prepare_stores, running_stack
from shared.catalogue import load_catalogue
from workbench.bench.usage import process_usage, router_usage_since

_SETTLE_S = 5.0
_PARTS = {"triage-stream": "surge watcher"}  # as ``process_usage`` names them


@dataclass(frozen=True, slots=True)
class StartBenchmark:
    """Result of ``bench start``.

    Attributes:
        alone_s: By service, seconds from the start of its process until it is ready, while Kafka
            and PostgreSQL run and no other service does.
        stack_s: Seconds from nothing until the whole stack is ready, in a folder with data.
        parts_s: The same by process of that stack, each from its own start; and the seconds until
            each step between the stores and the services was complete.
        memory_mib: Resident memory by part, before any traffic.
        idle_s: Seconds that the stack was left alone.
        idle_cores: CPU time by part in that time, as a share of one core.
    """

    alone_s: dict[str, float]
    stack_s: float
    parts_s: dict[str, float]
    memory_mib: dict[str, float]
    idle_s: float
    idle_cores: dict[str, float]


async def measure_start(data: Path, idle_s: float) -> StartBenchmark:
    """Start each service by itself and then the whole stack, and leave that alone for a while."""
    async with infrastructure(data) as infra:
        await prepare_stores(infra, load_catalogue().bureau_codes)
        for service in ROUTER:  # joins its group and writes its bytecode for the first time
            await _ready_after_s(infra, service)
        alone_s = {_part(one.name): await _ready_after_s(infra, one) for one in ROUTER}
    parts_s: dict[str, float] = {}

    def report(event: StackEvent) -> None:
        if isinstance(event, Started):
            parts_s[_part(event.name)] = event.took_s
        if isinstance(event, Prepared):
            parts_s[event.step] = event.took_s

    began = time.monotonic()
    async with running_stack(data, report=report):
        stack_s = time.monotonic() - began
        await asyncio.sleep(_SETTLE_S)
        before = process_usage()
        await asyncio.sleep(idle_s)
        parts = router_usage_since(before)
    return StartBenchmark(
        alone_s,
        stack_s,
        parts_s,
        {name: part.memory_mib for name, part in parts.items()},
        idle_s,
        {name: part.cpu_s / idle_s for name, part in parts.items()},
    )


async def _ready_after_s(infra: Infrastructure, service: Service) -> float:
    began = time.monotonic()
    async with running_services(infra, [service]):
        return time.monotonic() - began


def _part(process: str) -> str:
    return _PARTS.get(process, process)
