"""From a reassessment to its event, and the records that pass notes on."""

from datetime import datetime

from services.triage.decisions.reassessment import Reassessed
from services.triage.outbound.decision import call_911, to_emergency, to_priority
from services.triage.outbound.explanation import explain_priority
from shared.contract.events import NoteAdded, Reassessment, RequestReassessed
from shared.contract.topics import TRIAGE_DECISIONS
from shared.runtime.outgoing import Outgoing


def to_event(reassessed: Reassessed, now: datetime) -> RequestReassessed:
    """Return the event of a reassessment.

    Args:
        reassessed: The request with its new assessment.
        now: The present moment.
    """
    request, assessment, city = reassessed
    note = request.waiting[-1]
    priority, emergency = to_priority(assessment.priority), to_emergency(assessment.emergency)
    language = note.data.language or request.stated.language or "en"
    data = Reassessment(
        request_id=request.request_id,
        case_id=request.case_id,
        priority=priority,
        emergency=emergency,
        advice=(call_911(language),) if emergency else (),
        note_id=note.data.note_id,
        explanation=tuple(explain_priority(priority, emergency, city.reason_texts)),
    )
    return RequestReassessed.of(data, now=now, cause=note, request=request.request_id)


def passed_on(note: NoteAdded, case_id: str) -> Outgoing:
    """Return the record that carries a note behind the decision of its request.

    Args:
        note: The note as intake published it.
        case_id: The case of its request.
    """
    return Outgoing.to_topic(TRIAGE_DECISIONS.name, case_id, note)
