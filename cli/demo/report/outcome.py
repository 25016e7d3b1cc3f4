"""All that a summary is made from."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.demo.run.facts import Facts
from cli.demo.scenario import Day
from deploy.local.stack_file import Stack
from shared.catalogue import Jurisdiction


@dataclass(frozen=True, slots=True)
class StatusPage:
    """What the router says to anybody who asks for one request."""

    url: str
    answer: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a day.

    Attributes:
        mails: Messages that the mail server took, counted as files in its folder.
        page: The public view of one request.
        took_s: How long each scene of the play took.
        stays: Whether the router goes on running after the summary.
    """

    day: Day
    facts: Facts
    city: Jurisdiction
    stack: Stack
    data: Path
    mails: int
    page: StatusPage | None
    took_s: Mapping[str, float]
    stays: bool

    @property
    def unanswered(self) -> int:
        """How many submissions got no answer."""
        return max(0, len(self.day.reports) - self.facts.answered)

    @property
    def undecided(self) -> int:
        """How many requests got no decision."""
        known = {answer.request_id for answer in self.facts.accepted.values()}
        return len(known - self.facts.decisions.keys())

    @property
    def unassigned(self) -> int:
        """How many problems of the city reached no bureau."""
        cases = {d.case_id for d in self.facts.decisions.values() if d.case_id}
        return len(cases - self.facts.leads.keys())

    @property
    def lost(self) -> int:
        """How much of what was handed in went nowhere."""
        return self.unanswered + self.undecided + self.unassigned
