"""Handing in and looking at what followed."""

from datetime import timedelta
from typing import Any

from services.intake.handlers import Arrival, Taken, take_in
from shared.contract.events import (
    Event,
)
from tests.builders import NOON
from tests.unit.intake.fakes import InMemorySubmissions
from tests.unit.intake.factories import POLICY, arrival

LATER = NOON + timedelta(minutes=5)
REPORTER = {
    "name": "Ana Ruiz",
    "email": "ana@example.org",
    "phone": "(503) 555-0100",
    "language": "es",
    "status_updates": ["email"],
}
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def taken(submissions: InMemorySubmissions, *arrivals: Arrival) -> list[Taken]:
    return await take_in(arrivals, submissions, POLICY, NOON)


async def accepted(submissions: InMemorySubmissions, **changes: Any) -> dict[type[Event], Any]:
    """Hand in one submission; return what followed, by class."""
    (one,) = await taken(submissions, arrival(**changes))
    return {type(event): event for event in (one.receipt.read(), *one.told)}
