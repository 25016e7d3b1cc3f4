"""Acceptance of submissions: one receipt each, and the same receipt for every repeat."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.intake.identifiers import (
    SubmissionKey,
    idempotency_key,
    payload_hash,
    public_id,
    tracking_number,
)
from services.intake.inbound.validation import NewSubmission, ValidatedSubmission, validate_new
from services.intake.outbound import (
    AcceptedSubmission,
    RequestNames,
    accept,
    locate_areas,
    receipt_record,
    reject,
)
from services.intake.places.gazetteer import geocode
from services.intake.policy import Geocoder, IntakePolicy
from services.intake.records.public import PublicRequest
from services.intake.records.submissions import RawSubmission, Receipt, StoredSubmission
from shared.contract.events import Event, SubmissionReceived
from shared.runtime.consumer.messages import Message
from shared.runtime.cooperative import in_turns
from shared.runtime.outgoing import Outgoing


@dataclass(frozen=True, slots=True)
class SubmissionResult:
    """The receipt of a submission, and its events to other services; a repeat has no events."""

    receipt: Receipt
    events: tuple[Event, ...] = ()


class SubmissionStore(Protocol):
    """Receipts, serial numbers and requests."""

    async def receipts(self, identities: Sequence[bytes]) -> Mapping[SubmissionKey, Receipt]:
        """Return every receipt of these identities."""

    def serials(self, count: int) -> Sequence[int]:
        """Return ``count`` unpredictable serial numbers."""

    async def add(
        self, submissions: Sequence[StoredSubmission], requests: Sequence[PublicRequest]
    ) -> None:
        """Store submissions and requests, or raise ``DatabaseBusyError`` to retry."""


async def on_submissions_received(
    messages: Sequence[Message[SubmissionReceived]],
    store: SubmissionStore,
    policy: IntakePolicy,
    now: datetime,
    geocoders: Sequence[Geocoder] = (),
) -> list[Event | Outgoing]:
    """Accept submissions from Kafka; every message gets a receipt, a repeat as well."""
    submissions = [
        RawSubmission(message.event, message.record.value or b"") for message in messages
    ]
    results = await accept_submissions(submissions, store, policy, now, geocoders)
    outgoing: list[Event | Outgoing] = []
    for message, result in zip(messages, results, strict=True):
        outgoing.append(receipt_record(message.event, result.receipt, policy.adapters))
        outgoing += result.events
    return outgoing


async def accept_submissions(
    submissions: Sequence[RawSubmission],
    store: SubmissionStore,
    policy: IntakePolicy,
    now: datetime,
    geocoders: Sequence[Geocoder] = (),
) -> list[SubmissionResult]:
    """Accept or reject each new submission, and return the stored receipt of each repeat."""
    keys = [
        (idempotency_key(raw.envelope.source, raw.envelope.id), payload_hash(_told(raw)))
        for raw in submissions
    ]
    receipts = dict(await store.receipts(sorted({identity for identity, _ in keys})))
    new = await validate_new(zip(keys, submissions, strict=True), receipts.keys(), policy, now)
    accepted = await _accept(await _located(new, geocoders), store, policy, now)
    stored = [_stored(key, one, accepted.get(key), now) for key, one in new.items()]
    await store.add(stored, [one.public for one in accepted.values()])
    receipts |= {one.key: one.receipt for one in stored}
    events = {key: one.events for key, one in accepted.items()}
    return [SubmissionResult(receipts[key], events.pop(key, ())) for key in keys]


def _told(raw: RawSubmission) -> object:
    """Return the data without who entered it: a line of a bulk call repeats a call of its own."""
    data = raw.envelope.data
    if not isinstance(data, dict):
        return data
    return {name: value for name, value in data.items() if name != "entered_by"}


async def _located(
    new: Mapping[SubmissionKey, NewSubmission], geocoders: Sequence[Geocoder]
) -> dict[SubmissionKey, ValidatedSubmission]:
    valid = {
        key: one.result for key, one in new.items() if isinstance(one.result, ValidatedSubmission)
    }
    located = await geocode(
        [(one.city.jurisdiction.id, one.location) for one in valid.values()], geocoders
    )
    return {
        key: one._replace(location=location)
        for (key, one), location in zip(valid.items(), located, strict=True)
    }


async def _accept(
    valid: Mapping[SubmissionKey, ValidatedSubmission],
    store: SubmissionStore,
    policy: IntakePolicy,
    now: datetime,
) -> dict[SubmissionKey, AcceptedSubmission]:
    serials = iter(store.serials(2 * len(valid)))
    names = [
        RequestNames(tracking_number(next(serials), now.year), public_id(next(serials)))
        for _ in valid
    ]
    areas = locate_areas(list(valid.values()))
    accepted = await in_turns(
        lambda one: accept(*one, now, policy), zip(valid.values(), areas, names, strict=True)
    )
    return dict(zip(valid, accepted, strict=True))


def _stored(
    key: SubmissionKey, new: NewSubmission, accepted: AcceptedSubmission | None, now: datetime
) -> StoredSubmission:
    envelope, result = new.raw.envelope, new.result
    errors = () if isinstance(result, ValidatedSubmission) else result
    return StoredSubmission(
        key=key,
        first=new.first,
        source=envelope.source,
        submission_id=envelope.id,
        received_at=now,
        receipt=Receipt.of(accepted.receipt if accepted else reject(envelope, errors, now)),
        body=None if accepted else new.raw.body,
        time_replaced=isinstance(result, ValidatedSubmission) and result.sent.replaced,
    )
