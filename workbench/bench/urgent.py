"""Latency of urgent requests: idle, beside steady traffic, inside a burst, behind a backlog."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import quantiles

from deploy.local.supervisor import running_stack
from shared.contract.events import SubmissionReceived
from shared.contract.topics import CHANNEL_SUBMISSIONS, INTAKE_RECEIPTS
from shared.runtime.kafka import KafkaSink, open_sink
from shared.runtime.kafka.reader import end_offsets
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.outgoing import Outgoing
from workbench.bench.arrivals import Arrivals, watch_arrivals
from workbench.bench.bursts import WAYS, mixed, open_ways
from workbench.bench.load import SOURCE, submissions
from workbench.bench.mix import Mix

_GAP_S = 0.25
_STEADY_PER_S = 50
_WARM_UP = 10
_LATE_AFTER_S = 60.0
_URGENT = "urgent-"  # how the ids of urgent submissions begin
_KIND, _TEXT = "ROW-MANHOLE", "The manhole cover is gone, an open hole in the street"
_HAZARDS = frozenset({"ROW-POTHOLE", "ROW-DEBRIS"})  # of the load: their texts are urgent as well
_SOUTH, _WEST, _STEP_DEGREES, _ROW = 45.47, -122.66, 0.0015, 60  # over 100 m apart: a case each

OnSample = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Latency:
    """Time until urgent requests were on their bureau's topic, in milliseconds.

    Attributes:
        missing: How many of them were not there within a minute; they count as a minute late.
        submitted_ms: From the submission on Kafka, median and 99th percentile.
        accepted_ms: From the acceptance by intake.
    """

    samples: int
    missing: int
    submitted_ms: tuple[float, float]
    accepted_ms: tuple[float, float]


@dataclass(frozen=True, slots=True)
class UrgentBenchmark:
    """Result of ``bench urgent``.

    Attributes:
        steady: Beside 50 routine requests a second.
        inside: Submitted with a burst of routine requests, evenly among them, by the way in: on
            Kafka by one adapter or twelve, over HTTP in bulk or one by one.
        burst: How many requests that were.
        behind: Submitted after a backlog of routine requests, by the same adapter.
        backlog: How many requests that were.
        left: How many of these still waited at the end; the measure is void without any.
    """

    idle: Latency
    steady: Latency
    inside: Mapping[str, Latency]
    burst: int
    behind: Latency
    backlog: int
    left: int

    @property
    def ratio(self) -> float:
        """The 99th percentile behind the backlog as a multiple of the idle one."""
        return self.behind.submitted_ms[1] / self.idle.submitted_ms[1]


async def measure_urgent(
    data: Path, backlog: int, burst: int, samples: int, mix: Mix, on_sample: OnSample
) -> UrgentBenchmark:
    """Start a router, and submit urgent requests in each of the situations.

    Args:
        backlog: How many routine requests to queue.
        burst: How many routine requests to submit at once with the urgent ones.
        samples: How many urgent requests to measure in each situation.
        on_sample: Called after each of them.
    """
    routine = (
        event
        for event in submissions(
            2 * (backlog + len(WAYS) * burst + _STEADY_PER_S * samples), mix=mix
        )
        if event.data.get("service_code") not in _HAZARDS
    )
    urgent = _urgent_reports()
    async with (
        running_stack(data) as stack,
        open_sink(stack.access) as sink,
        watch_arrivals(stack.access) as arrivals,
        open_ways(stack) as ways,
    ):
        await _measure(sink, arrivals, islice(urgent, _WARM_UP), lambda: None)
        idle = await _measure(sink, arrivals, islice(urgent, samples), on_sample)
        async with _steady_traffic(stack.access, routine):
            steady = await _measure(sink, arrivals, islice(urgent, samples), on_sample)
        inside: dict[str, Latency] = {}
        for way, submit in ways.items():
            events = mixed(list(islice(routine, burst)), list(islice(urgent, samples)))
            began = await submit(events)
            ids = [event.id for event in events if event.id.startswith(_URGENT)]
            inside[way] = await _latency(arrivals, {id_: began[id_] for id_ in ids})
            on_sample()
        before = await _receipts(stack.access)
        await sink.publish([_outgoing(event) for event in islice(routine, backlog)])
        behind = await _measure(sink, arrivals, islice(urgent, samples), on_sample)
        left = max(0, backlog - (await _receipts(stack.access) - before))
    return UrgentBenchmark(idle, steady, inside, burst, behind, backlog, left)


async def _measure(
    sink: KafkaSink, arrivals: Arrivals, reports: Iterable[SubmissionReceived], on_sample: OnSample
) -> Latency:
    submitted: dict[str, float] = {}
    for report in reports:
        submitted[report.id] = time.time()
        await sink.publish([_outgoing(report)])
        on_sample()
        await asyncio.sleep(_GAP_S)
    return await _latency(arrivals, submitted)


async def _latency(arrivals: Arrivals, submitted: Mapping[str, float]) -> Latency:
    found = await arrivals.of(submitted, _LATE_AFTER_S)
    late = [_LATE_AFTER_S] * (len(submitted) - len(found))
    return Latency(
        len(submitted),
        len(late),
        _percentiles([one.at_bureau - submitted[id_] for id_, one in found.items()] + late),
        _percentiles([one.at_bureau - one.accepted for one in found.values()] + late),
    )


def _percentiles(seconds: list[float]) -> tuple[float, float]:
    cuts = quantiles(seconds, n=100, method="inclusive")
    return 1000 * cuts[49], 1000 * cuts[98]


@asynccontextmanager
async def _steady_traffic(
    access: KafkaAccess, routine: Iterator[SubmissionReceived]
) -> AsyncGenerator[None]:
    async def send() -> None:
        async with open_sink(access) as sink:
            for event in routine:
                publishing = sink.publish([_outgoing(event)])
                await asyncio.gather(publishing, asyncio.sleep(1 / _STEADY_PER_S))

    sending = asyncio.create_task(send())
    try:
        yield
    finally:
        sending.cancel()
        await asyncio.wait([sending])


def _outgoing(event: SubmissionReceived) -> Outgoing:
    return Outgoing.to_topic(CHANNEL_SUBMISSIONS.name, event.source, event)


async def _receipts(access: KafkaAccess) -> int:
    return sum((await end_offsets(access, [INTAKE_RECEIPTS.name])).values())


def _urgent_reports() -> Iterator[SubmissionReceived]:
    """Yield urgent submissions, each of another place."""
    for number in range(_ROW * _ROW):
        row, column = divmod(number, _ROW)
        location = {
            "latitude": round(_SOUTH + row * _STEP_DEGREES, 6),
            "longitude": round(_WEST + column * _STEP_DEGREES, 6),
            "accuracy_m": 10,
        }
        data = {
            "jurisdiction": "portland.gov",
            "channel": "app",
            "service_code": _KIND,
            "description": _TEXT,
            "language": "en",
            "location": location,
        }
        yield SubmissionReceived(id=f"{_URGENT}{number}", source=SOURCE, data=data)
