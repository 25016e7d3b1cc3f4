"""The facts about one planted story."""

from dataclasses import dataclass

from cli.demo.report.layout import counted, listed
from cli.demo.report.outcome import Outcome
from cli.demo.run.figures import cases_of, requests_of, seconds_to_bureau
from shared.contract import events as e


@dataclass(frozen=True, slots=True)
class Story:
    """What the router said about the reports of one story."""

    outcome: Outcome
    story: str

    @property
    def requests(self) -> list[str]:
        """The requests that its reports became."""
        return requests_of(self.outcome.facts, self.outcome.day.of_story(self.story))

    @property
    def cases(self) -> list[e.CaseState]:
        """Their cases as they are now."""
        facts = self.outcome.facts
        return [facts.cases[c] for c in cases_of(facts, self.requests) if c in facts.cases]

    @property
    def decisions(self) -> list[e.Decision]:
        """What triage decided about them."""
        facts = self.outcome.facts
        return [facts.decisions[r] for r in self.requests if r in facts.decisions]

    @property
    def reports_to_cases(self) -> str:
        """How many reports made how many cases."""
        return f"{counted(len(self.requests), 'report')}, {counted(len(self.cases), 'case')}"

    @property
    def bureaus(self) -> str:
        """Who works on it."""
        facts, city = self.outcome.facts, self.outcome.city
        ids = {case.case_id for case in self.cases}
        codes = {order.bureau: None for order in facts.orders.values() if order.case_id in ids}
        return listed(city.bureaus[code].name for code in codes)

    @property
    def slowest_s(self) -> float:
        """How long the slowest of its cases took to its bureau; 0 where none is there."""
        facts = self.outcome.facts
        times = (
            seconds_to_bureau(facts, facts.leads[case.case_id])
            for case in self.cases
            if case.case_id in facts.leads
        )
        return max((seconds for seconds in times if seconds is not None), default=0.0)

    @property
    def referrals(self) -> str:
        """Who outside the city was named, with the telephone number."""
        named = dict.fromkeys(
            f"{r.name}, {r.phone}" if r.phone and r.phone != r.name else r.name
            for decision in self.decisions
            if (r := decision.referral)
        )
        return listed(named)

    @property
    def levels(self) -> str:
        """How urgent its cases are now."""
        return f"priority {listed(sorted({case.priority.level for case in self.cases}))}"
