"""From a resolved location to that of the wire contract."""

from services.intake.inbound.districts import AdminArea
from services.intake.rules.location import ResolvedLocation
from shared.contract.events import Location


def to_location(
    location: ResolvedLocation, area: AdminArea, details: str | None = None
) -> Location:
    """Return a location as events have it.

    Args:
        location: The resolved location.
        area: Municipality and district of its point.
        details: Details that the reporter gave, redacted.
    """
    return Location(
        latitude=location.point.latitude if location.point else None,
        longitude=location.point.longitude if location.point else None,
        accuracy_m=location.accuracy_m,
        precision=location.precision,
        address=location.address,
        disagrees_m=location.disagrees_m,
        details=details,
        district=area.district,
        municipality=area.municipality,
    )
