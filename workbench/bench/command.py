"""``route311 bench``: benchmarks whose results are ratios within one run, for any machine."""

import json
import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from cli.connection import JsonOption
from cli.interrupts import run
from deploy.local.folder import DataFolder
from deploy.local.postgres_files import remove_cluster
from workbench.bench import view
from workbench.bench.mix import Mix, outgoing_settings, require_this_machine

if TYPE_CHECKING:
    from workbench.bench.end_to_end import RouterBenchmark

bench = typer.Typer()

_OPEN_REPORTS = (10_000, 100_000, 1_000_000)
_PROCESSES = (1, 2, 4)
_PARTITIONS = (4, 16)

IdleOption = Annotated[
    float, typer.Option("--idle", min=1.0, help="Seconds without traffic to measure.")
]


def _mix(mix: Mix) -> Mix:
    if mix is Mix.PEOPLE:
        require_this_machine(outgoing_settings(os.environ))
    return mix


MixOption = Annotated[
    Mix,
    typer.Option(
        "--mix",
        callback=_mix,
        help="Submissions: as people write them, or the plain ones of earlier figures.",
    ),
]
RequestsOption = Annotated[int, typer.Option("--requests", min=100, help="Number of requests.")]


@bench.command()
def e2e(
    requests: RequestsOption = 20_000,
    mix: MixOption = Mix.PEOPLE,
    profile: Annotated[
        bool,
        typer.Option("--profile", help="Profile CPU, statements and topics; write flame graphs."),
    ] = False,
    json_output: JsonOption = False,
) -> None:
    """Measure throughput from the submission topic to the bureaus' topics.

    A router of its own runs in a temporary folder. The raw limit is the same bytes copied by bare
    aiokafka through as many hops, measured just before. `--profile` adds statements of PostgreSQL,
    bytes and records by topic, and flame graphs by py-spy, which slow the router down: take rates
    from a run without it.

    Example: `route311 bench e2e --requests 10000`
    """
    from workbench.bench import end_to_end  # noqa: PLC0415 - slow to load

    console = Console(stderr=json_output, highlight=False)
    with _temporary_folder() as folder:
        data = folder / "data"
        if profile:
            measured = _profiled(data, requests, mix, console)
        else:
            with console.status("measuring, with a router of its own"):
                measured = run(end_to_end.measure_end_to_end(data, requests, mix))
    if json_output:
        typer.echo(json.dumps(measured.as_json()))
    else:
        view.show_end_to_end(measured, console)


def _profiled(data: Path, requests: int, mix: Mix, console: Console) -> "RouterBenchmark":
    from workbench.bench import end_to_end, flame  # noqa: PLC0415 - slow to load

    into = Path(tempfile.mkdtemp(prefix="route311-profile-"))
    profiler = None
    try:
        profiler = flame.find_profiler()
    except flame.NoProfilerError as missing:
        console.print(f"[yellow]{missing}[/]")
    with console.status("measuring, with a router of its own"):
        measured = run(end_to_end.profile_end_to_end(data, requests, mix, profiler, into))
    (into / "profile.json").write_text(json.dumps(measured.as_json(), indent=2))
    console.print(f"files: {into}")
    return measured


@contextmanager
def _temporary_folder() -> Generator[Path]:
    with tempfile.TemporaryDirectory(prefix="route311-bench-") as name:
        folder = Path(name)
        try:
            yield folder
        finally:
            remove_cluster(DataFolder(folder / "data"))  # lies elsewhere when root runs this


@bench.command()
def accepts(
    connections: Annotated[int, typer.Option(min=1, max=150, help="Number of connections.")] = 64,
    seconds: Annotated[float, typer.Option(min=1.0, help="Duration of each part.")] = 20.0,
    mix: MixOption = Mix.PEOPLE,
    json_output: JsonOption = False,
) -> None:
    """Measure submissions over HTTP against the bare transaction of each in SQL.

    Both use the same number of connections. Bulk calls of 1,000 lines are measured, too.

    Example: `route311 bench accepts --connections 64`
    """
    from workbench.bench.accepts import measure_accepts  # noqa: PLC0415 - slow to load

    console = Console(stderr=json_output, highlight=False)
    with _temporary_folder() as folder, console.status("measuring, with an intake of its own"):
        found = run(measure_accepts(folder / "data", connections, seconds, mix))
    if json_output:
        typer.echo(json.dumps(asdict(found) | {"ratio": found.ratio}))
    else:
        view.show_accepts(found, console)


@bench.command()
def triage(
    requests: RequestsOption = 50_000,
    mix: MixOption = Mix.PEOPLE,
    json_output: JsonOption = False,
) -> None:
    """Measure triage alone against bare aiokafka that consumes, validates and produces.

    Both handle the same requests, which are queued in triage's topic.

    Example: `route311 bench triage --requests 50000`
    """
    from workbench.bench.stage import measure_stage  # noqa: PLC0415 - slow to load

    console = Console(stderr=json_output, highlight=False)
    with _temporary_folder() as folder, console.status("measuring, with a triage of its own"):
        stage = run(measure_stage(folder / "data", requests, mix))
    if json_output:
        ratios = {"ratio": stage.ratio, "ratio_to_tuned": stage.ratio_to_tuned}
        typer.echo(json.dumps(asdict(stage) | ratios))
    else:
        view.show_stage(stage, console)


@bench.command()
def index(
    reports: Annotated[
        list[int] | None,
        typer.Option("--open", min=1_000, help="Number of open reports; repeatable."),
    ] = None,
    json_output: JsonOption = False,
) -> None:
    """Measure a decision's time with 10,000, 100,000 and 1,000,000 open reports.

    Example: `route311 bench index --open 100000`
    """
    from workbench.bench.index import measure_index  # noqa: PLC0415 - slow to load

    counts = sorted(reports or _OPEN_REPORTS)
    console = Console(stderr=True, highlight=False)
    with _temporary_folder() as folder, Progress(console=console, transient=True) as progress:
        task = progress.add_task("filling the table", total=counts[-1])
        found = run(
            measure_index(folder / "data", counts, lambda n: progress.update(task, completed=n))
        )
    if json_output:
        typer.echo(json.dumps([asdict(figures) for figures in found]))
    else:
        view.show_index(found, Console(highlight=False))


@bench.command()
def start(idle_s: IdleOption = 60.0, json_output: JsonOption = False) -> None:
    """Measure the services' start time, memory, and CPU time without traffic.

    Example: `route311 bench start --idle 60`
    """
    from workbench.bench.start import measure_start  # noqa: PLC0415 - slow to load

    console = Console(stderr=json_output, highlight=False)
    with _temporary_folder() as folder, console.status("measuring, with a router of its own"):
        found = run(measure_start(folder / "data", idle_s))
    if json_output:
        typer.echo(json.dumps(asdict(found)))
    else:
        view.show_start(found, console)


@bench.command()
def urgent(
    backlog: Annotated[int, typer.Option(min=1_000, help="Routine requests to queue.")] = 20_000,
    burst: Annotated[
        int, typer.Option(min=1_000, help="Routine requests to submit at once with urgent ones.")
    ] = 5_000,
    samples: Annotated[
        int, typer.Option("--samples", min=20, help="Number of urgent requests per run.")
    ] = 100,
    mix: MixOption = Mix.PEOPLE,
    json_output: JsonOption = False,
) -> None:
    """Measure an urgent request's latency to its bureau: idle, at 50/s, in a burst, in a backlog.

    A burst is submitted at once with the urgent requests evenly among the others: on Kafka by one
    adapter and by twelve, in bulk calls, and one by one over 100 connections.

    Example: `route311 bench urgent --backlog 20000`
    """
    from workbench.bench.bursts import WAYS  # noqa: PLC0415 - slow to load
    from workbench.bench.urgent import measure_urgent  # noqa: PLC0415 - slow to load

    console = Console(stderr=True, highlight=False)
    with _temporary_folder() as folder, Progress(console=console, transient=True) as progress:
        task = progress.add_task("submitting urgent requests", total=3 * samples + len(WAYS))
        found = run(
            measure_urgent(
                folder / "data", backlog, burst, samples, mix, lambda: progress.advance(task)
            )
        )
    if json_output:
        typer.echo(json.dumps(asdict(found) | {"ratio": found.ratio}))
    else:
        view.show_urgent(found, Console(highlight=False))


@bench.command()
def scale(
    services: Annotated[
        list[str] | None,
        typer.Option(
            "--service", help="Service to run in several processes; each by default; repeatable."
        ),
    ] = None,
    processes: Annotated[
        list[int] | None,
        typer.Option("--processes", min=1, max=16, help="Number of processes; repeatable."),
    ] = None,
    partitions: Annotated[
        list[int] | None,
        typer.Option("--partitions", min=4, help="Partitions of the main topics; repeatable."),
    ] = None,
    requests: RequestsOption = 10_000,
    mix: MixOption = Mix.PEOPLE,
    json_output: JsonOption = False,
) -> None:
    """Measure 1, 2 and 4 processes of a service over 4 and 16 partitions, and name the limit.

    If all processors of the machine are busy, more processes do not help.

    Example: `route311 bench scale --service triage`
    """
    from shared.runtime.migrate import SERVICES  # noqa: PLC0415 - slow to load
    from workbench.bench import scale as scaling  # noqa: PLC0415 - slow to load

    if unknown := set(services or ()) - set(SERVICES):
        raise typer.BadParameter(f"unknown {', '.join(unknown)}: {', '.join(SERVICES)}")
    runs = scaling.planned_runs(services or SERVICES, processes or _PROCESSES)
    counts = sorted(partitions or _PARTITIONS)
    found = []
    with Progress(console=Console(stderr=True, highlight=False), transient=True) as progress:
        task = progress.add_task("runs", total=len(runs) * len(counts))
        for count in counts:
            with _temporary_folder() as folder:
                found += run(
                    scaling.measure_scale(
                        folder / "data",
                        count,
                        runs,
                        requests,
                        mix,
                        lambda _: progress.advance(task),
                    )
                )
    if json_output:
        typer.echo(json.dumps([asdict(one) for one in found]))
    else:
        view.show_scale(found, Console(highlight=False))


@bench.command()
def size(
    open_cases: Annotated[
        list[int] | None,
        typer.Option("--open", min=5_000, help="Number of open cases; repeatable."),
    ] = None,
    closed: Annotated[
        int, typer.Option("--closed", min=0, help="Closed cases of the last run.")
    ] = 1_000_000,
    requests: RequestsOption = 5_000,
    mix: MixOption = Mix.PEOPLE,
    json_output: JsonOption = False,
) -> None:
    """Measure a request's cost with 10,000, 100,000 and 1,000,000 open cases.

    Then once more with closed cases as well. The rows are copies of those of a warm-up, spread
    over an area that grows with them.

    Example: `route311 bench size --open 10000 --closed 0`
    """
    from workbench.bench import size as sizing  # noqa: PLC0415 - slow to load

    steps = sorted(open_cases or _OPEN_REPORTS)
    sizes = [sizing.Size(count, 0) for count in steps]
    sizes += [sizing.Size(steps[-1], closed)] if closed else []
    console = Console(stderr=True, highlight=False)
    with _temporary_folder() as folder, Progress(console=console, transient=True) as progress:
        task = progress.add_task("cases", total=None)
        found = run(
            sizing.measure_size(
                folder / "data",
                sizes,
                requests,
                mix,
                lambda n, total: progress.update(task, completed=n, total=total),
                lambda one: console.print(view.size_summary(one)),
            )
        )
    if json_output:
        typer.echo(json.dumps([asdict(one) for one in found]))
    else:
        view.show_sizes(found, Console(highlight=False))


@bench.command()
def plan(
    profile: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="JSON of `bench e2e --profile`.")
    ],
    a_year: Annotated[int, typer.Option("--a-year", min=1, help="Requests a year.")],
    burst_per_s: Annotated[
        float, typer.Option("--burst", min=0.0, help="Requests per second without queueing.")
    ],
    json_output: JsonOption = False,
) -> None:
    """Compute the resources for a load from a profile of `bench e2e --profile`.

    Example: `route311 bench plan profile.json --a-year 250000 --burst 50`
    """
    from shared.catalogue import load_catalogue  # noqa: PLC0415 - slow to load
    from shared.contract.topics import all_topics  # noqa: PLC0415 - slow to load
    from workbench.bench import plan as planning  # noqa: PLC0415 - slow to load
    from workbench.bench.topic_volumes import common_name  # noqa: PLC0415 - slow to load

    result = json.loads(profile.read_text())
    if "profile" not in result:
        raise typer.BadParameter(f"{profile} has no profile; make it with --profile")
    days = planning.retention_by_topic(all_topics(load_catalogue().bureau_codes))
    retention = {common_name(topic): kept for topic, kept in days.items()}
    found = planning.plan_for(planning.request_cost(result), a_year, burst_per_s, retention)
    if json_output:
        typer.echo(json.dumps(asdict(found)))
    else:
        view.show_plan(found, Console(highlight=False))
