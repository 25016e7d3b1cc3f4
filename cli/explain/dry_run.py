"""Offline decisions by the rules of this version on reports that were never submitted."""

import json
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from services.intake.inbound.validation import ValidatedSubmission, validate
from services.intake.outbound import RequestNames, accept, locate_areas, named_kinds
from services.intake.policy import IntakePolicy, city_of
from services.intake.rules.classification import choose_code, likely_kinds
from services.triage.decisions.assessment import assess_report
from services.triage.decisions.resolution import resolve
from services.triage.outbound import to_decision
from services.triage.policy import TriagePolicy
from services.triage.rules.dedup.case_index import CaseIndex
from shared.catalogue import Catalogue, Jurisdiction
from shared.catalogue.judgement import read_text
from shared.contract.events import (
    Decision,
    Location,
    RequestSubmitted,
    SubmissionReceived,
    SubmittedRequest,
    new_id,
)
from shared.contract.events.codec import invalid_fields
from shared.errors import Route311Error
from shared.geo import CityBoundaries

_NO_TRACKING_NUMBER = "(none)"


class InvalidReportError(Route311Error):
    """The input is no report that can be decided."""

    code = "unfit_report"


def decide(request: SubmittedRequest, policy: TriagePolicy) -> Decision:
    """Return the decision on a request as the first one ever, without any known case."""
    return to_decision(resolve(assess_report(request, policy), CaseIndex()), policy.version)


def request_of_text(
    text: str,
    kind: str | None,
    city_id: str,
    catalogue: Catalogue,
    now: datetime,
    language: str | None = None,
) -> SubmittedRequest:
    """Return a request with a text and no location; InvalidReportError for an unknown city or kind.

    Without a kind the text is classified as by intake.
    """
    city = _city(city_id, catalogue)
    kinds = likely_kinds(read_text(text, city), city)
    code = kind or choose_code(kinds, city)
    if code not in city.services:
        raise InvalidReportError(f"{city_id} has no kind {code}")
    return SubmittedRequest(
        request_id=new_id(),
        tracking_number=_NO_TRACKING_NUMBER,
        jurisdiction=city_id,
        channel="web",
        service_code=code,
        classified=kind is None,
        kinds=named_kinds(kinds, city, language),
        unsure=kind is None and code == city.other_code,
        dedup_group=city.services[code].dedup.group,
        description=text,
        language=language,
        location=Location(precision="none"),
        submitted_at=now,
        observed_at=now,
        lane="standard",
    )


def request_of_json(text: str, catalogue: Catalogue, now: datetime) -> SubmittedRequest:
    """Return the request in a JSON request, submission or event; InvalidReportError for none."""
    try:
        parsed = json.loads(text)
    except ValueError:
        raise InvalidReportError("not JSON") from None
    data = parsed.get("data", parsed) if isinstance(parsed, dict) else None
    if not isinstance(data, dict):
        raise InvalidReportError("not a JSON object with a report")
    if "request_id" in data:
        try:
            return SubmittedRequest.model_validate(data | {"judgement": None})  # assessed again
        except ValidationError as error:
            raise InvalidReportError(invalid_fields(error)) from None
    return _accepted_request(data, catalogue, now)


def _accepted_request(
    data: dict[str, Any], catalogue: Catalogue, now: datetime
) -> SubmittedRequest:
    """Return the request that intake would make of a submission."""
    city = _city(str(data.get("jurisdiction")), catalogue)
    boundaries = CityBoundaries(city.id, city.folder)
    policy = IntakePolicy({city.id: city_of(city, boundaries)}, reporter_key=b"-", public_url="")
    event = SubmissionReceived(id=new_id(), source="/explain", time=now.isoformat(), data=data)
    validated = validate(event, now, policy)
    if not isinstance(validated, ValidatedSubmission):
        raise InvalidReportError(
            "; ".join(f"{problem.field}: {problem.message}" for problem in validated)
        )
    [area] = locate_areas([validated])
    events = accept(validated, area, RequestNames(_NO_TRACKING_NUMBER, ""), now, policy).events
    return next(event.data for event in events if isinstance(event, RequestSubmitted))


def _city(city_id: str, catalogue: Catalogue) -> Jurisdiction:
    city = catalogue.jurisdictions.get(city_id)
    if city is None:
        raise InvalidReportError(f"no city {city_id} in the catalogue")
    return city
