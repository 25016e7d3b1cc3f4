"""Taking submissions in: each gets one answer, and the same one whenever it comes again."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.intake.cooperative_yield import Turns
from services.intake.districts import locate
from services.intake.inbound.validation import Draft, check
from services.intake.outbound import Accepted, Receipt, accept, answering, rejection
from services.intake.policy import Policy
from services.intake.public_status.model import PublicRequest
from services.intake.records import Filing, Mark
from services.intake.rules.idempotency import fingerprint, identity_key
from services.intake.rules.required_fields import Flaw, id_reused
from services.intake.rules.tracking_number import tracking_number
from shared.contract.events import Event, SubmissionHandedIn
from shared.runtime.consumer.messages import Message
from shared.runtime.outbox.records import Outgoing


@dataclass(frozen=True, slots=True)
class Arrival:
    """A submission and the bytes that it came as."""

    handed_in: SubmissionHandedIn
    body: bytes


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an arrival: its answer, and what the other services are told."""

    receipt: Receipt
    told: tuple[Event, ...] = ()


class Submissions(Protocol):
    """What intake has answered before."""

    async def receipts(self, identities: Sequence[bytes]) -> Mapping[Mark, Receipt]:
        """Return every answer given under these identities."""
        ...

    async def serials(self, count: int) -> Sequence[int]:
        """Return that many serial numbers, each for the first and only time."""
        ...

    async def add(self, filings: Sequence[Filing], requests: Sequence[PublicRequest]) -> None:
        """Keep them.

        Raises:
            DatabaseBusyError: Another member answered one of these submissions meanwhile.
        """
        ...


@dataclass(frozen=True, slots=True)
class _Judged:
    arrival: Arrival
    first: bool
    verdict: Draft | tuple[Flaw, ...]

    def answer(self, accepted: Accepted | None, now: datetime) -> Event:
        if accepted is not None:
            return accepted.answer
        flaws = () if isinstance(self.verdict, Draft) else self.verdict
        return rejection(self.arrival.handed_in, flaws, now)


async def on_submissions_handed_in(
    messages: Sequence[Message[SubmissionHandedIn]],
    submissions: Submissions,
    policy: Policy,
    now: datetime,
) -> list[Event | Outgoing]:
    """Take in what adapters wrote to Kafka; every message gets a receipt, a repeat as well."""
    arrivals = [Arrival(message.event, message.record.value or b"") for message in messages]
    taken = await take_in(arrivals, submissions, policy, now)
    outgoing: list[Event | Outgoing] = []
    for arrival, one in zip(arrivals, taken, strict=True):
        outgoing += [answering(arrival.handed_in, one.receipt), *one.told]
    return outgoing


async def take_in(
    arrivals: Sequence[Arrival], submissions: Submissions, policy: Policy, now: datetime
) -> list[Taken]:
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
    receipts = {**answered, **{filing.mark: filing.receipt for filing in filings}}
    told = {mark: one.told for mark, one in accepted.items()}
    return [Taken(receipts[mark], told.pop(mark, ())) for mark in marks]


def _mark(handed_in: SubmissionHandedIn) -> Mark:
    return identity_key(handed_in.source, handed_in.id), fingerprint(handed_in.data)


async def _judge(
    arrivals: Iterable[tuple[Mark, Arrival]],
    answered: Collection[Mark],
    policy: Policy,
    now: datetime,
) -> dict[Mark, _Judged]:
    """Judge what has no answer yet, each once, in order."""
    known = {identity for identity, _ in answered}
    judged: dict[Mark, _Judged] = {}
    turns = Turns()
    for mark, arrival in arrivals:
        if mark in answered or mark in judged:
            continue
        first = mark[0] not in known
        verdict = check(arrival.handed_in, now, policy) if first else (id_reused(),)
        judged[mark] = _Judged(arrival, first, verdict)
        known.add(mark[0])
        await turns.give_way()
    return judged


async def _accept(
    judged: Mapping[Mark, _Judged], submissions: Submissions, policy: Policy, now: datetime
) -> dict[Mark, Accepted]:
    drafts = {m: one.verdict for m, one in judged.items() if isinstance(one.verdict, Draft)}
    if not drafts:
        return {}
    serials = await submissions.serials(len(drafts))
    numbers = [tracking_number(serial, now.year) for serial in serials]
    areas = locate(list(drafts.values()))
    return {
        mark: accept(draft, area, number, now, policy)
        for number, area, (mark, draft) in zip(numbers, areas, drafts.items(), strict=True)
    }


def _filing(mark: Mark, judged: _Judged, accepted: Accepted | None, now: datetime) -> Filing:
    handed_in, verdict = judged.arrival.handed_in, judged.verdict
    return Filing(
        mark=mark,
        first=judged.first,
        source=handed_in.source,
        submission_id=handed_in.id,
        received_at=now,
        receipt=Receipt.carrying(judged.answer(accepted, now)),
        body=None if accepted else judged.arrival.body,
        time_replaced=isinstance(verdict, Draft) and verdict.sent.replaced,
    )
