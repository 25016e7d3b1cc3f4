"""Preview: what a submission would become, so that a caller can ask, warn or join first."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from services.intake.inbound.districts import locate_areas
from services.intake.inbound.validation import ValidatedSubmission
from services.intake.outbound import advice_for
from services.intake.places.geocoder import geocode
from services.intake.policy import Geocoder
from services.intake.public_status.nearby import NearbyCase, NearQuery
from services.intake.public_status.view import format_moment
from services.intake.rules.text import normalize_or_none
from shared.catalogue import Attribute, Jurisdiction
from shared.catalogue.referral import outside_agency
from shared.contract.events import FieldError

_LEAST_RADIUS_M = 100.0


class PreviewedSubmission(NamedTuple):
    """A submission that may lack anything.

    Attributes:
        readable: All that can be read of it; None without a known city and kind.
        errors: The errors that ``POST /v1/submissions`` would name.
    """

    readable: ValidatedSubmission | None
    errors: Sequence[FieldError]


async def locate(
    previewed: PreviewedSubmission, geocoders: Sequence[Geocoder]
) -> PreviewedSubmission:
    """Return the submission with what geocoders know of its address."""
    readable = previewed.readable
    if readable is None:
        return previewed
    [location] = await geocode([(readable.city.jurisdiction.id, readable.location)], geocoders)
    return previewed._replace(readable=readable._replace(location=location))


def near_query(previewed: PreviewedSubmission) -> NearQuery | None:
    """Return where to look for open cases; None without a kind or a point.

    The radius is 100 m, or the largest of the kinds of its dedup group where that is more.
    """
    submission = _with_kind(previewed)
    if submission is None or submission.location.precision == "default":
        return None
    city, group = submission.city.jurisdiction, submission.service.dedup.group
    kinds = [city.services[code] for code in city.dedup_groups[group]]
    if submission.location.point is None:
        return None
    return NearQuery(
        city.id,
        group,
        submission.location.point,
        max(_LEAST_RADIUS_M, *(kind.dedup.radius_m for kind in kinds)),
        [kind.code for kind in kinds if kind.private],
    )


def render_preview(previewed: PreviewedSubmission, near: Sequence[NearbyCase]) -> dict[str, Any]:
    """Return the response, with texts in the language of the submission.

    Args:
        near: Open cases near by, the nearest first.
    """
    submission = _with_kind(previewed)
    view: dict[str, Any] = {
        "service_code": None,
        "service_name": None,
        "questions": [],
        "advice": [],
        "referral": None,
        "priority": None,
        "near": [],
    }
    if previewed.readable is not None:
        view["advice"] = [one.model_dump() for one in advice_for(previewed.readable)]
    if submission is not None:
        language = submission.language or "en"
        city, service = submission.city.jurisdiction, submission.service
        view |= {
            "service_code": service.code,
            "service_name": service.name.in_language(language),
            "questions": [_question(one, language) for one in service.attributes],
            "referral": _referral(submission, language),
            "priority": submission.screening.level,
            "near": [_near(case, city, language) for case in near],
        }
    return view | {"errors": [error.model_dump() for error in previewed.errors]}


def _with_kind(previewed: PreviewedSubmission) -> ValidatedSubmission | None:
    """Return the submission if it names or describes a kind: a place alone has none."""
    readable = previewed.readable
    if readable is None:
        return None
    named = readable.submission.service_code or normalize_or_none(readable.submission.description)
    return readable if named else None


def _question(attribute: Attribute, language: str) -> dict[str, Any]:
    return {
        "code": attribute.code,
        "text": attribute.name.in_language(language),
        "datatype": attribute.datatype,
        "required": attribute.required,
        "values": [
            {"key": key, "name": name.in_language(language)} for key, name in attribute.values
        ],
    }


def _referral(submission: ValidatedSubmission, language: str) -> dict[str, Any] | None:
    """Return the outside agency that acts, as far as text, answers and place tell."""
    city = submission.city.jurisdiction
    [area] = locate_areas([submission])
    found = outside_agency(
        city, submission.service, area.municipality, submission.screening.conditions
    )
    if found is None:
        return None
    agency, text = found.agency, city.referral_reasons.get(found.reason or "")
    return {
        "agency": agency.code,
        "name": agency.name,
        "phone": agency.phone,
        "url": agency.url,
        "reason": {"code": found.reason, "text": text.in_language(language)} if text else None,
    }


def _near(case: NearbyCase, city: Jurisdiction, language: str) -> dict[str, Any]:
    service = city.services.get(case.service_code)
    return {
        "case_id": case.case_id,
        "service_name": service.name.in_language(language) if service else case.service_code,
        "status": case.status,
        "distance_m": round(case.distance_m, 1),
        "first_reported_at": format_moment(case.first_reported_at),
        "request_count": case.request_count,
    }
