"""Intake's tables in memory, as its handlers need them."""

from collections.abc import Mapping, Sequence

from services.intake.outbound import Receipt
from services.intake.public_status.model import (
    CaseLink,
    PublicDecision,
    PublicRequest,
    StatusChange,
)
from services.intake.records import StoredSubmission, SubmissionKey


class InMemorySubmissions:
    """Submissions and requests; serial numbers start at 0."""

    def __init__(self) -> None:
        self.filings: dict[SubmissionKey, StoredSubmission] = {}
        self.requests: list[PublicRequest] = []
        self._next_serial = 0

    async def receipts(self, identities: Sequence[bytes]) -> Mapping[SubmissionKey, Receipt]:
        return {m: f.receipt for m, f in self.filings.items() if m[0] in identities}

    async def serials(self, count: int) -> Sequence[int]:
        first, self._next_serial = self._next_serial, self._next_serial + count
        return range(first, self._next_serial)

    async def add(
        self, filings: Sequence[StoredSubmission], requests: Sequence[PublicRequest]
    ) -> None:
        for filing in filings:
            assert filing.key not in self.filings
            assert not (filing.first and any(m[0] == filing.key[0] for m in self.filings))
            self.filings[filing.key] = filing
        self.requests += requests


class RememberedStatuses:
    """What a handler noted, call by call."""

    def __init__(self) -> None:
        self.rulings: list[PublicDecision] = []
        self.memberships: list[CaseLink] = []
        self.steps: list[StatusChange] = []

    async def decide(self, rulings: Sequence[PublicDecision]) -> None:
        self.rulings += rulings

    async def join(self, memberships: Sequence[CaseLink]) -> None:
        self.memberships += memberships

    async def move(self, steps: Sequence[StatusChange]) -> None:
        self.steps += steps
