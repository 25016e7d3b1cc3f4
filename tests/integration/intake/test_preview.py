"""What a caller learns before it hands a submission in."""

from datetime import timedelta
from typing import Any

import pytest

from shared.contract.events import (
    CaseClosed,
    CaseClosing,
    CaseOpened,
    CaseRequestAttached,
    new_id,
)
from shared.contract.topics import INTAKE_REQUESTS
from shared.vocabulary import GeoPoint
from tests.integration.intake.conftest import BUREAU, OPERATOR, Running
from tests.support.builders import (
    NOON,
    PIONEER_SQUARE,
    case_with_request,
    location,
    north_of,
    request,
    request_triaged,
)
from tests.support.databases import Database
from tests.support.intake.http_client import Response, call, plain, post, preview
from tests.support.locks import locked
from tests.support.pelias_server import HERE, PeliasServer, running_pelias
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration


async def test_kind_questions_priority_and_advice_are_shown_and_nothing_is_kept(
    running: Running, topic_log: TopicLog
) -> None:
    async with running() as client:
        plain_one = await preview(client, plain())
        danger = await preview(
            client,
            {
                "jurisdiction": "portland.gov",
                "description": "Hay un cable eléctrico caído echando chispas",
                "language": "es",
            },
        )
        empty = await preview(client, {})
        not_an_object = await preview(client, [])
        no_json = await preview(client, b"{")
        stranger = await preview(client, plain(), key=BUREAU)

    assert plain_one.status == 200
    assert plain_one.json["service_code"] == "ROW-POTHOLE"
    assert plain_one.json["service_name"] == "Pothole"
    assert plain_one.json["errors"] == plain_one.json["advice"] == plain_one.json["near"] == []
    question = plain_one.json["questions"][0]
    assert question.keys() == {"code", "text", "datatype", "required", "first", "values"}
    assert danger.json["priority"] == "P1"
    assert [one["code"] for one in danger.json["advice"]] == ["call_911"]
    assert danger.json["advice"][0]["text"].startswith("Si alguien está en peligro")
    assert {error["code"] for error in danger.json["errors"]} >= {"missing_channel"}
    assert (empty.status, empty.json["service_code"], empty.json["priority"]) == (200, None, None)
    assert {error["field"] for error in empty.json["errors"]} >= {"jurisdiction", "description"}
    assert [error["code"] for error in not_an_object.json["errors"]] == ["not_an_object"]
    assert (not_an_object.status, no_json.status, stranger.status) == (200, 400, 403)
    assert await topic_log.records(INTAKE_REQUESTS) == []


async def test_open_cases_near_by_are_listed_the_nearest_first(
    running: Running, topic_log: TopicLog
) -> None:
    """Farther than 100 m and the group's radius, closed, private, of another group: not near."""
    case_ids = {name: new_id() for name in ("far", "near", "here", "closed", "foreign")}
    metres = {"far": 150.0, "near": 40.0, "here": 0.0, "closed": 5.0, "foreign": 3.0}
    decisions = [
        request_triaged(
            case_id=case_ids[name],
            request=request(
                request_id=new_id(),
                submitted_at=NOON,
                dedup_group="pavement",
                jurisdiction="boston.gov" if name == "foreign" else "portland.gov",
                location=location(north_of(PIONEER_SQUARE, metres[name])),
            ),
            service_code="ROW-POTHOLE",
        )
        for name in case_ids
    ]
    state = case_with_request(
        case_id=case_ids["near"], service_code="ROW-POTHOLE", dedup_group="pavement"
    ).model_dump()
    done = state | {
        "case_id": case_ids["closed"],
        "version": 2,
        "status": "completed",
        "previous_status": "open",
        "closed_at": NOON + timedelta(hours=1),
    }
    attached = state | {"version": 2, "request_count": 2}
    async with running() as client:
        await topic_log.publish(
            CaseOpened.of(case_with_request(**state), now=NOON),
            CaseRequestAttached.of(case_with_request(**attached), now=NOON),
            CaseClosed.of(CaseClosing(**done), now=NOON),
            *decisions,
        )

        async def all_are_known() -> Response | None:
            found = await preview(client, plain())
            near = found.json["near"] if found.status == 200 else []
            return found if [one["request_count"] for one in near] == [1, 2] else None

        found = await eventually(all_are_known)

    assert found
    near = found.json["near"]
    assert [one["case_id"] for one in near] == [case_ids["here"], case_ids["near"]]
    assert near[0] == {
        "case_id": case_ids["here"],
        "service_name": "Pothole",
        "status": "open",
        "distance_m": 0.0,
        "first_reported_at": "2026-03-02T12:00:00Z",
        "request_count": 1,
        "description": None,
        "media_id": None,
    }
    assert near[1]["distance_m"] == pytest.approx(40, abs=0.2)


async def test_a_case_near_by_shows_the_first_words_that_everybody_may_read(
    running: Running, topic_log: TopicLog
) -> None:
    case_id = new_id()
    private = "My neighbor Kevin Doyle broke the road"
    async with running() as client:

        async def hand_in(text: str) -> Any:
            return (await post(client, plain(service_code="ROW-POTHOLE", description=text))).json

        held = await hand_in(private)
        told = await hand_in(f"A deep hole, see {held['tracking_number']}")
        later = await hand_in("Again")
        opened = case_with_request(case_id=case_id, request_id=held["request_id"])
        await topic_log.publish(
            CaseOpened.of(opened, now=NOON),
            *(
                request_triaged(
                    case_id=case_id,
                    request_id=one["request_id"],
                    outcome="duplicate" if hours else "new",
                    request=request(
                        request_id=one["request_id"],
                        submitted_at=NOON + timedelta(hours=hours),
                        dedup_group="pavement",
                        jurisdiction="portland.gov",
                        location=location(PIONEER_SQUARE),
                    ),
                    service_code="ROW-POTHOLE",
                )
                for hours, one in enumerate((held, told, later))
            ),
        )

        async def words() -> str | None:
            found = await preview(client, plain())
            near = found.json["near"] if found.status == 200 else []
            return near[0]["description"] if near else None

        before = await eventually(words)
        released = await call(
            client, "POST", f"/v1/requests/{held['tracking_number']}/text/release", OPERATOR
        )
        after = await eventually(words)

    assert before == "A deep hole, see [removed]"
    assert released.status == 200
    assert after == private


async def test_unknown_fields_are_named_among_the_errors(running: Running) -> None:
    async with running() as client:
        found = await preview(client, plain(colour="red", channel="fax"))

    assert found.status == 200
    assert [(error["field"], error["code"]) for error in found.json["errors"]] == [
        ("colour", "unknown_field"),
        ("channel", "unknown_channel"),
    ]


@pytest.mark.parametrize(
    ("address", "point"),
    [
        pytest.param("on the Hawthorne Bridge", GeoPoint(45.5132, -122.6706), id="gazetteer"),
        pytest.param("1 SE Nowhere St", HERE, id="Pelias"),
    ],
)
async def test_an_open_case_is_near_an_address_alone(
    running: Running, topic_log: TopicLog, address: str, point: GeoPoint
) -> None:
    case_id = new_id()
    here = request(
        request_id=new_id(),
        submitted_at=NOON,
        dedup_group="pavement",
        jurisdiction="portland.gov",
        location=location(point),
    )
    triaged = request_triaged(case_id=case_id, request=here, service_code="ROW-POTHOLE")
    async with running_pelias(PeliasServer()) as url, running(pelias_url=url) as client:
        await topic_log.publish(triaged)

        async def is_near() -> bool:
            found = await preview(client, plain(location={"address": address}))
            return found.status == 200 and [one["case_id"] for one in found.json["near"]] == [
                case_id
            ]

        assert await eventually(is_near)


async def test_while_the_database_is_stuck_a_preview_gets_503(
    running: Running, database: Database
) -> None:
    async with running() as client:
        await preview(client, {})
        async with locked(database, "intake.cases"):
            stuck = await preview(client, plain())

    assert (stuck.status, stuck.headers["Retry-After"]) == (503, "2")
