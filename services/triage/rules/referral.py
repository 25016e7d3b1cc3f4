"""Referral: the outside agency that must act, the reason, and the part left to the city."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from services.triage.rules.priority.conditions import MatchedConditions
from services.triage.rules.priority.score import states_hazard
from shared.catalogue import ExternalAgency, Jurisdiction, LocalText, ReferralRule, ServiceType
from shared.catalogue.jurisdiction import HAZARD_NOW
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

    A report on a neighbour's land goes to the neighbour, unless its kind has no location.
    Otherwise the kind names the agency: beside the city when a bureau of the city leads, else
    instead of it. An urgent hazard that the report states is made safe by the kind's hazard lead
    before the agency does the rest, while 911 keeps its own reason. On non-city land, the owner
    takes precedence over the kind's unconditional referral. A municipality that is no known
    neighbour counts as the city's own land, so that every report has an owner.

    Args:
        jurisdiction: The city.
        service: Kind of the report.
        municipality: Municipality of the location, or None when unknown.
        conditions: Conditions that the report states.
        level: Priority of the report by itself.
    """
    neighbour = jurisdiction.neighbours.get(municipality) if municipality else None
    if neighbour is not None and service.needs.location:
        reason = _reason(jurisdiction, neighbour.reason)
        return AgencyReferral(neighbour, replaces_city=True, reason=reason)
    codes = {*conditions, *service.implies}
    owner = _land_owner(jurisdiction, service, codes)
    referral = _by_precedence(service.referrals_for(codes), owner)
    if referral is None:
        return None
    agency = jurisdiction.agencies[referral.agency]
    code, replaces_city = referral.reason or agency.reason, service.city_lead is None
    can_make_safe = service.hazard_lead is not None and level in URGENT_LEVELS
    if can_make_safe and states_hazard(jurisdiction, service, conditions):
        code, replaces_city = code if agency.code == AGENCY_911 else HAZARD_NOW, False
    return AgencyReferral(agency, replaces_city, _reason(jurisdiction, code))


def _land_owner(
    jurisdiction: Jurisdiction, service: ServiceType, conditions: Collection[str]
) -> ReferralRule | None:
    for owner in jurisdiction.owners:
        if service.code in owner.kinds and not owner.when.isdisjoint(conditions):
            return ReferralRule(owner.agency, reason=owner.reason)
    return None


def _by_precedence(
    of_kind: Sequence[ReferralRule], owner: ReferralRule | None
) -> ReferralRule | None:
    first = next(iter(of_kind), None)
    if first is not None and first.when is not None:
        return first
    return owner or first


def _reason(jurisdiction: Jurisdiction, code: str | None) -> ReasonText | None:
    text = jurisdiction.referral_reasons.get(code or "")
    return ReasonText(code, text) if code and text else None
