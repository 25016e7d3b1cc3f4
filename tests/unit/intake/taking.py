"""Handing in and looking at what followed."""

from datetime import timedelta
from typing import Any

from services.intake.handlers import RawSubmission, SubmissionResult, accept_submissions
from shared.contract.events import (
    Event,
)
from tests.builders import NOON
from tests.unit.intake.factories import POLICY, arrival
from tests.unit.intake.fakes import InMemorySubmissions

LATER = NOON + timedelta(minutes=5)
REPORTER = {
    "name": "Ana Ruiz",
    "email": "ana@example.org",
    "phone": "(503) 555-0100",
    "language": "es",
    "status_updates": ["email"],
}
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def taken(
    submissions: InMemorySubmissions, *arrivals: RawSubmission
) -> list[SubmissionResult]:
    return await accept_submissions(arrivals, submissions, POLICY, NOON)


async def accepted(submissions: InMemorySubmissions, **changes: Any) -> dict[type[Event], Any]:
    """Hand in one submission; return what followed, by class."""
    (one,) = await taken(submissions, arrival(**changes))
    return {type(event): event for event in (one.receipt.decode(), *one.events)}
