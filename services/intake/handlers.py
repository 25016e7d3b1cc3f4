"""Taking submissions in: each gets one answer, and the same one whenever it comes again."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.intake.cooperative_yield import CooperativeYield
from services.intake.districts import locate_areas
from services.intake.inbound.validation import ValidatedSubmission, validate
from services.intake.outbound import AcceptedSubmission, Receipt, accept, receipt_record, rejection
from services.intake.policy import Policy
from services.intake.public_status.model import PublicRequest
from services.intake.records import StoredSubmission, SubmissionKey
from services.intake.rules.idempotency import idempotency_key, payload_hash
from services.intake.rules.required_fields import FieldProblem, id_reused
from services.intake.rules.tracking_number import tracking_number
from shared.contract.events import Event, SubmissionHandedIn
from shared.runtime.consumer.messages import Message
from shared.runtime.outbox.records import Outgoing


@dataclass(frozen=True, slots=True)
class RawSubmission:
    """A submission and the bytes that it came as."""

    handed_in: SubmissionHandedIn
    body: bytes


@dataclass(frozen=True, slots=True)
class SubmissionResult:
    """What became of an arrival: its answer, and what the other services are told."""

    receipt: Receipt
    events: tuple[Event, ...] = ()


class Submissions(Protocol):
    """What intake has answered before."""

    async def receipts(self, identities: Sequence[bytes]) -> Mapping[SubmissionKey, Receipt]:
        """Return every answer given under these identities."""
        ...

    async def serials(self, count: int) -> Sequence[int]:
        """Return that many serial numbers, each for the first and only time."""
        ...

    async def add(
        self, filings: Sequence[StoredSubmission], requests: Sequence[PublicRequest]
    ) -> None:
        """Keep them.

        Raises:
            DatabaseBusyError: Another member answered one of these submissions meanwhile.
        """
        ...


@dataclass(frozen=True, slots=True)
class _Judged:
    arrival: RawSubmission
    first: bool
    verdict: ValidatedSubmission | tuple[FieldProblem, ...]

    def answer(self, accepted: AcceptedSubmission | None, now: datetime) -> Event:
        if accepted is not None:
            return accepted.answer
        flaws = () if isinstance(self.verdict, ValidatedSubmission) else self.verdict
        return rejection(self.arrival.handed_in, flaws, now)


async def on_submissions_handed_in(
    messages: Sequence[Message[SubmissionHandedIn]],
    submissions: Submissions,
    policy: Policy,
    now: datetime,
) -> list[Event | Outgoing]:
    """Take in what adapters wrote to Kafka; every message gets a receipt, a repeat as well."""
    arrivals = [RawSubmission(message.event, message.record.value or b"") for message in messages]
    taken = await accept_submissions(arrivals, submissions, policy, now)
    outgoing: list[Event | Outgoing] = []
    for arrival, one in zip(arrivals, taken, strict=True):
        outgoing += [receipt_record(arrival.handed_in, one.receipt), *one.events]
    return outgoing


async def accept_submissions(
    arrivals: Sequence[RawSubmission], submissions: Submissions, policy: Policy, now: datetime
) -> list[SubmissionResult]:
    """Accept or reject each submission, or find the answer that it got before.

    Returns:
        What became of each arrival, in order; nothing is told anew about a repeat.
    """
    marks = [_mark(arrival.handed_in) for arrival in arrivals]
    answered = await submissions.receipts(sorted({identity for identity, _ in marks}))
    judged = await _judge(zip(marks, arrivals, strict=True), answered, policy, now)
    accepted = await _accept(judged, submissions, policy, now)
    filings = [_filing(mark, one, accepted.get(mark), now) for mark, one in judged.items()]
    await submissions.add(filings, [one.public for one in accepted.values()])
    receipts = {**answered, **{filing.key: filing.receipt for filing in filings}}
    told = {mark: one.events for mark, one in accepted.items()}
    return [SubmissionResult(receipts[mark], told.pop(mark, ())) for mark in marks]


def _mark(handed_in: SubmissionHandedIn) -> SubmissionKey:
    return idempotency_key(handed_in.source, handed_in.id), payload_hash(handed_in.data)


async def _judge(
    arrivals: Iterable[tuple[SubmissionKey, RawSubmission]],
    answered: Collection[SubmissionKey],
    policy: Policy,
    now: datetime,
) -> dict[SubmissionKey, _Judged]:
    """Judge what has no answer yet, each once, in order."""
    known = {identity for identity, _ in answered}
    judged: dict[SubmissionKey, _Judged] = {}
    turns = CooperativeYield()
    for mark, arrival in arrivals:
        if mark in answered or mark in judged:
            continue
        first = mark[0] not in known
        verdict = validate(arrival.handed_in, now, policy) if first else (id_reused(),)
        judged[mark] = _Judged(arrival, first, verdict)
        known.add(mark[0])
        await turns.maybe_yield()
    return judged


async def _accept(
    judged: Mapping[SubmissionKey, _Judged], submissions: Submissions, policy: Policy, now: datetime
) -> dict[SubmissionKey, AcceptedSubmission]:
    drafts = {
        m: one.verdict for m, one in judged.items() if isinstance(one.verdict, ValidatedSubmission)
    }
    if not drafts:
        return {}
    serials = await submissions.serials(len(drafts))
    numbers = [tracking_number(serial, now.year) for serial in serials]
    areas = locate_areas(list(drafts.values()))
    return {
        mark: accept(draft, area, number, now, policy)
        for number, area, (mark, draft) in zip(numbers, areas, drafts.items(), strict=True)
    }


def _filing(
    mark: SubmissionKey, judged: _Judged, accepted: AcceptedSubmission | None, now: datetime
) -> StoredSubmission:
    handed_in, verdict = judged.arrival.handed_in, judged.verdict
    return StoredSubmission(
        key=mark,
        first=judged.first,
        source=handed_in.source,
        submission_id=handed_in.id,
        received_at=now,
        receipt=Receipt.of(judged.answer(accepted, now)),
        body=None if accepted else judged.arrival.body,
        time_replaced=isinstance(verdict, ValidatedSubmission) and verdict.sent.replaced,
    )
