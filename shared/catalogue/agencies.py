"""Parties that act on reports: the bureaus, agencies outside the city, and owners of land in it."""

from dataclasses import dataclass

from shared.catalogue.forwarding import ForwardTarget
from shared.catalogue.service_type import Hours


@dataclass(frozen=True, slots=True)
class Bureau:
    """A part of the city that receives work orders on its own topics.

    Attributes:
        escalates_to: Bureau that gets a part in a case when this one leads it and misses a
            deadline, and that leads next when this one declines it; None for none.
        publish_photos: True when its pictures of the work are public without an operator's release.
        forward: System of its own that its work orders go to; None for none.
    """

    code: str
    name: str
    phone: str | None
    hours: Hours
    escalates_to: str | None = None
    publish_photos: bool = False
    forward: ForwardTarget | None = None


@dataclass(frozen=True, slots=True)
class ExternalAgency:
    """An agency outside the city.

    Attributes:
        reason: Code of its referrals' default reason.
        called: Of a neighbour the names of cities by which addresses mean it.
    """

    code: str
    name: str
    phone: str | None
    url: str | None
    hours: Hours | None
    reason: str | None = None
    called: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Owner:
    """The owner of land inside the city that is not the city's own.

    Attributes:
        when: Conditions that state that a report lies on it; one is enough.
        agency: Code of the agency that acts there beside the city.
    """

    code: str
    when: frozenset[str]
    agency: str
    reason: str
    kinds: frozenset[str]
