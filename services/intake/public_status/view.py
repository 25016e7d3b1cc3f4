"""The public view of a request, as JSON."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from services.intake.public_status.model import (
    PublicDecision,
    PublicRequest,
    PublicStatus,
    StatusChange,
)
from services.intake.public_status.status_text import (
    OUTCOME_NOTE,
    RECEIVED,
    STATUS_TEXT,
    present_status,
)
from shared.catalogue import Jurisdiction

LANGUAGES = ("en", "es")


def render_status(
    status: PublicStatus, jurisdiction: Jurisdiction, language: str
) -> dict[str, Any]:
    """Return what a resident may know of a request.

    Args:
        status: What is known.
        jurisdiction: The city that the request was made to.
        language: One of ``LANGUAGES``.
    """
    request, ruling = status.request, status.decision
    last = status.changes[-1] if status.changes else None
    outcome = ruling.outcome if ruling else None
    present = present_status(outcome, last.status if last else None)
    service = jurisdiction.services.get(request.service_code)
    note = None if status.was_moved else OUTCOME_NOTE.get(outcome or "")
    return {
        "tracking_number": request.tracking_number,
        "jurisdiction": request.jurisdiction,
        "service_code": request.service_code,
        "service_name": service.name.in_language(language) if service else request.service_code,
        "status": present,
        "status_text": STATUS_TEXT[present].in_language(language),
        "submitted_at": _moment(request.submitted_at),
        "updated_at": _moment(_updated_at(status)),
        "location": _location(request),
        "note": note.in_language(language) if note else None,
        "answer": _answer(ruling, jurisdiction, language),
        "bureau": _bureau(last.bureau, jurisdiction) if last else None,
        "scheduled_for": _scheduled_for(last),
        "referral": _referral(ruling, jurisdiction, language),
        "history": list(_history(status, jurisdiction, language)),
    }


def _updated_at(status: PublicStatus) -> datetime:
    decided = [status.decision.decided_at] if status.decision else []
    return max([status.request.submitted_at, *decided, *(step.taken_at for step in status.changes)])


def _location(request: PublicRequest) -> dict[str, Any] | None:
    if request.address is not None:
        return {"address": request.address}
    if request.latitude is not None:
        return {"latitude": request.latitude, "longitude": request.longitude}
    return None


def _bureau(code: str, jurisdiction: Jurisdiction) -> str:
    bureau = jurisdiction.bureaus.get(code)
    return bureau.name if bureau else code


def _scheduled_for(last: StatusChange | None) -> str | None:
    if last is None or last.status != "scheduled" or last.scheduled_for is None:
        return None
    return _moment(last.scheduled_for)


def _referral(
    ruling: PublicDecision | None, jurisdiction: Jurisdiction, language: str
) -> dict[str, str | None] | None:
    if ruling is None or ruling.referral_name is None:
        return None
    reason = jurisdiction.referral_reasons.get(ruling.referral_reason or "")
    return {
        "name": ruling.referral_name,
        "phone": ruling.referral_phone,
        "url": ruling.referral_url,
        "reason": reason.in_language(language) if reason else None,
    }


def _answer(ruling: PublicDecision | None, jurisdiction: Jurisdiction, language: str) -> str | None:
    answer = jurisdiction.answers.get((ruling.answer if ruling else None) or "")
    return answer.in_language(language) if answer else None


def _history(
    status: PublicStatus, jurisdiction: Jurisdiction, language: str
) -> Iterator[dict[str, Any]]:
    yield _entry(status.request.submitted_at, RECEIVED, language)
    ruling = status.decision
    if ruling and present_status(ruling.outcome, None) != RECEIVED:
        yield _entry(ruling.decided_at, present_status(ruling.outcome, None), language)
    for step in status.changes:
        entry = _entry(step.taken_at, step.status, language)
        yield entry | {"bureau": _bureau(step.bureau, jurisdiction), "note": step.note}


def _entry(at: datetime, status: str, language: str) -> dict[str, Any]:
    text = STATUS_TEXT[status].in_language(language)
    return {"at": _moment(at), "status": status, "text": text, "bureau": None, "note": None}


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
