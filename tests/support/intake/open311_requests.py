"""Makers of parameters and requests, in Portland."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from services.intake.channels.listing.store import ListedRequest
from services.intake.channels.open311.form import Parameters
from services.intake.records.public import StatusChange
from shared.catalogue import load_catalogue
from tests.support.builders import NOON

CITIES = load_catalogue().jurisdictions
CITY = CITIES["portland.gov"]
CASE = "0197a1b2-c3d4-7000-8000-000000000001"
REQUEST = "0197a1b2-c3d4-7000-8000-000000000002"


def parameters(**values: str) -> Parameters:
    return Parameters.of(values.items())


def change(status: str, **changes: Any) -> StatusChange:
    made = StatusChange(CASE, 2, status, NOON + timedelta(hours=1), "PBOT-MAINT")
    return made._replace(**changes)


def listed(**changes: Any) -> ListedRequest:
    return replace(
        ListedRequest(
            request_id=REQUEST,
            public_id="req_000000002",
            service_code="ROW-POTHOLE",
            submitted_at=NOON,
            updated_at=NOON,
            is_open=True,
            description="A hole",
            text_status="public",
            address="1220 SW 5th Ave",
            latitude=45.51904,
            longitude=-122.67932,
            outcome=None,
            referral_name=None,
            referral_phone=None,
            referral_url=None,
            was_moved=False,
            complete_by=None,
            first_reported_at=None,
            request_count=None,
            media_id=None,
            case_id=None,
            last=None,
        ),
        **changes,
    )
