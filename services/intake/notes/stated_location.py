"""The location of a place that a person stated after the report."""

from collections.abc import Sequence

from services.intake.inbound.districts import area_of
from services.intake.inbound.location import to_location
from services.intake.places.geocoder import geocode
from services.intake.policy import Geocoder, ServedCity
from services.intake.rules.location import resolve_location
from services.intake.rules.stated_places import StatedPlace
from services.intake.rules.text import normalize_text
from shared.contract.events import Location
from shared.redaction import KnownPii

_NOBODY = KnownPii(None, None, None)


async def locate_stated(
    place: StatedPlace, city: ServedCity, geocoders: Sequence[Geocoder]
) -> Location | None:
    """Return the location of a stated place, as for a report's address; None for an unknown one.

    Args:
        place: The place.
        city: The city.
        geocoders: As for ``geocode``.
    """
    address = city.redactor.redact_address(normalize_text(place.words), _NOBODY)
    resolved = resolve_location(None, None, address or None, ())
    [located] = await geocode([(city.jurisdiction.id, resolved)], geocoders)
    if located.address is None or not (place.is_sure or located.point):
        return None
    return to_location(located, area_of(located.point, city))
