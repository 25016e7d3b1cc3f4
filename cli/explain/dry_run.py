"""Deciding a report that nobody handed in, by the rules of this code and against no other."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from services.intake.inbound.districts import locate_areas
from services.intake.inbound.validation import ValidatedSubmission, validate
from services.intake.outbound import accept
from services.intake.policy import IntakePolicy, city_of
from services.intake.rules.classification import classify
from services.triage.assessment import assess_report
from services.triage.outbound.decision import to_decision
from services.triage.policy import TriagePolicy
from services.triage.resolution import resolve
from services.triage.rules.dedup.case_index import CaseIndex
from shared.catalogue import Catalogue, Jurisdiction
from shared.contract.events import (
    Decision,
    Location,
    Request,
    RequestSubmitted,
    SubmissionHandedIn,
    new_id,
)
from shared.contract.events.codec import invalid_fields
from shared.errors import Route311Error
from shared.geo import CityBoundaries

_NUMBER = "(none)"


class UnfitReportError(Route311Error):
    """What was given is no report that can be decided."""

    code = "unfit_report"


def decide(request: Request, rulebook: TriagePolicy) -> Decision:
    """Return the decision on a request as if it were the first one ever."""
    return to_decision(resolve(assess_report(request, rulebook), CaseIndex()), rulebook.version)


def request_of_text(
    text: str, kind: str | None, city_id: str, catalogue: Catalogue, now: datetime
) -> Request:
    """Return a request that says this and nothing of where it is.

    Args:
        text: The reporter's words.
        kind: Service code; None where the words tell.
        city_id: Whose it is.
        catalogue: Knows the cities and their kinds.
        now: When it is said.

    Raises:
        UnfitReportError: There is no such city or kind.
    """
    city = _city(city_id, catalogue)
    code = kind or classify(text, city)
    if code not in city.services:
        raise UnfitReportError(f"{city_id} has no kind {code}")
    return Request(
        request_id=new_id(),
        tracking_number=_NUMBER,
        jurisdiction=city_id,
        channel="web",
        service_code=code,
        dedup_group=city.services[code].dedup.group,
        description=text,
        location=Location(precision="none"),
        submitted_at=now,
        observed_at=now,
        lane="standard",
    )


def request_of_json(text: str, catalogue: Catalogue, now: datetime) -> Request:
    """Return the request in a JSON object: a request, a submission, or an event with either.

    Raises:
        UnfitReportError: It is none of these, or intake would not take it.
    """
    try:
        found = json.loads(text)
    except ValueError:
        raise UnfitReportError("this is no JSON") from None
    data = found.get("data", found) if isinstance(found, dict) else None
    if not isinstance(data, dict):
        raise UnfitReportError("this is no JSON object with a report")
    return _request(data) if "request_id" in data else _accepted(data, catalogue, now)


def read_json(path: Path) -> str:
    """Return the text of a file."""
    return path.read_text(encoding="utf-8", errors="replace")


def _request(data: dict[str, Any]) -> Request:
    try:
        return Request.model_validate(data)
    except ValidationError as error:
        raise UnfitReportError(invalid_fields(error)) from None


def _accepted(data: dict[str, Any], catalogue: Catalogue, now: datetime) -> Request:
    city = _city(str(data.get("jurisdiction")), catalogue)
    ground = CityBoundaries(city.id, city.folder)
    policy = IntakePolicy({city.id: city_of(city, ground)}, reporter_key=b"-", public_url="")
    handed_in = SubmissionHandedIn(id=new_id(), source="/explain", time=now.isoformat(), data=data)
    draft = validate(handed_in, now, policy)
    if not isinstance(draft, ValidatedSubmission):
        raise UnfitReportError("; ".join(f"{flaw.field}: {flaw.message}" for flaw in draft))
    [area] = locate_areas([draft])
    told = accept(draft, area, _NUMBER, now, policy).events
    return next(event.data for event in told if isinstance(event, RequestSubmitted))


def _city(city_id: str, catalogue: Catalogue) -> Jurisdiction:
    city = catalogue.jurisdictions.get(city_id)
    if city is None:
        raise UnfitReportError(f"no city {city_id} in the catalogue")
    return city
