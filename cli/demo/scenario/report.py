"""One submission of the day, as a channel's adapter writes it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.contract.events import SubmissionHandedIn

BY_HTTP = "/http/demo"
"""Who hands in over HTTP with the demo's key; intake calls the source so."""


@dataclass(frozen=True, slots=True)
class Report:
    """What an adapter hands in.

    Attributes:
        source: Names the adapter; with ``id`` it names the submission.
        sent_at: When the adapter wrote it, which goes into the envelope.
        handed_in_at: When in the day it gets to the router; later than ``sent_at`` where the
            adapter had no line.
        data: The submission, JSON.
        story: Which of the planted stories it belongs to.
    """

    source: str
    id: str
    sent_at: datetime
    handed_in_at: datetime
    data: Mapping[str, Any]
    story: str | None = None

    @property
    def over_http(self) -> bool:
        """Whether it goes to intake by HTTP, and not by the adapters' topic."""
        return self.source == BY_HTTP

    @property
    def question(self) -> tuple[str, str, str]:
        """What gets one answer, however often it is handed in."""
        return self.source, self.id, json.dumps(self.data, sort_keys=True)

    def event(self) -> SubmissionHandedIn:
        """Return it as the record on the adapters' topic."""
        return SubmissionHandedIn(
            id=self.id, source=self.source, time=self.sent_at.isoformat(), data=dict(self.data)
        )

    def held_back_until(self, moment: datetime) -> "Report":
        """Return it as handed in later than it was sent."""
        return replace(self, handed_in_at=moment)
