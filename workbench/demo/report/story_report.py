"""Section of the summary about the planted stories, one sentence or two for each."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from shared.contract import events as e
from workbench.demo.report.layout import counted, heading, listed
from workbench.demo.report.result import DemoResult
from workbench.demo.run.latency import seconds_to_bureau
from workbench.demo.scenario import faulty_adapters as faulty
from workbench.demo.scenario import stories


class StoryFacts:
    """Observations about the submissions of one story."""

    def __init__(self, result: DemoResult, story: str) -> None:
        self._result, self._story = result, story
        self._seen = seen = result.seen
        self.requests = seen.requests_from(result.scenario.of_story(story))
        self.decisions: list[e.Decision] = [
            seen.decisions[request] for request in self.requests if request in seen.decisions
        ]
        self.cases: list[e.CaseState] = [
            seen.cases[case] for case in seen.cases_of(self.requests) if case in seen.cases
        ]
        self.case_ids = {case.case_id for case in self.cases}

    @property
    def reply(self) -> str:
        """Answer to what the first reporter texted later; empty without one."""
        first = self._result.scenario.of_story(self._story)[0]
        return self._seen.replies.get((first.source, first.id), "")

    @property
    def was_reopened(self) -> bool:
        """True when one of its cases was opened again."""
        return not self.case_ids.isdisjoint(self._seen.reopened)

    @property
    def counts(self) -> str:
        """Numbers of reports and cases."""
        return f"{counted(len(self.requests), 'report')}, {counted(len(self.cases), 'case')}"

    @property
    def levels(self) -> str:
        """Present priorities of its cases."""
        return f"priority {listed(sorted({case.priority.level for case in self.cases}))}"

    @property
    def bureaus(self) -> str:
        """Names of the bureaus with a work order for one of its cases."""
        orders = self._seen.orders.values()
        codes = dict.fromkeys(order.bureau for order in orders if order.case_id in self.case_ids)
        return listed(self._result.city.bureaus[code].name for code in codes)

    @property
    def referrals(self) -> str:
        """Names and telephone numbers of the agencies outside the city."""
        return listed(
            dict.fromkeys(
                f"{r.name}, {r.phone}" if r.phone and r.phone != r.name else r.name
                for decision in self.decisions
                if (r := decision.referral)
            )
        )

    @property
    def slowest_s(self) -> float:
        """Latency to the leading bureau of its slowest case in seconds; 0 without any."""
        leads = [lead for case_id, lead in self._seen.leads.items() if case_id in self.case_ids]
        latencies = (seconds_to_bureau(self._seen, lead) for lead in leads)
        return max((seconds for seconds in latencies if seconds is not None), default=0.0)


def story_report(result: DemoResult) -> Iterator[RenderableType]:
    """Report what became of each story."""
    yield heading("Some stories of the day")
    bullets = Table.grid(padding=(0, 1, 0, 0))
    for describe in (
        _camp,
        _mattress,
        _signal,
        _wire,
        _storm,
        _pothole,
        _elsewhere,
        _private,
        _texters,
        _adapters,
        _last,
    ):
        bullets.add_row("-", Text(describe(result)))
    yield bullets


def _camp(result: DemoResult) -> str:
    camp, other = StoryFacts(result, stories.CAMP), StoryFacts(result, stories.OTHER_CAMP)
    channels = {decision.request.channel for decision in camp.decisions}
    followers = result.seen.notified(camp.requests)
    return (
        f"One camp by {counted(len(channels), 'channel')}: {camp.counts}; "
        f"{counted(followers, 'follower')} told. Another camp 240 m away: {other.counts} "
        "of its own."
    )


def _mattress(result: DemoResult) -> str:
    story = StoryFacts(result, stories.MATTRESS)
    raised = [change for change in result.seen.raised if change.case_id in story.case_ids]
    change = (
        f"raised from {raised[0].previous_level} to {raised[-1].priority.level} when a later "
        "report mentioned the lane"
        if raised
        else story.levels
    )
    return f"A mattress: {story.counts}, {change}; with {story.bureaus}."


def _signal(result: DemoResult) -> str:
    story = StoryFacts(result, stories.SIGNAL)
    return (
        f"A dark traffic signal: {story.counts}, {story.levels}, at {story.bureaus} "
        f"after {story.slowest_s:.1f} s."
    )


def _wire(result: DemoResult) -> str:
    story = StoryFacts(result, stories.WIRE)
    advised = sum(bool(decision.emergency) for decision in story.decisions)
    return (
        f"A power line that sparks: {story.counts}; {advised} of "
        f"{len(story.decisions)} told to call 911; with {story.bureaus}; also {story.referrals}."
    )


def _storm(result: DemoResult) -> str:
    story, seen = StoryFacts(result, stories.STORM), result.seen
    groups = {decision.request.dedup_group for decision in story.decisions}
    surge = next((s for s in seen.surges.values() if s.dedup_group in groups), None)
    if surge is None:
        return f"A gust of wind: {story.counts}; no surge was announced."
    ended = seen.surges_over.get(surge.surge_id)
    end = f", over by {ended.window_end.astimezone(stories.TIMEZONE):%H:%M}" if ended else ""
    return (
        f"A gust of wind in {surge.district}: {story.counts}. A surge was announced "
        f"after {surge.count} reports, where {surge.expected:g} an hour are usual{end}."
    )


def _pothole(result: DemoResult) -> str:
    story = StoryFacts(result, stories.POTHOLE)
    kinds = {result.city.services[d.service_code].name.en for d in story.decisions}
    evidence = {r.evidence for d in story.decisions for r in d.priority.reasons if r.evidence}
    why = f' for "{", ".join(sorted(evidence))}"' if evidence else ""
    return (
        f"A report in Spanish that named no kind: taken for {listed(sorted(kinds))}, "
        f"{story.levels}{why}."
    )


def _elsewhere(result: DemoResult) -> str:
    odot, question = StoryFacts(result, stories.ODOT_CAMP), StoryFacts(result, stories.QUESTION)
    gresham = StoryFacts(result, stories.GRESHAM)
    return (
        f"A camp on State land: {odot.referrals}. Help with rent: {question.referrals}. "
        f"{counted(len(gresham.requests), 'problem')} in the next city: {gresham.referrals}."
    )


def _private(result: DemoResult) -> str:
    decisions = StoryFacts(result, stories.PRIVATE).decisions
    texts = listed(f'"{decision.request.description}"' for decision in decisions)
    return f"A resident wrote an address and a number into the text; others read: {texts}"


def _texters(result: DemoResult) -> str:
    status, stop = StoryFacts(result, stories.ASKS_STATUS), StoryFacts(result, stories.SAYS_STOP)
    unsent = counted(result.seen.unsent["opted_out"], "later message")
    broken = StoryFacts(result, stories.NOT_FIXED)
    again = "the case was reopened" if broken.was_reopened else "it stayed closed"
    return (
        f'Three by text: STATUS was answered "{status.reply}" STOP was answered "{stop.reply}", '
        f'and {unsent} stayed unsent. NO to "Is it fixed?" was answered "{broken.reply}", '
        f"and {again}."
    )


def _adapters(result: DemoResult) -> str:
    story = StoryFacts(result, faulty.REPEATED)
    return (
        f"An adapter sent {faulty.SUBMISSIONS} submissions {faulty.TIMES} times each: "
        f"{counted(len(story.requests), 'request')}, "
        f"{counted(len(story.decisions), 'decision')}."
    )


def _last(result: DemoResult) -> str:
    story = StoryFacts(result, stories.LAST_URGENT)
    return (
        f"An older web form was offline for nine hours; {result.scenario.backlog:,} reports "
        f"came in at once, {len(story.requests)} urgent ones last of all: they were at their "
        f"bureaus {story.slowest_s:.1f} s after acceptance, the slowest of them."
    )
