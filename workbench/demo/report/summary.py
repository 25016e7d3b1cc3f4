"""Summary of a run, for readers who run a city."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from rich.console import Console, RenderableType
from rich.text import Text

from cli.terminal import facts_grid
from shared.vocabulary import Lane
from workbench.demo.report.layout import counted, heading, table
from workbench.demo.report.outcomes import bureau_ways, bureaus, messages, referrals, refusals
from workbench.demo.report.result import DemoResult
from workbench.demo.report.story_report import story_report
from workbench.demo.run.latency import latency_stats
from workbench.demo.scenario.channels import CHANNELS

_LANES: tuple[tuple[Lane, str], ...] = (("express", "urgent"), ("standard", "routine"))


def print_summary(console: Console, result: DemoResult) -> None:
    """Print every section; all figures come from the router's topics and its API."""
    for section in _SECTIONS:
        for piece in section(result):
            console.print(piece)


def _overview(result: DemoResult) -> Iterator[RenderableType]:
    seen, scenario = result.seen, result.scenario
    outcomes = Counter(decision.outcome for decision in seen.decisions.values())
    yield heading(f"Portland, {scenario.on:%A, %B %-d}")
    yield Text(_balance(result), style="bold red" if result.lost else "bold green")
    yield Text(
        f"{len(seen.accepted):,} became requests, {len(seen.rejected):,} were rejected with "
        f"reasons. {counted(scenario.repeats, 'repeat')} of an adapter changed nothing; "
        f"{counted(len(seen.dead_letters), 'unreadable record')} were dead-lettered."
    )
    yield Text(
        f"The requests are about {counted(len(seen.cases), 'problem')}: "
        f"{outcomes['duplicate']:,} described a known one and joined its case, "
        f"{outcomes['referral']:,} are for agencies outside the city."
    )
    leaks = counted(seen.leaks, "record") if seen.leaks else "no record"
    yield Text(
        f"Reporters' e-mail addresses: in {leaks} of the topics "
        "that triage, dispatch and the bureaus use."
    )
    phases = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in result.took_s.items())
    yield Text(f"Played in {sum(result.took_s.values()):.0f} s ({phases}).", style="dim")


def _balance(result: DemoResult) -> str:
    answered = (
        f"{len(result.scenario.submissions):,} submitted, {result.seen.receipts:,} answered, "
    )
    if not result.lost:
        return f"{answered}0 lost."
    return (
        f"{answered}{result.lost:,} LOST: {result.unanswered:,} without an answer, "
        f"{result.undecided:,} without a decision, {result.unassigned:,} without a bureau."
    )


def _channels(result: DemoResult) -> Iterator[RenderableType]:
    requests = result.seen.requests.values()
    total = Counter(request.channel for request in requests)
    spanish = Counter(request.channel for request in requests if request.language == "es")
    merged = Counter(
        decision.request.channel
        for decision in result.seen.decisions.values()
        if decision.outcome == "duplicate"
    )
    yield heading("How people reached the city")
    ways = Counter(submission.way for submission in result.scenario.submissions)
    yield Text(
        f"{ways['pages']:,} were filled in on the residents' pages, {ways['email']:,} mailed to "
        f"the city's mail server ({counted(result.questions, 'question')} asked and answered), "
        f"{ways['sms']:,} texted; {ways['http']:,} came over HTTP with an app's key, "
        f"{ways['open311']:,} through the Open311 endpoint, and {ways['kafka']:,} from adapters "
        "through Kafka, an older web form's among them.",
        style="dim",
    )
    yield table(
        "channel",
        "requests",
        "in Spanish",
        "merged",
        rows=[
            *((CHANNELS[c].label, n, spanish[c], merged[c]) for c, n in total.most_common()),
            ("all", total.total(), spanish.total(), merged.total()),
        ],
    )


def _latency(result: DemoResult) -> Iterator[RenderableType]:
    yield heading("From acceptance to the bureau's topic")
    yield table(
        "new problems",
        "number",
        "half within",
        "99 % within",
        "slowest",
        rows=[
            (name, stats.count, *(f"{s:.2f} s" for s in (stats.median_s, stats.p99_s, stats.max_s)))
            for lane, name in _LANES
            if (stats := latency_stats(result.seen, lane))
        ],
    )


def _next_steps(result: DemoResult) -> Iterator[RenderableType]:
    if page := result.page:
        yield heading("What a resident sees")
        yield Text(f"GET {page.url}", overflow="fold")
        yield Text(json.dumps(page.body, indent=2, ensure_ascii=False), overflow="fold")
    yield heading("Where to look further")
    data = result.data.absolute()
    facts = [
        ("messages", f"{result.stack.mail_folder}/*.eml"),
        ("text messages", f"{result.stack.sms_folder}/*.json"),
        ("logs", f"{data}/logs"),
    ]
    if result.stays:
        facts += [
            ("addresses, keys", f"{data}/stack.json"),
            ("state", f"route311 status --data {result.data}"),
            ("one more report", f'route311 submit "Tree down on Main St" --data {result.data}'),
            ("metrics", f"{result.stack.triage}/metrics"),
        ]
    yield facts_grid(facts)
    if not result.stays:
        yield Text("The router has stopped; `route311 demo --keep` leaves it running.")


_SECTIONS: Sequence[Callable[[DemoResult], Iterator[RenderableType]]] = (
    _overview,
    story_report,
    _channels,
    _latency,
    referrals,
    bureaus,
    bureau_ways,
    messages,
    refusals,
    _next_steps,
)
