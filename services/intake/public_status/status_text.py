"""Texts of each public status, in plain words for residents."""

from collections.abc import Mapping
from types import MappingProxyType

from shared.catalogue import LocalText

RECEIVED = "received"
REFERRED = "referred"
ANSWERED = "answered"

STATUS_TEXT: Mapping[str, LocalText] = MappingProxyType(
    {
        RECEIVED: LocalText(
            "We got your report. We are finding out who takes care of it.",
            "Recibimos su reporte. Estamos viendo a quién le corresponde.",
        ),
        "open": LocalText(
            "Your report is with the team that takes care of it.",
            "Su reporte está con el equipo que se encarga de esto.",
        ),
        "acknowledged": LocalText(
            "The team has seen your report.",
            "El equipo ya vio su reporte.",
        ),
        "scheduled": LocalText(
            "The team has planned the work.",
            "El equipo ya programó el trabajo.",
        ),
        "in_progress": LocalText(
            "The team is working on it.",
            "El equipo está trabajando en esto.",
        ),
        "waiting_for_resident": LocalText(
            "The team needs to hear from you before it can go on.",
            "El equipo necesita que usted se comunique para poder seguir.",
        ),
        "completed": LocalText(
            "The work is done.",
            "El trabajo está terminado.",
        ),
        "declined": LocalText(
            "The team cannot do this work.",
            "El equipo no puede hacer este trabajo.",
        ),
        REFERRED: LocalText(
            "Somebody else takes care of this. Please contact them.",
            "Otra organización se encarga de esto. Comuníquese con ellos.",
        ),
        ANSWERED: LocalText(
            "We have answered your question.",
            "Ya respondimos su pregunta.",
        ),
    }
)

OUTCOME_NOTE: Mapping[str, LocalText] = MappingProxyType(
    {
        "duplicate": LocalText(
            "Somebody told us about this problem before you. We work on both reports together.",
            "Alguien ya nos había avisado de este problema. Atendemos los dos reportes juntos.",
        ),
        "recurrence": LocalText(
            "We had a report about this place before. We look at it anew, and know of the old one.",
            "Ya teníamos un reporte de este lugar. Lo revisamos de nuevo con el anterior a la "
            "vista.",
        ),
    }
)


def outcome_note(outcome: str | None, *, was_moved: bool) -> LocalText | None:
    """Return what residents should know of triage's outcome; None where that is nothing.

    Args:
        outcome: Triage's outcome; None before the decision.
        was_moved: True when an operator moved the request to another case than triage decided.
    """
    return None if was_moved else OUTCOME_NOTE.get(outcome or "")


def current_status(outcome: str | None, case_status: str | None) -> str:
    """Return the public status of a request.

    Args:
        outcome: Triage's outcome; None before the decision.
        case_status: Status of its case, which takes precedence; None without a case.
    """
    if case_status is not None:
        return case_status
    return {"referral": REFERRED, "answered": ANSWERED}.get(outcome or "", RECEIVED)
