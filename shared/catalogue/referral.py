"""Responsibility of outside agencies."""

from collections.abc import Collection
from typing import NamedTuple

from shared.catalogue.agencies import ExternalAgency, Owner
from shared.catalogue.jurisdiction import Jurisdiction
from shared.catalogue.service_type import ReferralRule, ServiceType


class OutsideAgency(NamedTuple):
    """The outside agency that must act on a report."""

    agency: ExternalAgency
    reason: str | None
    is_neighbour: bool = False


def outside_agency(
    jurisdiction: Jurisdiction,
    service: ServiceType,
    municipality: str | None,
    conditions: Collection[str],
) -> OutsideAgency | None:
    """Return the outside agency that must act, or None when the city alone acts.

    A report on a neighbour's land goes to the neighbour, unless its kind has no location.
    Otherwise the kind names the agency; on non-city land, the owner takes precedence over the
    kind's unconditional referral. A municipality that is no known neighbour counts as the city's
    own land, so that every report has an owner.
    """
    neighbour = jurisdiction.neighbours.get(municipality) if municipality else None
    if neighbour is not None and service.needs.location:
        return OutsideAgency(neighbour, neighbour.reason, is_neighbour=True)
    codes = {*conditions, *service.implies}
    owner = land_owner(jurisdiction, service, codes)
    named = ReferralRule(owner.agency, reason=owner.reason) if owner else None
    rule = _by_precedence(service.referrals_for(codes), named)
    if rule is None:
        return None
    agency = jurisdiction.agencies[rule.agency]
    return OutsideAgency(agency, rule.reason or agency.reason)


def land_owner(
    jurisdiction: Jurisdiction, service: ServiceType, conditions: Collection[str]
) -> Owner | None:
    """Return the owner of the land that a report lies on, where that is not the city."""
    for owner in jurisdiction.owners:
        if service.code in owner.kinds and not owner.when.isdisjoint(conditions):
            return owner
    return None


def _by_precedence(
    of_kind: tuple[ReferralRule, ...], owner: ReferralRule | None
) -> ReferralRule | None:
    first = next(iter(of_kind), None)
    if first is not None and first.when is not None:
        return first
    return owner or first
