"""A resident says by the link in a mail, and then by text, that it is not fixed."""

import re
from typing import Any

import pytest

from tests.e2e.actors import call, event_data, mails_to, post, report, status_of, text_of
from tests.e2e.test_corrections import case_of, order
from tests.e2e.test_sms import say
from tests.support.router import Router
from tests.support.waiting import eventually

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(300),
]

IDA, PHONE = "ida@example.org", "+15035550188"  # of this test alone: messages a day are limited


async def reopenings(router: Router, case_id: str, count: int) -> list[dict[str, Any]]:
    """Wait until a case was reopened so often."""

    async def found() -> list[dict[str, Any]]:
        events = await router.events("dispatch-cases")
        reopened = [e["data"] for e in events if e["type"].endswith("case.reopened.v1")]
        mine = [data for data in reopened if data["case_id"] == case_id]
        return mine if len(mine) >= count else []

    return await eventually(found)


async def test_no_by_the_link_and_by_text_reopens_the_case_each_time_it_was_closed(
    router: Router,
) -> None:
    reporter = {"email": IDA, "phone": PHONE, "status_updates": ["email", "sms"]}
    place = {"latitude": 45.53, "longitude": -122.61, "accuracy_m": 5}
    _, answer = await post(router, report(location=place, reporter=reporter))
    number, request_id = answer["tracking_number"], answer["request_id"]
    case_id = await case_of(router, request_id)
    await order(router, "close", "--case", case_id, "--as", "completed")

    async def asked() -> list[Any]:
        return mails_to(router, IDA, "/feedback/")

    [mail] = await eventually(asked)
    [link] = set(re.findall(r"\S+/feedback/[^\s?]+", text_of(mail)))  # of yes and of no
    assert (await call("GET", link))[0] == 200
    assert (await call("POST", link, data={"fixed": "no", "comment": "Still there"}))[0] == 200
    [first] = await reopenings(router, case_id, 1)
    feedback = await event_data(router, "notify-feedback", request_id, "feedback.given.v1")
    await order(router, "close", "--case", case_id, "--as", "completed")

    async def shows_the_second_closing() -> bool:
        history = (await status_of(router, number))["history"]
        return [entry["status"] for entry in history].count("completed") == 2

    await eventually(shows_the_second_closing)
    assert f"report {number} is not fixed" in await say(router, "NO", PHONE)
    second = (await reopenings(router, case_id, 2))[1]

    assert first["reason"] == second["reason"] == "resident_says_not_fixed"
    assert (feedback["fixed"], feedback["comment"]) == (False, "Still there")
    assert await eventually(lambda: mails_said(router, "Someone told us that it is not fixed"))


async def mails_said(router: Router, words: str) -> list[Any]:
    return mails_to(router, IDA, words)
