"""What became of the stories that were planted in the day, told from the facts."""

from collections.abc import Callable, Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from cli.demo.report.layout import counted, heading, listed
from cli.demo.report.outcome import Outcome
from cli.demo.report.story import Story
from cli.demo.run.figures import told
from cli.demo.scenario import broken, camps, hazards, neighbours, storm
from cli.demo.scenario.routine import TIMEZONE


def story_report(outcome: Outcome) -> Iterator[RenderableType]:
    """Tell what became of each story."""
    yield heading("Some stories of the day")
    bullets = Table.grid(padding=(0, 1, 0, 0))
    for tell in _TALES:
        bullets.add_row("-", Text(tell(outcome)))
    yield bullets


def _camp(outcome: Outcome) -> str:
    camp, other = Story(outcome, camps.CAMP), Story(outcome, camps.OTHER_CAMP)
    channels = {decision.request.channel for decision in camp.decisions}
    people = told(outcome.facts, camp.requests)
    return (
        f"One camp by {counted(len(channels), 'channel')}: {camp.reports_to_cases}; "
        f"{counted(people, 'follower')} told. Another camp 300 m away: {other.reports_to_cases} "
        "of its own."
    )


def _mattress(outcome: Outcome) -> str:
    tale = Story(outcome, hazards.MATTRESS)
    ids = {case.case_id for case in tale.cases}
    raised = [r for r in outcome.facts.raised if r.case_id in ids]
    rise = (
        f"raised from {raised[0].previous_level} to {raised[-1].priority.level} when a later "
        "report told of the lane"
        if raised
        else tale.levels
    )
    return f"A mattress: {tale.reports_to_cases}, {rise}; with {tale.bureaus}."


def _signal(outcome: Outcome) -> str:
    tale = Story(outcome, hazards.SIGNAL)
    return (
        f"A dark traffic signal: {tale.reports_to_cases}, {tale.levels}, at {tale.bureaus} "
        f"after {tale.slowest_s:.1f} s."
    )


def _wire(outcome: Outcome) -> str:
    tale = Story(outcome, hazards.WIRE)
    advised = sum(bool(decision.emergency) for decision in tale.decisions)
    return (
        f"A power line that sparks: {tale.reports_to_cases}; {advised} of "
        f"{len(tale.decisions)} told to call 911; with {tale.bureaus}; also {tale.referrals}."
    )


def _storm(outcome: Outcome) -> str:
    tale, facts = Story(outcome, storm.STORM), outcome.facts
    groups = {decision.request.dedup_group for decision in tale.decisions}
    begun = [surge for surge in facts.surges.values() if surge.dedup_group in groups]
    if not begun:
        return f"A gust of wind: {tale.reports_to_cases}; nobody spoke of a surge."
    whole = facts.surges_over.get(begun[0].surge_id)
    end = f", over by {whole.window_end.astimezone(TIMEZONE):%H:%M}" if whole else ""
    return (
        f"A gust of wind in {begun[0].district}: {tale.reports_to_cases}. A surge was told of "
        f"after {begun[0].count} reports, where {begun[0].expected:g} an hour are usual{end}."
    )


def _pothole(outcome: Outcome) -> str:
    tale = Story(outcome, hazards.POTHOLE)
    kinds = {outcome.city.services[d.service_code].name.en for d in tale.decisions}
    reasons = {p.evidence for d in tale.decisions for p in d.priority.reasons if p.evidence}
    why = f' for "{", ".join(sorted(reasons))}"' if reasons else ""
    return (
        f"A report in Spanish that named no kind: taken for {listed(sorted(kinds))}, "
        f"{tale.levels}{why}."
    )


def _elsewhere(outcome: Outcome) -> str:
    odot, question = Story(outcome, camps.ODOT_CAMP), Story(outcome, neighbours.QUESTION)
    gresham = Story(outcome, neighbours.GRESHAM)
    return (
        f"A camp on State land: {odot.referrals}. Help with rent: {question.referrals}. "
        f"{counted(len(gresham.requests), 'problem')} in the next city: {gresham.referrals}."
    )


def _private(outcome: Outcome) -> str:
    texts = [f'"{d.request.description}"' for d in Story(outcome, neighbours.PRIVATE).decisions]
    return f"Somebody wrote an address and a number into the text; others read: {listed(texts)}"


def _adapters(outcome: Outcome) -> str:
    stutter = Story(outcome, broken.STUTTER)
    return (
        f"An adapter handed in {broken.REPEATED} submissions {broken.TIMES} times each: "
        f"{counted(len(stutter.requests), 'request')}, "
        f"{counted(len(stutter.decisions), 'decision')}."
    )


def _last(outcome: Outcome) -> str:
    tale = Story(outcome, hazards.LAST)
    return (
        f"The web and app adapters had no line for nine hours; {outcome.day.backlog:,} reports "
        f"came in at once, {len(tale.requests)} urgent ones last of all: they were at their "
        f"bureaus {tale.slowest_s:.1f} s after acceptance, the slowest of them."
    )


_TALES: Sequence[Callable[[Outcome], str]] = (
    _camp,
    _mattress,
    _signal,
    _wire,
    _storm,
    _pothole,
    _elsewhere,
    _private,
    _adapters,
    _last,
)
