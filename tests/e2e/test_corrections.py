"""An operator corrects a case; bureaus, later reports and residents all follow."""

import json
from email.message import Message
from typing import Any

import pytest

from tests.e2e.actors import mails_to, post, report, status_of, update, work_order_for
from tests.support.router import Router
from tests.support.waiting import eventually

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(300),
]

WORK = "bureau-irp-work"


def camp(metres: float, email: str) -> dict[str, Any]:
    return report(
        service_code="CAMP-REPORT",
        description="Two tents",
        attributes={},
        location={"latitude": 45.59 + metres / 111_195, "longitude": -122.70, "accuracy_m": 5},
        reporter={"email": email, "language": "en", "status_updates": ["email"]},
    )


async def accepted(router: Router, metres: float, email: str) -> tuple[str, str]:
    """Submit a report; return its tracking number and the id of its request."""
    code, answer = await post(router, camp(metres, email))
    assert code == 201
    return answer["tracking_number"], answer["request_id"]


async def case_of(router: Router, request_id: str, moves: int = 0) -> str:
    """Wait until the request is in a case after so many moves; return the case."""

    async def found() -> str | None:
        for event in await router.events("dispatch-cases"):
            data = event["data"]
            joined = event["type"].split(".")[2] in {"opened", "request_attached"}
            if joined and data["request_id"] == request_id and data["moves"] == moves:
                case_id: str = data["case_id"]
                return case_id
        return None

    case_id = await eventually(found)
    assert case_id
    return case_id


async def order(router: Router, *arguments: str) -> dict[str, Any]:
    code, output, errors = await router.command(
        "operator", *arguments, "--reason", "Looked at it", "--actor", "kim", "--json"
    )
    assert code == 0, errors
    event: dict[str, Any] = json.loads(output)
    return event


async def shown(router: Router, tracking_number: str, status: str) -> None:
    """Wait until the request's public status, which is no part of its mails, is this one."""

    async def found() -> bool:
        return bool((await status_of(router, tracking_number))["status"] == status)

    await eventually(found)


async def first_mail(router: Router, address: str, about: str) -> Message:
    async def found() -> list[Message]:
        return mails_to(router, address, about)

    return (await eventually(found))[0]


async def test_a_split_request_is_worked_on_and_event_data_by_itself_and_later_reports_follow_it(
    router: Router,
) -> None:
    ana_number, ana = await accepted(router, 0, "ana@example.org")
    ben_number, ben = await accepted(router, 50, "ben@example.org")
    first = await case_of(router, ana)
    assert await case_of(router, ben) == first

    split = await order(router, "split", "--case", ana_number, "--request", ben_number)

    second = split["data"]["to_case"]
    assert (split["data"]["case_id"], split["data"]["request_id"]) == (first, ben)
    assert await case_of(router, ben, moves=1) == second
    _, cem = await accepted(router, 49, "cem@example.org")
    assert await case_of(router, cem) == second
    _, dee = await accepted(router, 1, "dee@example.org")
    assert await case_of(router, dee) == first

    work_order = await work_order_for(router, "irp", ben)
    assert work_order["case_id"] == second
    done = update(work_order, "completed", public_note="They moved on")
    await router.write("bureau-irp-updates", second, done)
    for address in ("ben@example.org", "cem@example.org"):
        await first_mail(router, address, "the work is done")
    assert not mails_to(router, "ana@example.org", "the work is done")
    await shown(router, ben_number, "completed")
    assert (await status_of(router, ana_number))["status"] == "open"


async def test_a_merged_case_goes_on_as_the_other_and_its_reporters_hear_of_that_one(
    router: Router,
) -> None:
    eva_number, eva = await accepted(router, 1_000, "eva@example.org")
    fay_number, fay = await accepted(router, 1_300, "fay@example.org")
    kept, gone = await case_of(router, eva), await case_of(router, fay)
    assert kept != gone

    merged = await order(router, "merge", "--case", fay_number, "--into", eva_number)

    assert (merged["data"]["case_id"], merged["data"]["merged_into"]) == (gone, kept)
    assert await case_of(router, fay, moves=1) == kept
    _, gil = await accepted(router, 1_301, "gil@example.org")
    assert await case_of(router, gil) == kept

    async def withdrawn() -> bool:
        events = [e for e in await router.events(WORK) if e["type"].endswith("withdrawn.v1")]
        cases = {event["data"]["case_id"] for event in events}
        assert kept not in cases
        return gone in cases

    await eventually(withdrawn)
    await order(router, "close", "--case", kept, "--as", "completed")
    for address in ("eva@example.org", "fay@example.org", "gil@example.org"):
        assert await first_mail(router, address, "the work is done")
    await order(router, "reopen", "--case", fay_number)
    for address in ("eva@example.org", "fay@example.org", "gil@example.org"):
        await first_mail(router, address, "opened it again")
        assert len(mails_to(router, address, "the work is done")) == 1
    assert len(mails_to(router, "fay@example.org", "We got your report")) == 1
    await shown(router, fay_number, "open")


async def test_what_cannot_be_done_is_said_and_kept_and_everything_still_holds(
    router: Router,
) -> None:
    number, request_id = await accepted(router, 3_000, "hal@example.org")
    case_id = await case_of(router, request_id)
    raised = await order(router, "raise", "--case", number, "--to", "P2")
    assert (raised["data"]["case_id"], raised["data"]["priority"]["level"]) == (case_id, "P2")
    await order(router, "lower", "--case", case_id, "--to", "P5")
    await order(router, "transfer", "--case", case_id, "--bureau", "PBOT-MOD")

    code, _, errors = await router.command(
        "operator", "reopen", "--case", case_id, "--reason", "Let us see"
    )

    assert (code, errors) == (1, "route311: case_open: The case is open, not closed.\n")
    _, parked, _ = await router.command("dlq", "list", "--json")
    assert "case_open" in parked
    code, _, errors = await router.command(
        "operator", "close", "--case", "26-XXXX-XX", "--reason", "Let us see"
    )
    assert code == 1
    assert "neither an id nor a tracking number" in errors
    code, holds, _ = await router.command("check", "--json", "--settle", "60")
    assert code == 0, holds
