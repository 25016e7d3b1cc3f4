"""``route311 bench``: benchmarks whose results are ratios within one run, for any machine."""

import asyncio
import json
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from cli.bench.load import SOURCE, submissions
from cli.bench.raw import HOPS, measure_raw
from cli.bench.usage import Usage, usage
from cli.connection import JsonOption
from cli.interrupts import run
from cli.replay.outcomes import OutcomeCounter, OutcomeCounts
from cli.replay.tracker import outcome_tracker
from deploy.local.folder import DataFolder
from deploy.local.postgres_files import remove_cluster
from shared.contract.topics import CHANNEL_SUBMISSIONS
from shared.runtime.kafka import open_sink
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.outgoing import Outgoing

bench = typer.Typer(
    help="Measure the router's speed against the raw limit, in one run.", no_args_is_help=True
)

_GIVE_UP_AFTER_IDLE_S = 20.0
_OPEN_REPORTS = (10_000, 100_000, 1_000_000)
_SERVICES = ("intake", "triage", "dispatch", "notify")

IdleOption = Annotated[
    float, typer.Option("--idle", min=1.0, help="Seconds without traffic to measure.")
]
RequestsOption = Annotated[int, typer.Option("--requests", min=100, help="How many requests.")]


@dataclass(frozen=True, slots=True)
class RouterBenchmark:
    """Result of ``bench e2e``; rates in requests per second.

    Attributes:
        requests: Number of requests.
        raw_per_s: Rate of bare aiokafka through as many hops.
        router_per_s: Rate from the submission topic to the bureaus' topics.
        parts: Resources that each part of the router used.
        counts: Outcomes of the requests.
    """

    requests: int
    raw_per_s: float
    router_per_s: float
    parts: dict[str, Usage]
    counts: OutcomeCounts

    @property
    def ratio(self) -> float:
        """The router's rate as a share of the raw one."""
        return self.router_per_s / self.raw_per_s


@bench.command()
def e2e(requests: RequestsOption = 20_000, json_output: JsonOption = False) -> None:
    """Measure the way from the submission topic to the bureaus' topics.

    A router of its own is started in a temporary folder. The raw limit is the same bytes copied
    by bare aiokafka through as many hops, measured just before.
    """
    console = Console(stderr=json_output, highlight=False)
    measured = run(_e2e(requests, console))
    if json_output:
        typer.echo(json.dumps(_as_json(measured)))
    else:
        _show(measured, console)


async def _e2e(requests: int, console: Console) -> RouterBenchmark:
    from deploy.local.supervisor import running_stack  # noqa: PLC0415 - slow to load

    with _temporary_folder() as folder, console.status("measuring, with a router of its own"):
        async with running_stack(folder / "data") as stack:
            records = [
                Outgoing.to_topic(CHANNEL_SUBMISSIONS.name, event.source, event)
                for event in submissions(requests)
            ]
            raw_per_s = await measure_raw(stack.access, records)
            before = usage()
            router_per_s, counts = await _measure_router(stack.access, records)
            parts = {
                name: Usage(now.cpu_s - before[name].cpu_s, now.memory_mib)
                for name, now in usage().items()
            }
    return RouterBenchmark(requests, raw_per_s, router_per_s, parts, counts)


@contextmanager
def _temporary_folder() -> Generator[Path]:
    with tempfile.TemporaryDirectory(prefix="route311-bench-") as name:
        folder = Path(name)
        yield folder
        remove_cluster(DataFolder(folder / "data"))  # lies elsewhere when root runs this


async def _measure_router(
    access: KafkaAccess, records: list[Outgoing]
) -> tuple[float, OutcomeCounts]:
    from shared.catalogue import load_catalogue  # noqa: PLC0415 - slow to load

    bureaus = list(load_catalogue().jurisdictions["portland.gov"].bureaus)
    tracker = await outcome_tracker(access, bureaus, OutcomeCounter(SOURCE))
    async with open_sink(access) as sink:
        began = time.perf_counter()
        tracking = asyncio.create_task(tracker.follow(lambda: len(records), _GIVE_UP_AFTER_IDLE_S))
        await sink.publish(records)
        counts = await tracking
    return len(records) / (time.perf_counter() - began), counts


@bench.command()
def triage(requests: RequestsOption = 50_000, json_output: JsonOption = False) -> None:
    """Measure triage alone against bare aiokafka that consumes, validates and produces.

    Both go over the same requests, which wait in triage's topic.
    """
    from cli.bench.stage import measure_stage  # noqa: PLC0415 - slow to load

    console = Console(stderr=json_output, highlight=False)
    with _temporary_folder() as folder, console.status("measuring, with a triage of its own"):
        stage = run(measure_stage(folder / "data", requests))
    if json_output:
        ratios = {"ratio": stage.ratio, "ratio_to_tuned": stage.ratio_to_tuned}
        typer.echo(json.dumps(asdict(stage) | ratios))
        return
    console.print(f"bare aiokafka, consume, validate, produce: {stage.bare_per_s:,.0f}/s")
    console.print(f"the same, as safe and in batches as large: {stage.tuned_per_s:,.0f}/s")
    console.print(f"triage: [bold]{stage.triage_per_s:,.0f}/s[/]")
    console.print(f"ratio: [bold]{stage.ratio:.2f}[/], to the tuned one {stage.ratio_to_tuned:.2f}")
    console.print(_table_of(stage.parts, stage.requests))


@bench.command()
def index(
    reports: Annotated[
        list[int] | None, typer.Option("--open", min=1_000, help="How many reports are open.")
    ] = None,
    json_output: JsonOption = False,
) -> None:
    """Measure what a decision takes with 10,000, 100,000 and 1,000,000 open reports."""
    from cli.bench.index import measure_index  # noqa: PLC0415 - slow to load

    counts = sorted(reports or _OPEN_REPORTS)
    console = Console(stderr=True, highlight=False)
    with _temporary_folder() as folder, Progress(console=console, transient=True) as progress:
        task = progress.add_task("filling the table", total=counts[-1])
        found = run(
            measure_index(folder / "data", counts, lambda n: progress.update(task, completed=n))
        )
    if json_output:
        typer.echo(json.dumps([asdict(figures) for figures in found]))
        return
    table = Table("open", "query p50", "p99", "decision p50", "p99", "candidates", "bytes each")
    for f in found:
        times = (f"{us:,.0f} µs" for us in (*f.query_us, *f.decide_us))
        table.add_row(f"{f.open_reports:,}", *times, f"{f.candidates:.2f}", f"{f.bytes_each:.0f}")
    Console(highlight=False).print(table)


@bench.command()
def start(idle_s: IdleOption = 60.0, json_output: JsonOption = False) -> None:
    """Measure how fast services start, their memory, and what they burn without traffic."""
    from cli.bench.start import measure_start  # noqa: PLC0415 - slow to load

    console = Console(stderr=json_output, highlight=False)
    with _temporary_folder() as folder, console.status("measuring, with a router of its own"):
        found = run(measure_start(folder / "data", idle_s))
    if json_output:
        typer.echo(json.dumps(asdict(found)))
        return
    console.print(f"the whole stack is ready after [bold]{found.stack_s:.1f} s[/]")
    table = Table("part", "alone s", "in the stack s", "MiB", "idle % of a core")
    for name in sorted({*found.parts_s, *found.memory_mib}):
        alone, started = found.alone_s.get(name), found.parts_s.get(name)
        memory, idle = found.memory_mib.get(name), found.idle_cores.get(name)
        table.add_row(
            name,
            *("" if f is None else f"{f:.2f}" for f in (alone, started)),
            "" if memory is None else f"{memory:,.0f}",
            "" if idle is None else f"{100 * idle:.2f}",
        )
    console.print(table)


@bench.command()
def urgent(
    backlog: Annotated[
        int, typer.Option("--backlog", min=1_000, help="How many routine requests to queue.")
    ] = 20_000,
    samples: Annotated[
        int, typer.Option("--samples", min=20, help="How many urgent requests each time.")
    ] = 100,
    json_output: JsonOption = False,
) -> None:
    """Measure how soon an urgent request is at its bureau: idle, at 50/s, behind a backlog."""
    from cli.bench.urgent import measure_urgent  # noqa: PLC0415 - slow to load

    console = Console(stderr=True, highlight=False)
    with _temporary_folder() as folder, Progress(console=console, transient=True) as progress:
        task = progress.add_task("submitting urgent requests", total=3 * samples)
        found = run(
            measure_urgent(folder / "data", backlog, samples, lambda: progress.advance(task))
        )
    if json_output:
        typer.echo(json.dumps(asdict(found) | {"ratio": found.ratio}))
        return
    table = Table(
        "", "submission to bureau p50", "p99", "acceptance to bureau p50", "p99", "missing"
    )
    rows = {
        "idle": found.idle,
        "at 50/s": found.steady,
        f"behind {found.backlog:,}": found.behind,
    }
    for name, latency in rows.items():
        times = (f"{ms:,.0f} ms" for ms in (*latency.submitted_ms, *latency.accepted_ms))
        table.add_row(name, *times, str(latency.missing))
    output = Console(highlight=False)
    output.print(table)
    output.print(f"ratio: [bold]{found.ratio:.1f}[/]; {found.left:,} still waited at the end")


def _as_json(measured: RouterBenchmark) -> dict[str, Any]:
    return {
        "requests": measured.requests,
        "raw_per_s": measured.raw_per_s,
        "router_per_s": measured.router_per_s,
        "ratio": measured.ratio,
        "parts": {name: asdict(part) for name, part in measured.parts.items()},
        "result": measured.counts.as_json(),
    }


def _show(measured: RouterBenchmark, console: Console) -> None:
    console.print(
        f"{measured.requests:,} requests, submission topic to bureau topics: "
        f"[bold]{measured.router_per_s:,.0f}/s[/]"
    )
    console.print(f"the same bytes copied through {HOPS} hops: {measured.raw_per_s:,.0f}/s")
    console.print(f"ratio: [bold]{measured.ratio:.3f}[/]")
    counts = measured.counts
    console.print(
        f"accepted {counts.accepted:,}, decided {counts.decided:,}, "
        f"cases {counts.new_cases:,}, at a bureau {counts.with_work:,}"
    )
    table = _table_of(measured.parts, measured.requests)
    services_mib = sum(measured.parts[name].memory_mib for name in _SERVICES)
    table.add_row("the four services", "", "", f"{services_mib:,.0f}")
    console.print(table)


def _table_of(parts: dict[str, Usage], requests: int) -> Table:
    table = Table("part", "CPU s", "µs/request", "MiB", box=None, padding=(0, 2))
    for name, part in sorted(parts.items()):
        each = part.cpu_s / requests * 1e6
        table.add_row(name, f"{part.cpu_s:.1f}", f"{each:,.0f}", f"{part.memory_mib:,.0f}")
    return table
