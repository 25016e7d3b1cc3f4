"""Results of the benchmarks as tables."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from workbench.bench.usage import BENCHMARK, Usage

if TYPE_CHECKING:  # slow to load
    from workbench.bench.accepts import AcceptsBenchmark
    from workbench.bench.end_to_end import RouterBenchmark
    from workbench.bench.index import IndexBenchmark
    from workbench.bench.plan import Plan
    from workbench.bench.profile import Profile
    from workbench.bench.scale import ScaleRun
    from workbench.bench.size import SizeRun
    from workbench.bench.stage import StageBenchmark
    from workbench.bench.start import StartBenchmark
    from workbench.bench.urgent import UrgentBenchmark

_STATEMENTS = 20
_QUERY_CHARACTERS = 60
_SHOWN_CPU = ("triage", "dispatch", "notify", "postgres")


def show_end_to_end(measured: "RouterBenchmark", console: Console) -> None:
    """Print the result of ``bench e2e``."""
    from shared.runtime.migrate import SERVICES  # noqa: PLC0415 - slow to load
    from workbench.bench.raw import HOPS  # noqa: PLC0415 - slow to load

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
    table = table_of(measured.parts, measured.requests)
    services_mib = sum(measured.parts[name].memory_mib for name in SERVICES)
    table.add_row("the four services", "", "", f"{services_mib:,.0f}")
    console.print(table)
    if measured.profile:
        _show_profile(measured.profile, measured.requests, console)


def table_of(parts: Mapping[str, Usage], requests: int) -> Table:
    """Return processor time and memory by part."""
    table = _table("part", "CPU s", "µs/request", "MiB")
    for name, part in sorted(parts.items()):
        each = part.cpu_s / requests * 1e6
        table.add_row(name, f"{part.cpu_s:.1f}", f"{each:,.0f}", f"{part.memory_mib:,.0f}")
    return table


def show_stage(stage: "StageBenchmark", console: Console) -> None:
    """Print the result of ``bench triage``."""
    console.print(f"bare aiokafka, consume, validate, produce: {stage.bare_per_s:,.0f}/s")
    console.print(f"the same, as safe and in batches as large: {stage.tuned_per_s:,.0f}/s")
    console.print(f"triage: [bold]{stage.triage_per_s:,.0f}/s[/]")
    console.print(f"ratio: [bold]{stage.ratio:.2f}[/], to the tuned one {stage.ratio_to_tuned:.2f}")
    console.print(table_of(stage.parts, stage.requests))


def show_index(found: Iterable["IndexBenchmark"], console: Console) -> None:
    """Print the result of ``bench index``."""
    table = Table("open", "query p50", "p99", "decision p50", "p99", "candidates", "bytes each")
    for f in found:
        times = (f"{us:,.0f} µs" for us in (*f.query_us, *f.decide_us))
        table.add_row(f"{f.open_reports:,}", *times, f"{f.candidates:.2f}", f"{f.bytes_each:.0f}")
    console.print(table)


def show_start(found: "StartBenchmark", console: Console) -> None:
    """Print the result of ``bench start``."""
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


def show_accepts(found: "AcceptsBenchmark", console: Console) -> None:
    """Print the result of ``bench accepts``."""
    table = _table(f"{found.connections} connections", "per second", "p50 ms", "p99 ms")
    for name, rate in {"over HTTP": found.http, "bare transaction in SQL": found.bare}.items():
        table.add_row(name, f"{rate.per_s:,.0f}", f"{rate.p50_ms:.1f}", f"{rate.p99_ms:.1f}")
    table.add_row("in bulk calls of 1,000 lines", f"{found.bulk_per_s:,.0f}")
    console.print(table)
    console.print(f"ratio: [bold]{found.ratio:.2f}[/]; refused: {found.refused:,}")
    console.print(table_of(found.parts, round(found.http.per_s * found.seconds)))


def show_urgent(measured: "UrgentBenchmark", console: Console) -> None:
    """Print the result of ``bench urgent``."""
    table = _table(
        "", "submission to bureau p50", "p99", "acceptance to bureau p50", "p99", "missing"
    )
    rows = {
        "idle": measured.idle,
        "at 50/s": measured.steady,
        f"behind {measured.backlog:,}": measured.behind,
    }
    for name, latency in rows.items():
        times = (f"{ms:,.0f} ms" for ms in (*latency.submitted_ms, *latency.accepted_ms))
        table.add_row(name, *times, str(latency.missing))
    console.print(table)
    console.print(
        f"ratio: [bold]{measured.ratio:.1f}[/]; {measured.left:,} still waited at the end"
    )


def show_scale(runs: Iterable["ScaleRun"], console: Console) -> None:
    """Print the result of ``bench scale``."""
    table = _table("service", "processes", "partitions", "requests/s", "CPU µs/request", "limit")
    for run in runs:
        cpu_s = sum(part.cpu_s for name, part in run.parts.items() if name != BENCHMARK)
        table.add_row(
            run.service,
            str(run.processes),
            str(run.partitions),
            f"{run.requests_per_second:,.0f}",
            f"{cpu_s / run.requests * 1e6:,.0f}",
            f"{run.bottleneck.name}: {run.bottleneck.reason}",
        )
    console.print(table)


def show_sizes(runs: Sequence["SizeRun"], console: Console) -> None:
    """Print the result of ``bench size``."""
    cpu = (f"{name} µs" for name in _SHOWN_CPU)
    table = _table("open", "closed", "requests/s", *cpu, "WAL B", "Kafka B", "disk GiB")
    for run in runs:
        each = [run.profile.parts[name].cpu_s / run.requests * 1e6 for name in _SHOWN_CPU]
        table.add_row(
            f"{run.size.open_cases:,}",
            f"{run.size.closed_cases:,}",
            f"{run.requests_per_second:,.0f}",
            *(f"{us:,.0f}" for us in each),
            f"{run.profile.wal_bytes / run.requests:,.0f}",
            f"{run.profile.kafka_bytes / run.requests:,.0f}",
            f"{sum(run.disk_bytes.values()) / 2**30:.2f}",
        )
    console.print(table)
    for run in runs:
        console.print(f"\n{run.size.open_cases:,} open, {run.size.closed_cases:,} closed:")
        console.print(_statements(run.profile, run.requests))


def size_summary(run: "SizeRun") -> str:
    """Return the result of one number of cases in a line, while others are to come."""
    cpu_s = sum(part.cpu_s for part in run.profile.parts.values())
    return (
        f"{run.size.open_cases:,} open, {run.size.closed_cases:,} closed: "
        f"{run.requests_per_second:,.0f} requests/s, {cpu_s / run.requests * 1e6:,.0f} µs/request"
    )


def show_plan(plan: "Plan", console: Console) -> None:
    """Print the result of ``bench plan``."""
    table = _table("", "on average", "in a burst")
    table.add_row("requests/s", f"{plan.mean_per_s:,.3f}", f"{plan.burst_per_s:,.1f}")
    table.add_row("busy cores", f"{plan.mean_cores:.2g}", f"{plan.burst_cores:.2g}")
    console.print(table)
    processes = ", ".join(f"{name} {count}" for name, count in plan.processes.items())
    console.print(f"processes: {processes}")
    console.print(f"tables: {_gb(plan.table_bytes_a_year)} a year")
    console.print(f"outboxes: {_gb(plan.outbox_bytes)}")
    console.print(f"WAL: {_gb(plan.wal_bytes_a_day)} a day")
    console.print(f"Kafka: {_gb(plan.kafka_bytes)} a copy, at its retention")


def _show_profile(profile: "Profile", requests: int, console: Console) -> None:
    console.print("\nPostgreSQL, a request:")
    table = _table("service", "CPU µs", "WAL B", "disk B")
    wal = profile.wal_by_service
    for name in (*profile.disk_bytes, "the server"):
        each = (f"{of.get(name, 0) / requests:,.0f}" for of in (wal, profile.disk_bytes))
        cpu_s = profile.database_cpu_s.get(name, 0.0)
        table.add_row(name, f"{cpu_s / requests * 1e6:,.0f}", *each)
    table.add_row("all", "", f"{profile.wal_bytes / requests:,.0f}", "")
    console.print(table)
    console.print(_statements(profile, requests))
    console.print("\nKafka, a request:")
    topics = _table("topic", "records", "B")
    for name, volume in profile.topics.items():
        topics.add_row(name, f"{volume.records / requests:.2f}", f"{volume.bytes / requests:,.0f}")
    records = sum(volume.records for volume in profile.topics.values())
    topics.add_row("all", f"{records / requests:.2f}", f"{profile.kafka_bytes / requests:,.0f}")
    console.print(topics)


def _statements(profile: "Profile", requests: int) -> Table:
    table = _table("service", "statement", "calls", "ms a call", "µs/request", "WAL B/request")
    for one in profile.statements[:_STATEMENTS]:
        table.add_row(
            one.service,
            " ".join(one.query.split())[:_QUERY_CHARACTERS],
            f"{one.calls:,}",
            f"{one.mean_ms:.2f}",
            f"{one.total_ms / requests * 1e3:,.1f}",
            f"{one.wal_bytes / requests:,.0f}",
        )
    return table


def _gb(size: float) -> str:
    return f"{size / 1e9:,.2f} GB"


def _table(*columns: str) -> Table:
    return Table(*columns, box=None, padding=(0, 2))
