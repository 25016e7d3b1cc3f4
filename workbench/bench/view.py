"""Results of the benchmarks as tables."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console

from cli.terminal import show_table
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
        f"{measured.requests:,} requests ({measured.mix}), submission topic to bureau topics: "
        f"[bold]{measured.router_per_s:,.0f}/s[/]"
    )
    console.print(f"the same bytes copied through {HOPS} hops: {measured.raw_per_s:,.0f}/s")
    console.print(f"ratio: [bold]{measured.ratio:.3f}[/]")
    python = measured.interpreter
    built = f"PGO {'yes' if python.pgo else 'no'}, LTO {'yes' if python.lto else 'no'}"
    console.print(f"{python.implementation} {python.version}, {python.compiler}")
    console.print(f"build options: {built}, {python.flags}")
    counts = measured.counts
    console.print(
        f"accepted {counts.accepted:,}, decided {counts.decided:,}, "
        f"cases {counts.new_cases:,}, at a bureau {counts.with_work:,}"
    )
    services_mib = sum(measured.parts[name].memory_mib for name in SERVICES)
    total = ("the services", "", "", f"{services_mib:,.0f}")
    _show_parts(measured.parts, measured.requests, console, total)
    if measured.profile:
        _show_profile(measured.profile, measured.requests, console)


def _show_parts(
    parts: Mapping[str, Usage], requests: int, console: Console, *more: Sequence[str]
) -> None:
    """Print processor time and memory by part, then more rows."""
    rows = [
        (
            name,
            f"{part.cpu_s:.1f}",
            f"{part.cpu_s / requests * 1e6:,.0f}",
            f"{part.memory_mib:,.0f}",
        )
        for name, part in sorted(parts.items())
    ]
    show_table(console, ("part", "CPU s", "µs/request", "MiB"), [*rows, *more])


def show_stage(stage: "StageBenchmark", console: Console) -> None:
    """Print the result of ``bench triage``."""
    console.print(f"bare aiokafka, consume, validate, produce: {stage.bare_per_s:,.0f}/s")
    console.print(f"the same, as safe and in batches as large: {stage.tuned_per_s:,.0f}/s")
    console.print(f"triage: [bold]{stage.triage_per_s:,.0f}/s[/]")
    console.print(f"ratio: [bold]{stage.ratio:.2f}[/], to the tuned one {stage.ratio_to_tuned:.2f}")
    _show_parts(stage.parts, stage.requests, console)


def show_index(found: Iterable["IndexBenchmark"], console: Console) -> None:
    """Print the result of ``bench index``."""
    rows = [
        (
            f.open_reports,
            *(f"{us:,.0f} µs" for us in (*f.query_us, *f.decide_us)),
            f"{f.candidates:.2f}",
            f"{f.bytes_each:.0f}",
        )
        for f in found
    ]
    headings = ("open", "query p50", "p99", "decision p50", "p99", "candidates", "bytes each")
    show_table(console, headings, rows)


def show_start(found: "StartBenchmark", console: Console) -> None:
    """Print the result of ``bench start``."""
    console.print(f"the whole stack is ready after [bold]{found.stack_s:.1f} s[/]")
    rows = []
    for name in sorted({*found.parts_s, *found.memory_mib}):
        alone, started = found.alone_s.get(name), found.parts_s.get(name)
        memory, idle = found.memory_mib.get(name), found.idle_cores.get(name)
        rows.append(
            (
                name,
                *("" if f is None else f"{f:.2f}" for f in (alone, started)),
                "" if memory is None else f"{memory:,.0f}",
                "" if idle is None else f"{100 * idle:.2f}",
            )
        )
    show_table(console, ("part", "alone s", "in the stack s", "MiB", "idle % of a core"), rows)


def show_accepts(found: "AcceptsBenchmark", console: Console) -> None:
    """Print the result of ``bench accepts``."""
    rates = {"over HTTP": found.http, "bare transaction in SQL": found.bare}
    rows = [
        (name, f"{rate.per_s:,.0f}", f"{rate.p50_ms:.1f}", f"{rate.p99_ms:.1f}")
        for name, rate in rates.items()
    ]
    bulk = ("in bulk calls of 1,000 lines", f"{found.bulk_per_s:,.0f}", "", "")
    headings = (f"{found.connections} connections", "per second", "p50 ms", "p99 ms")
    show_table(console, headings, [*rows, bulk])
    console.print(f"ratio: [bold]{found.ratio:.2f}[/]; refused: {found.refused:,}")
    _show_parts(found.parts, round(found.http.per_s * found.seconds), console)


def show_urgent(measured: "UrgentBenchmark", console: Console) -> None:
    """Print the result of ``bench urgent``."""
    headings = ("", "submission to bureau p50", "p99", "acceptance to bureau p50", "p99", "missing")
    latencies = {
        "idle": measured.idle,
        "at 50/s": measured.steady,
        **{f"inside {measured.burst:,} {way}": latency for way, latency in measured.inside.items()},
        f"behind {measured.backlog:,}": measured.behind,
    }
    rows = [
        (
            name,
            *(f"{ms:,.0f} ms" for ms in (*latency.submitted_ms, *latency.accepted_ms)),
            latency.missing,
        )
        for name, latency in latencies.items()
    ]
    show_table(console, headings, rows)
    console.print(
        f"ratio: [bold]{measured.ratio:.1f}[/]; {measured.left:,} still waited at the end"
    )


def show_scale(runs: Iterable["ScaleRun"], console: Console) -> None:
    """Print the result of ``bench scale``."""
    rows = []
    for run in runs:
        cpu_s = sum(part.cpu_s for name, part in run.parts.items() if name != BENCHMARK)
        figures = (f"{run.requests_per_second:,.0f}", f"{cpu_s / run.requests * 1e6:,.0f}")
        limit = f"{run.bottleneck.name}: {run.bottleneck.reason}"
        rows.append((run.service, run.processes, run.partitions, *figures, limit))
    headings = ("service", "processes", "partitions", "requests/s", "CPU µs/request", "limit")
    show_table(console, headings, rows)


def show_sizes(runs: Sequence["SizeRun"], console: Console) -> None:
    """Print the result of ``bench size``."""
    rows = []
    for run in runs:
        each = [run.profile.parts[name].cpu_s / run.requests * 1e6 for name in _SHOWN_CPU]
        each += [run.profile.wal_bytes / run.requests, run.profile.kafka_bytes / run.requests]
        figures = (f"{one:,.0f}" for one in (run.requests_per_second, *each))
        disk = f"{sum(run.disk_bytes.values()) / 2**30:.2f}"
        rows.append((run.size.open_cases, run.size.closed_cases, *figures, disk))
    cpu = (f"{name} µs" for name in _SHOWN_CPU)
    headings = ("open", "closed", "requests/s", *cpu, "WAL B", "Kafka B", "disk GiB")
    show_table(console, headings, rows)
    for run in runs:
        console.print(f"\n{run.size.open_cases:,} open, {run.size.closed_cases:,} closed:")
        _show_statements(run.profile, run.requests, console)


def size_summary(run: "SizeRun") -> str:
    """Return the result of one number of cases in a line, while others are to come."""
    cpu_s = sum(part.cpu_s for part in run.profile.parts.values())
    return (
        f"{run.size.open_cases:,} open, {run.size.closed_cases:,} closed: "
        f"{run.requests_per_second:,.0f} requests/s, {cpu_s / run.requests * 1e6:,.0f} µs/request"
    )


def show_plan(plan: "Plan", console: Console) -> None:
    """Print the result of ``bench plan``."""
    rows = [
        ("requests/s", f"{plan.mean_per_s:,.3f}", f"{plan.burst_per_s:,.1f}"),
        ("busy cores", f"{plan.mean_cores:.2g}", f"{plan.burst_cores:.2g}"),
    ]
    show_table(console, ("", "on average", "in a burst"), rows)
    processes = ", ".join(f"{name} {count}" for name, count in plan.processes.items())
    console.print(f"processes: {processes}")
    console.print(f"tables: {_gb(plan.table_bytes_a_year)} a year")
    console.print(f"outboxes: {_gb(plan.outbox_bytes)}")
    console.print(f"WAL: {_gb(plan.wal_bytes_a_day)} a day")
    console.print(f"Kafka: {_gb(plan.kafka_bytes)} a copy, at its retention")


def _show_profile(profile: "Profile", requests: int, console: Console) -> None:
    console.print("\nPostgreSQL, a request:")
    rows, wal = [], profile.wal_by_service
    for name in (*profile.disk_bytes, "the server"):
        each = (f"{of.get(name, 0) / requests:,.0f}" for of in (wal, profile.disk_bytes))
        cpu_s = profile.database_cpu_s.get(name, 0.0)
        rows.append((name, f"{cpu_s / requests * 1e6:,.0f}", *each))
    rows.append(("all", "", f"{profile.wal_bytes / requests:,.0f}", ""))
    show_table(console, ("service", "CPU µs", "WAL B", "disk B"), rows)
    _show_statements(profile, requests, console)
    console.print("\nKafka, a request:")
    volumes = [(name, one.records, one.bytes) for name, one in profile.topics.items()]
    volumes.append(("all", sum(records for _, records, _ in volumes), profile.kafka_bytes))
    topics = [
        (name, f"{records / requests:.2f}", f"{size / requests:,.0f}")
        for name, records, size in volumes
    ]
    show_table(console, ("topic", "records", "B"), topics)


def _show_statements(profile: "Profile", requests: int, console: Console) -> None:
    rows = [
        (
            one.service,
            " ".join(one.query.split())[:_QUERY_CHARACTERS],
            one.calls,
            f"{one.mean_ms:.2f}",
            f"{one.total_ms / requests * 1e3:,.1f}",
            f"{one.wal_bytes / requests:,.0f}",
        )
        for one in profile.statements[:_STATEMENTS]
    ]
    headings = ("service", "statement", "calls", "ms a call", "µs/request", "WAL B/request")
    show_table(console, headings, rows)


def _gb(size: float) -> str:
    return f"{size / 1e9:,.2f} GB"
