"""What is kept of a submission."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from services.intake.outbound import Receipt

SubmissionKey: TypeAlias = tuple[bytes, bytes]
"""What a submission is known by: its identity and its fingerprint."""


@dataclass(frozen=True, slots=True)
class StoredSubmission:
    """A submission that got its answer.

    Attributes:
        first: Whether it is the first under its identity; what comes later with other data is
            refused.
        body: The bytes that it came as, when it was rejected; of one that was accepted nothing
            stays here.
        time_replaced: Its envelope's time lay in the future and was not believed.
    """

    key: SubmissionKey
    first: bool
    source: str
    submission_id: str
    received_at: datetime
    receipt: Receipt
    body: bytes | None
    time_replaced: bool
