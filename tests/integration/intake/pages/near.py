"""An open case near Pioneer Square."""

import aiohttp

from shared.contract.events import CaseOpened, new_id
from tests.support.builders import (
    NOON,
    PIONEER_SQUARE,
    case_with_request,
    location,
    north_of,
    request,
    request_triaged,
)
from tests.support.intake.http_client import plain, preview
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually


async def open_case_near(client: aiohttp.ClientSession, topic_log: TopicLog) -> None:
    """Open a case 40 m from Pioneer Square, and wait until intake knows it."""
    case_id = new_id()
    opened = case_with_request(case_id=case_id, service_code="ROW-POTHOLE", dedup_group="pavement")
    at = location(north_of(PIONEER_SQUARE, 40))
    first = request(request_id=new_id(), submitted_at=NOON, dedup_group="pavement", location=at)
    await topic_log.publish(
        CaseOpened.of(opened, now=NOON),
        request_triaged(case_id=case_id, request=first, service_code="ROW-POTHOLE"),
    )

    async def is_near() -> bool:
        answer = await preview(client, plain())
        return answer.status == 200 and bool(answer.json["near"])

    assert await eventually(is_near)
