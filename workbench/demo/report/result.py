"""The result of a run, from which the summary is made."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.stack_file import Stack
from shared.catalogue import Jurisdiction
from workbench.demo.run.observations import Observations
from workbench.demo.scenario import Scenario


@dataclass(frozen=True, slots=True)
class StatusPage:
    """The public status of one request, as anybody can fetch it."""

    url: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DemoResult:
    """A scenario and what the router made of it.

    Attributes:
        seen: What the router's topics and its API showed.
        data: Folder of the router's data.
        mails: Number of messages that the mail server took, counted as files in its folder,
            questions not counted.
        questions: Number of questions to residents by e-mail.
        texts: The same of the SMS provider.
        page: Public status of one request; None when there is none.
        took_s: Seconds of each phase, by name.
        stays: True when the router keeps running after the summary.
    """

    scenario: Scenario
    seen: Observations
    city: Jurisdiction
    stack: Stack
    data: Path
    mails: int
    questions: int
    texts: int
    page: StatusPage | None
    took_s: Mapping[str, float]
    stays: bool

    @property
    def unanswered(self) -> int:
        """Number of submissions without a receipt."""
        return max(0, len(self.scenario.submissions) - self.seen.receipts)

    @property
    def undecided(self) -> int:
        """Number of requests without a decision."""
        accepted = {receipt.request_id for receipt in self.seen.accepted.values()}
        return len(accepted - self.seen.decisions.keys())

    @property
    def unassigned(self) -> int:
        """Number of cases that reached no leading bureau."""
        return len(set(self.seen.cases_of(self.seen.decisions)) - self.seen.leads.keys())

    @property
    def lost(self) -> int:
        """Number of submissions, requests and cases that went nowhere."""
        return self.unanswered + self.undecided + self.unassigned
