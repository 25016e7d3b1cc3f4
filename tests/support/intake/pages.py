"""Every page as a template makes it, with something on it."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from aiohttp.test_utils import make_mocked_request

from services.intake.channels.pages.charts import Words
from services.intake.channels.pages.draft import FormFault
from services.intake.channels.pages.form import PageForm
from services.intake.channels.pages.kinds import KindChoices
from services.intake.channels.pages.performance import PublicFigures, content
from services.intake.channels.pages.problem_list import Filters
from services.intake.channels.pages.site import CitySite
from services.intake.policy import intake_languages
from services.intake.public_status.nearby import OpenCase
from services.intake.records.public import AddedNote
from services.intake.records.submissions import KnownPlace
from shared.catalogue import load_catalogue
from shared.vocabulary import GeoPoint
from tests.support.builders import NOON
from tests.support.intake.open311_requests import change, listed

FORM = PageForm.of([("description", "A pothole"), ("step", "2"), ("follow", "a case")])
ADVICE = {"call_crisis_line": "Call 988.", "call_911": "Call 911."}
CITY = load_catalogue().jurisdictions["portland.gov"]
POTHOLE = CITY.services["ROW-POTHOLE"]
STEP: Mapping[str, Any] = {
    "apart_m": 300.0,
    "near_pin": None,
    "form": FORM,
    "form_token": "token",
    "steps": {1: "/report/token/what", 2: "/report/token/kind", 3: "/report/token/check"},
    "then": "check",
    "photo_urls": ["/v1/media/1", "/v1/media/3"],
    "point": GeoPoint(45.5, -122.6),
    "faults": [],
    "advice": ADVICE,
    "needs_contact": True,
    "linked": None,
    "found": KnownPlace("1221 SW 4th Ave", "address", GeoPoint(45.5, -122.6), "SW"),
    "kinds": KindChoices(
        likely=[POTHOLE],
        found=[CITY.services["ROW-SINKHOLE"]],
        groups={"Streets": [POTHOLE]},
        other=CITY.services["OTHER"],
        chosen="ROW-POTHOLE",
    ),
    "view": {
        "service_name": "Pothole",
        "near": [
            {
                "case_id": "1",
                "service_name": "Pothole",
                "status": "open",
                "distance_m": 12.0,
                "first_reported_at": "2026-03-02T12:00:00Z",
                "request_count": 2,
                "description": "A deep hole",
                "media_id": "0a",
            }
        ],
        "referral": {
            "agency": "EXT-1",
            "name": "Agency",
            "phone": "503",
            "url": "https://a.example",
            "reason": None,
            "outside_city": False,
        },
        "priority": "P3",
        "questions": [
            {
                "code": code,
                "text": f"Is it {code}?",
                "datatype": "singlevaluelist",
                "required": False,
                "first": code == "deep",
                "values": [{"key": "yes", "name": "Yes"}, {"key": "no", "name": "No"}],
            }
            for code in ("deep", "wide")
        ],
    },
}
REPORT: Mapping[str, Any] = {
    "tracking_number": "26-7KQ4-HJ3M25",
    "service_name": "Pothole",
    "status": "open",
    "status_text": "Your report is with the team.",
    "note": None,
    "answer": None,
    "referral": None,
    "bureau": "Streets",
    "scheduled_for": None,
    "complete_by": None,
    "description": "A hole in the lane",
    "text_status": "public",
    "location": {"latitude": 45.519, "longitude": -122.679},
    "media": [],
    "history": [
        {
            "at": "2026-03-02T12:00:00Z",
            "status": "received",
            "text": "We got your report.",
            "bureau": None,
            "note": None,
            "media": [],
        }
    ],
}
FIGURES = PublicFigures.model_validate(
    {
        "month": "2026-03",
        "complete": True,
        "months": ["2026-03", "2026-02"],
        "volumes": [{"month": "2026-03", "n": 48}, {"month": "2026-02", "n": 96}],
        "trends": {
            "kind": [
                {"month": "2026-02", "kind": "ROW-POTHOLE", "n": 72},
                {"month": "2026-02", "kind": "ROW-DEBRIS", "n": 24},
                {"month": "2026-03", "kind": "ROW-POTHOLE", "n": 36},
                {"month": "2026-03", "kind": "OTHER", "n": None, "suppressed": True},
            ],
            "district": [
                {"month": "2026-02", "district": None, "n": 96},
                {"month": "2026-03", "district": "N", "n": 12},
                {"month": "2026-03", "district": None, "n": 36},
            ],
        },
        "tables": {
            "volumes": {
                "kind": [{"kind": "ROW-POTHOLE", "n": 36}, {"kind": "OTHER", "n": None}],
                "district": [{"district": "N", "n": 12}, {"district": None, "n": 36}],
            },
            "times": {
                "kind": [
                    {
                        "kind": "ROW-POTHOLE",
                        "n": 36,
                        "complete": {"median_hours": 30.0, "p90_hours": None},
                    }
                ],
                "district": [],
            },
            "promises": {
                "kind": [
                    {"kind": "ROW-POTHOLE", "n": 36, "kept": 3, "missed": 1, "open_past_due": 0}
                ],
                "district": [
                    {"district": "N", "n": 12, "kept": 0, "missed": 0, "open_past_due": 0}
                ],
            },
            "reporting": {
                "district": [
                    {"district": "N", "n": 12, "ratio": 1.3, "wide_low": 0.9, "wide_high": 2.4},
                    {
                        "district": "SE",
                        "n": None,
                        "ratio": None,
                        "wide_low": None,
                        "wide_high": None,
                    },
                ]
            },
        },
        "totals": {
            "times": {"n": 48, "complete": {"median_hours": 30.0, "p90_hours": None}},
            "promises": {"n": 48, "kept": 3, "missed": 1, "open_past_due": 0},
        },
    }
)
WORDS = Words(CITY, "en")
SHOWN: Mapping[str, Any] = {
    "report": REPORT,
    "kind": POTHOLE,
    "is_late": False,
    "bureau_phone": "503-823-1700",
    "at_desk": False,
}
AGENCY = {"name": "Metro RID Patrol", "phone": "503-234-3000", "url": None, "reason": None}
PROBLEM: Mapping[str, Any] = {
    "report": listed(media_id="0a", first_reported_at=NOON, request_count=2),
    "path": "/problems/1",
    "status": "completed",
    "district": "Southwest",
    "words": "A deep hole",
    "note": "Filled",
    "bureau": "Streets",
}
PAGES: Mapping[str, Mapping[str, Any]] = {
    "performance": {**content(FIGURES, WORDS), "open_data": True},
    "home": {},
    "embed": {**STEP, "linked": None},
    "problems": {
        "problems": [PROBLEM],
        "kinds": [("Pothole", "ROW-POTHOLE")],
        "districts": {"SW": "Southwest"},
        "chosen": Filters("ROW-POTHOLE", "SW", "open"),
        "filters": "service_code=ROW-POTHOLE&district=SW",
        "older": "/problems?after=x",
        "alerts": "https://311.example.org/alerts?jurisdiction=portland.gov",
    },
    "one_problem": {
        "one": PROBLEM,
        "changes": [change("completed"), change("open", version=3, not_fixed=True)],
        "alerts": "https://311.example.org/alerts?jurisdiction=portland.gov",
    },
    "accessibility": {},
    "privacy": {},
    "sent_before": {},
    "problem": {"code": 503},
    "report_1": {**STEP, "step": 1},
    "report_2": {**STEP, "step": 2},
    "report_3": {**STEP, "step": 3},
    "preview": STEP,
    "pins": {"cases": [OpenCase("1", "ROW-POTHOLE", "open", 45.5, -122.6, 2)]},
    "receipt": {
        **SHOWN,
        "sent": FORM,
        "number": "26-7KQ4-HJ3M25",
        "key": "0a",
        "advice": ADVICE,
        "referral": AGENCY,
        "point": GeoPoint(45.5, -122.6),
        "near_pin": KnownPlace("1221 SW 4th Ave", "address", GeoPoint(45.5, -122.6), "SW"),
        "photo_urls": ["/v1/media/1", "/v1/media/3"],
        "reached": [],
        "form": FORM,
        "faults": [],
    },
    "track": {"typed": "1", "faults": [FormFault("number", "mistyped_number")]},
    "status": {
        **SHOWN,
        "form_token": "token",
        "key": "0a",
        "form": FORM,
        "faults": [FormFault("text", "missing_text")],
        "notes": [AddedNote(NOON, "It is deeper now")],
        "point": GeoPoint(45.5, -122.6),
        "near_pin": None,
        "held_photos": ["/v1/media/2"],
        "may_follow": True,
        "is_followed": False,
        "added": False,
        "advice": {},
    },
}
ALL_FAULTS = [
    FormFault("description", "missing_description"),
    FormFault("address", "missing_location"),
    FormFault("latitude", "incomplete_point"),
    FormFault("photo", "too_many_bytes", 2),
    FormFault("photo", "too_many_photos"),
]


@cache
def site() -> CitySite:
    return CitySite(
        CITY,
        400,
        "https://311.example.org",
        intake_languages(unreviewed=True),
    )


def page(name: str, language: str = "en", **changes: Any) -> str:
    """The page with its usual content, and some changed."""
    request = make_mocked_request("GET", f"/{name}?lang={language}")
    return site().page(request, name, **{**PAGES[name], **changes}).text or ""
