"""What residents see of their requests."""

import time
from http import HTTPStatus
from typing import Any

import aiohttp
import pytest

from shared.contract.events import (
    CaseClosed,
    CaseClosing,
    CaseOpened,
    CaseStatusChange,
    CaseStatusChanged,
    Decision,
    Due,
    Event,
    Referral,
    ReferralReason,
    RequestSubmitted,
    RequestTriaged,
)
from shared.contract.topics import INTAKE_REQUESTS
from shared.runtime.clock import utc_now
from tests.integration.intake.conftest import Running
from tests.support.builders import NOON, case_with_request, decision
from tests.support.databases import Database
from tests.support.intake.http_client import Response, get, plain, post
from tests.support.locks import TOO_LONG_S, locked
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

REPORTER = {"name": "Ana Ruiz", "email": "ana@example.org", "phone": "+15035550100"}


def decided(request: RequestSubmitted, **changes: Any) -> Decision:
    return decision(request.data, **changes)


def moves(made: Decision) -> list[Event]:
    """The life of the request's case, from its opening to its end."""
    case = case_with_request(
        case_id=made.case_id,
        request_id=made.request_id,
        tracking_number=made.tracking_number,
        due=Due(acknowledge_by=NOON, complete_by=NOON),
    )
    state = case.model_dump() | {"previous_status": "open"}
    planned = state | {"version": 2, "status": "scheduled", "scheduled_for": utc_now()}
    done = state | {"version": 3, "status": "completed", "public_note": "Filled\x00 it"}
    return [
        CaseOpened.of(case, now=utc_now()),
        CaseStatusChanged.of(CaseStatusChange(**planned), now=utc_now()),
        CaseClosed.of(CaseClosing(**done, closed_at=utc_now(), reason="inner"), now=utc_now()),
    ]


async def looked_up(
    client: aiohttp.ClientSession, number: str, status: str, language: str = "en"
) -> Response:
    """Look the request up until it has the status."""

    async def found() -> Response | None:
        response = await get(client, f"/v1/requests/{number}", **{"Accept-Language": language})
        if response.status == HTTPStatus.TOO_MANY_REQUESTS:
            return None  # a long wait looks up oftener than one address may
        assert response.status == HTTPStatus.OK
        return response if response.json["status"] == status else None

    response = await eventually(found)
    assert response
    return response


async def test_a_resident_sees_what_becomes_of_the_request_and_no_contact_data(
    running: Running, topic_log: TopicLog
) -> None:
    data = plain(description="A hole. Call 503-555-0100", reporter=REPORTER)
    async with running(unreviewed_languages="offer") as client:
        number = (await post(client, data)).json["tracking_number"]
        [request] = await topic_log.at_least(1, INTAKE_REQUESTS)
        fresh = await looked_up(client, number, "received")
        draft = await looked_up(client, number, "received", "vi, en;q=0.5")
        made = decided(request)
        opened, planned, done = moves(made)
        await topic_log.publish(RequestTriaged.of(made, now=utc_now()), opened, planned)
        scheduled = await looked_up(client, number, "scheduled", "es-MX")
        await topic_log.publish(done)
        completed = await looked_up(client, number, "completed")

    assert fresh.json["location"] == {"latitude": 45.519, "longitude": -122.679}
    assert draft.headers["Content-Language"] == "vi"
    assert draft.json["status_text"].startswith("Chúng tôi đã nhận báo cáo")
    assert scheduled.headers["Content-Language"] == "es"
    assert scheduled.json["service_name"] == "Bache"
    assert scheduled.json["status_text"] == "El equipo ya programó el trabajo."
    assert scheduled.json["scheduled_for"]
    assert [one.json["complete_by"] for one in (fresh, scheduled, completed)] == [
        None,
        "2026-03-02T12:00:00Z",
        None,
    ]
    assert completed.json["bureau"] == "PBOT Maintenance Operations"
    changes = [(entry["status"], entry["note"]) for entry in completed.json["history"]]
    assert changes == [
        ("received", None),
        ("open", None),
        ("scheduled", None),
        ("completed", "Filled it"),
    ]
    for response in (fresh, scheduled, completed):
        for secret in (b"Ana", b"ana@", b"5550100", b"555-0100", b"inner"):
            assert secret not in response.body
        assert request.data.reporter_ref.encode() not in response.body


async def test_a_duplicate_and_a_referral_are_explained(
    running: Running, topic_log: TopicLog
) -> None:
    agency = Referral(
        agency="EXT-X",
        name="State Roads",
        phone="511",
        url="https://x.org",
        reason=ReferralReason(code="state_land", text="Es del Estado."),
    )
    async with running() as client:
        first, second = [(await post(client)).json["tracking_number"] for _ in range(2)]
        requests = await topic_log.at_least(2, INTAKE_REQUESTS)
        of = {event.data.tracking_number: event for event in requests}
        joined = decided(of[first], outcome="duplicate")
        sent_on = decided(of[second], outcome="referral", case_id=None, referral=agency)
        await topic_log.publish(
            RequestTriaged.of(sent_on, now=utc_now()),
            RequestTriaged.of(joined, now=utc_now()),
            *moves(joined)[:1],
        )
        duplicate = await looked_up(client, first, "open")
        referred = await looked_up(client, second, "referred")

    assert duplicate.json["note"].startswith("Somebody told us")
    assert referred.json["referral"] == {
        "name": "State Roads",
        "phone": "511",
        "url": "https://x.org",
        "reason": "This road or land belongs to the State, so the State takes care of it.",
    }


async def test_a_case_that_moves_before_its_decision_is_known_is_shown(
    running: Running, topic_log: TopicLog
) -> None:
    async with running() as client:
        number = (await post(client)).json["tracking_number"]
        [request] = await topic_log.at_least(1, INTAKE_REQUESTS)
        made = decided(request)
        await topic_log.publish(*moves(made)[:1])
        opened = await looked_up(client, number, "open")
        await topic_log.publish(*moves(made)[1:], RequestTriaged.of(made, now=utc_now()))
        await looked_up(client, number, "completed")

    assert len(opened.json["history"]) == 2


async def test_a_number_is_found_however_it_is_typed(client: aiohttp.ClientSession) -> None:
    number = (await post(client)).json["tracking_number"]
    typed = number.lower().replace("-", " ")
    response = await get(client, f"/v1/requests/{typed}")

    assert (response.status, response.json["tracking_number"]) == (200, number)


async def test_a_number_that_is_none_and_one_that_nobody_has_are_told_apart(
    client: aiohttp.ClientSession,
) -> None:
    mistyped = await get(client, "/v1/requests/26-AAAA-AA")
    unknown = await get(client, "/v1/requests/25-MTVN-H3")

    assert (mistyped.status, unknown.status) == (404, 404)
    assert "mistyped" in mistyped.json["detail"]
    assert "mistyped" not in unknown.json["detail"]
    assert unknown.headers["Content-Type"].startswith("application/problem+json")


async def test_with_a_database_that_hangs_a_look_up_is_503_soon(
    running: Running, database: Database
) -> None:
    async with running() as client:
        number = (await post(client)).json["tracking_number"]
        async with locked(database, "intake.requests"):
            began = time.perf_counter()
            response = await get(client, f"/v1/requests/{number}")
            waited_s = time.perf_counter() - began

    assert (response.status, response.headers["Retry-After"]) == (503, "2")
    assert waited_s < TOO_LONG_S
