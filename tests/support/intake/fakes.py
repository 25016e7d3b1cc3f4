"""Intake's tables in memory, as its handlers need them."""

from collections.abc import Collection, Mapping, Sequence

from typing_extensions import override

from services.intake.identifiers import SubmissionKey
from services.intake.public_status.nearby import NearbyState
from services.intake.public_status.store import PlacedCase, PostgresPublicStatuses
from services.intake.records.public import (
    CaseLink,
    PublicDecision,
    PublicRequest,
    StatusChange,
    WorkPictures,
)
from services.intake.records.submissions import Receipt, StoredSubmission


class InMemorySubmissions:
    """Submissions and requests; serial numbers start at 0."""

    def __init__(self) -> None:
        self.stored: dict[SubmissionKey, StoredSubmission] = {}
        self.requests: list[PublicRequest] = []
        self.with_contact: set[str] = set()
        self.media_of: dict[str, Collection[str]] = {}
        self._next_serial = 0

    async def receipts(self, identities: Sequence[bytes]) -> Mapping[SubmissionKey, Receipt]:
        return {m: f.receipt for m, f in self.stored.items() if m[0] in identities}

    def serials(self, count: int) -> Sequence[int]:
        first, self._next_serial = self._next_serial, self._next_serial + count
        return range(first, self._next_serial)

    async def add(
        self, submissions: Sequence[StoredSubmission], requests: Sequence[PublicRequest]
    ) -> None:
        for submission in submissions:
            assert submission.key not in self.stored
            assert not (submission.first and any(m[0] == submission.key[0] for m in self.stored))
            self.stored[submission.key] = submission
        self.requests += requests
        self.with_contact |= {one.request_id for one in requests if one.has_contact}
        self.media_of |= {one.request_id: one.pictures for one in requests}


class RecordingPublicStatuses(PostgresPublicStatuses):
    """What a handler noted, call by call."""

    def __init__(self) -> None:
        self.decisions: list[PublicDecision] = []
        self.links: list[CaseLink] = []
        self.changes: list[StatusChange] = []
        self.cases: list[NearbyState] = []
        self.placed: list[PlacedCase] = []
        self.pictures: list[WorkPictures] = []
        self.refreshed: tuple[set[str], set[str], set[str]] = (set(), set(), set())

    @override
    async def save_requests(
        self, decisions: Sequence[PublicDecision], links: Sequence[CaseLink]
    ) -> None:
        self.decisions += decisions
        self.links += links

    @override
    async def save_changes(self, changes: Sequence[StatusChange]) -> None:
        self.changes += changes

    @override
    async def save_pictures(self, pictures: Sequence[WorkPictures]) -> None:
        self.pictures += pictures

    @override
    async def save_cases(self, states: Sequence[NearbyState]) -> None:
        self.cases += states

    @override
    async def place_cases(self, cases: Sequence[PlacedCase]) -> None:
        self.placed += cases

    @override
    async def refresh_listings(
        self, request_ids: Collection[str], joined: Collection[str], changed: Collection[str]
    ) -> None:
        self.refreshed = (set(request_ids), set(joined), set(changed))
