"""Validation of a batch of raw submissions without blocking the event loop."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from services.intake.identifiers import SubmissionKey
from services.intake.inbound.field_errors import id_reused
from services.intake.inbound.validation import ValidatedSubmission, address_alone, validate
from services.intake.policy import CityAddress, IntakePolicy
from services.intake.records import RawSubmission
from shared.contract.events import FieldError, SubmissionReceived
from shared.runtime.cooperative import CooperativeYield


@dataclass(frozen=True, slots=True)
class NewSubmission:
    """A submission without a receipt, and the result of its validation.

    Attributes:
        first: False if its source and id were used for other data before.
    """

    raw: RawSubmission
    first: bool
    result: ValidatedSubmission | tuple[FieldError, ...]


async def validate_new(
    submissions: Iterable[tuple[SubmissionKey, RawSubmission]],
    known: Collection[SubmissionKey],
    policy: IntakePolicy,
    now: datetime,
) -> dict[SubmissionKey, NewSubmission]:
    """Validate each submission without a receipt, once and in order; ``known`` have one."""
    identities = {identity for identity, _ in known}
    new: dict[SubmissionKey, NewSubmission] = {}
    cooperative = CooperativeYield()
    for key, raw in submissions:
        if key in known or key in new:
            continue
        identity, _ = key
        first = identity not in identities
        result = validate(raw.envelope, now, policy) if first else (id_reused(),)
        new[key] = NewSubmission(raw, first, result)
        identities.add(identity)
        await cooperative.maybe_yield()
    return new


async def addresses_alone(
    submissions: Iterable[SubmissionReceived], policy: IntakePolicy
) -> list[CityAddress]:
    """Return the addresses of those submissions that have no other location."""
    found: list[CityAddress] = []
    cooperative = CooperativeYield()
    for submission in submissions:
        if address := address_alone(submission.data, policy):
            found.append(address)
        await cooperative.maybe_yield()
    return found
