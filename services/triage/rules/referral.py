"""Referral: the outside agency that must act, the reason, and the part left to the city."""

from dataclasses import dataclass

from services.triage.rules.priority.score import MatchedConditions, states_hazard
from shared.catalogue import ExternalAgency, Jurisdiction, LocalText, ServiceType
from shared.catalogue.jurisdiction import HAZARD_NOW
from shared.catalogue.referral import outside_agency
from shared.catalogue.service_type import AGENCY_911
from shared.vocabulary import URGENT_LEVELS, PriorityLevel


@dataclass(frozen=True, slots=True)
class ReasonText:
    """A reason code with its text for the resident."""

    code: str
    text: LocalText


@dataclass(frozen=True, slots=True)
class AgencyReferral:
    """The outside agency that must act.

    Attributes:
        replaces_city: True when the city has no part in it, so that no case is opened.
        reason: None when the catalogue gives no reason.
    """

    agency: ExternalAgency
    replaces_city: bool
    reason: ReasonText | None = None


def referral_for(
    jurisdiction: Jurisdiction,
    service: ServiceType,
    municipality: str | None,
    conditions: MatchedConditions,
    level: PriorityLevel,
) -> AgencyReferral | None:
    """Return the outside agency that must act, or None when the city alone acts.

    A neighbour acts instead of the city. Another agency acts beside the city when a bureau of the
    city leads, else instead of it. An urgent hazard that the report states is made safe by the
    kind's hazard lead before the agency does the rest, while 911 keeps its own reason.
    """
    found = outside_agency(jurisdiction, service, municipality, conditions)
    if found is None:
        return None
    agency, code, is_neighbour = found
    if is_neighbour:
        return AgencyReferral(agency, replaces_city=True, reason=_reason(jurisdiction, code))
    replaces_city = service.city_lead is None
    can_make_safe = service.hazard_lead is not None and level in URGENT_LEVELS
    if can_make_safe and states_hazard(jurisdiction, service, conditions):
        code, replaces_city = code if agency.code == AGENCY_911 else HAZARD_NOW, False
    return AgencyReferral(agency, replaces_city, _reason(jurisdiction, code))


def _reason(jurisdiction: Jurisdiction, code: str | None) -> ReasonText | None:
    text = jurisdiction.referral_reasons.get(code or "")
    return ReasonText(code, text) if code and text else None
