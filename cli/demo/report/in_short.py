"""The whole day in four sentences and two tables."""

from collections import Counter
from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from cli.demo.report.layout import counted, heading, table
from cli.demo.report.outcome import Outcome
from cli.demo.run.figures import delay_of

_CHANNELS = {
    "web": "Web form",
    "app": "App",
    "phone": "Phone",
    "email": "E-mail",
    "sms": "Text message",
    "walk_in": "Walk-in desk",
    "open311": "Open311",
    "sensor": "Sensors",
    "kafka": "Partner systems",
}
_LANES = (("express", "urgent"), ("standard", "routine"))


def in_short(outcome: Outcome) -> Iterator[RenderableType]:
    """Say what came in, what it was about and whether anything was lost."""
    facts, day = outcome.facts, outcome.day
    outcomes = Counter(decision.outcome for decision in facts.decisions.values())
    yield heading(f"Portland, {day.on:%A, %B %-d}")
    yield Text(_balance(outcome), style="bold green" if not outcome.lost else "bold red")
    yield Text(
        f"{len(facts.accepted):,} became requests, {len(facts.rejected):,} were rejected with "
        f"reasons. {counted(day.repeats, 'repeat')} of an adapter changed nothing; "
        f"{counted(len(facts.parked), 'unreadable record')} lie aside with the reason."
    )
    yield Text(
        f"The requests are about {counted(len(facts.cases), 'problem')}: "
        f"{outcomes['duplicate']:,} told of one that was known already and joined its case, "
        f"{outcomes['referral']:,} are for somebody outside the city."
    )
    leaks = counted(facts.leaks, "record")
    yield Text(
        f"Reporters' e-mail addresses: in {leaks if facts.leaks else 'no record'} of the topics "
        "that triage, dispatch and the bureaus use."
    )
    yield from _timing(outcome)


def by_channel(outcome: Outcome) -> Iterator[RenderableType]:
    """Say how people reached the city."""
    facts = outcome.facts
    requests = facts.requests.values()
    reached = Counter(request.channel for request in requests)
    spanish = Counter(request.channel for request in requests if request.language == "es")
    merged = Counter(
        decision.request.channel
        for decision in facts.decisions.values()
        if decision.outcome == "duplicate"
    )
    yield heading("How people reached the city")
    yield table(
        "channel",
        "requests",
        "in Spanish",
        "merged",
        rows=[
            *((_CHANNELS[c], n, spanish[c], merged[c]) for c, n in reached.most_common()),
            ("all", reached.total(), spanish.total(), merged.total()),
        ],
    )


def urgent(outcome: Outcome) -> Iterator[RenderableType]:
    """Say how fast new problems reached the bureau that leads."""
    yield heading("From acceptance to the bureau's topic")
    yield table(
        "new problems",
        "number",
        "half within",
        "99 % within",
        "slowest",
        rows=[
            (
                name,
                delay.count,
                *(f"{s:.2f} s" for s in (delay.median_s, delay.p99_s, delay.worst_s)),
            )
            for lane, name in _LANES
            if (delay := delay_of(outcome.facts, lane))
        ],
    )


def _balance(outcome: Outcome) -> str:
    said = f"{len(outcome.day.reports):,} handed in, {outcome.facts.answered:,} answered, "
    if not outcome.lost:
        return f"{said}0 lost."
    return (
        f"{said}{outcome.lost:,} LOST: {outcome.unanswered:,} without an answer, "
        f"{outcome.undecided:,} without a decision, {outcome.unassigned:,} without a bureau."
    )


def _timing(outcome: Outcome) -> Iterator[RenderableType]:
    scenes = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in outcome.took_s.items())
    total = sum(outcome.took_s.values())
    yield Text(f"Played in {total:.0f} s ({scenes}).", style="dim")
