"""Reassess a request by its own words together with those of its notes."""

from collections.abc import Sequence
from typing import NamedTuple

from services.triage.assessment import StatedParts, assess
from services.triage.policy import Assessment, CityPolicy, TriagePolicy
from services.triage.rules.priority.score import level_of
from shared.contract.events import NoteAdded


class NotedRequest(NamedTuple):
    """A decided request with notes.

    Attributes:
        request_id: The request.
        case_id: Its case; None for a referral or an answered question.
        kind: Its service code.
        stated: What it states itself.
        score: Its score when it was decided or reassessed last.
        emergency: Code of the danger to life that was known then.
        passed_on: Notes that were read before, in order.
        waiting: The new notes, in order; at least one.
    """

    request_id: str
    case_id: str | None
    kind: str
    stated: StatedParts
    score: int
    emergency: str | None
    passed_on: Sequence[NoteAdded]
    waiting: Sequence[NoteAdded]


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
    stated = request.stated
    texts = [event.data.text for event in (*request.passed_on, *request.waiting)]
    extended = stated.model_copy(
        update={"description": "\n".join(filter(None, (stated.description, *texts)))}
    )
    assessment = assess(extended, service, city)
    emergency = assessment.emergency
    is_new = emergency is not None and emergency.code != request.emergency
    if is_new or assessment.priority.level < level_of(request.score):
        return Reassessed(request, assessment, city)
    return None
