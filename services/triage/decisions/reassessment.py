"""Reassess a request by its own statements together with its notes.

Notes of others than its reporter count for a danger to life alone, which anybody may report, and
never remove one that the reporter described.
"""

from collections.abc import Sequence
from typing import NamedTuple

from services.triage.decisions.assessment import StatedParts, assess, report_place
from services.triage.policy import Assessment, CityPolicy, TriagePolicy
from services.triage.records import PlacedRequest
from services.triage.rules.priority.score import level_of
from shared.contract.events import Location, Note, NoteAdded


class NotedRequest(NamedTuple):
    """A decided request with notes.

    Attributes:
        case_id: None for a referral or an answered question.
        score: Its score when it was last decided or reassessed.
        emergency: Code of the danger to life known then.
        passed_on: Earlier notes, in order.
    """

    request_id: str
    case_id: str | None
    kind: str
    stated: StatedParts
    score: int
    emergency: str | None
    passed_on: Sequence[NoteAdded]
    waiting: Sequence[NoteAdded]

    @property
    def stated_location(self) -> Location | None:
        """The location that its reporter stated last, in a note; None for none."""
        notes = reversed((*self.passed_on, *self.waiting))
        return next((event.data.location for event in notes if event.data.location), None)


class Reassessed(NamedTuple):
    """A request whose notes raised its priority or describe a danger, and its new assessment."""

    request: NotedRequest
    assessment: Assessment
    city: CityPolicy


def reassess(request: NotedRequest, policy: TriagePolicy) -> Reassessed | None:
    """Return the new assessment where the level rises or a new danger appears, else None."""
    note = request.waiting[-1].data
    city = policy.cities.get(note.jurisdiction)
    service = city.services.get(request.kind) if city else None
    if city is None or service is None:
        return None
    notes = [event.data for event in (*request.passed_on, *request.waiting)]
    without_others = [note for note in notes if note.by != "other"]
    by_reporter = assess(_extended(request, without_others), service, city)
    has_others = len(without_others) < len(notes)
    by_all = assess(_extended(request, notes), service, city) if has_others else by_reporter
    of_danger = by_all if by_all.emergency else by_reporter
    emergency = of_danger.emergency
    if emergency is not None and emergency.code != request.emergency:
        return Reassessed(request, of_danger, city)
    if by_reporter.priority.level < level_of(request.score):
        return Reassessed(request, by_reporter, city)
    return None


def _extended(request: NotedRequest, notes: Sequence[Note]) -> StatedParts:
    stated = request.stated
    texts = (stated.description, *(note.text for note in notes))
    return stated.model_copy(
        update={
            "description": "\n".join(filter(None, texts)),
            "location": request.stated_location or stated.location,
        }
    )


def place_of(request: NotedRequest, policy: TriagePolicy) -> PlacedRequest | None:
    """Return the place that a request's notes state; None without one, or when it does not matter.

    Reports of a kind without a window never match others.
    """
    location = request.stated_location
    city = policy.cities.get(request.waiting[-1].data.jurisdiction)
    service = city.services.get(request.kind) if city else None
    if location is None or city is None or service is None or not service.dedup.window:
        return None
    return PlacedRequest(request.request_id, report_place(location, city))
