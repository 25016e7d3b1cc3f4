"""Dispatch against the real Kafka and PostgreSQL, with the city's own catalogue."""

from typing import Any

import pytest

from services.dispatch.settings import DispatchSettings
from shared.catalogue import load_catalogue
from shared.contract.events import (
    CaseClosed,
    CaseOpened,
    Decoder,
    UpdateAccepted,
    UpdateRefused,
    encode,
    new_id,
)
from shared.contract.topics import (
    DISPATCH_CASES,
    DISPATCH_CLOSINGS,
    TRIAGE_DECISIONS,
    bureau_receipts,
    bureau_updates,
    bureau_work,
)
from tests.integration.dispatch.conftest import running_dispatch
from tests.support.builders import (
    decision,
    priority,
    request_triaged,
)
from tests.support.dispatch.event_log import EventLog
from tests.support.dispatch.sinkholes import (
    BUREAUS,
    INFORMED,
    LEAD,
    all_events,
    opened,
    send_update,
    sinkhole,
    update,
)
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration


@pytest.mark.usefixtures("running")
async def test_a_decision_reaches_each_bureau_of_its_kind_on_its_own_topic(
    topic_log: TopicLog,
) -> None:
    decided = sinkhole()

    orders = await opened(topic_log, decided)

    [case] = await topic_log.at_least(1, DISPATCH_CASES)
    assert isinstance(case, CaseOpened)
    assert case.data.case_id == decided.data.case_id
    assert {bureau: order.role for bureau, order in orders.items()} == {
        "PBOT-MOD": "lead",
        "BES": "informed",
        "WATER": "informed",
    }
    assert {order.case_id for order in orders.values()} == {decided.data.case_id}
    [record] = await topic_log.records(bureau_work(LEAD))
    assert record.key == (decided.data.case_id or "").encode()


async def test_an_urgent_decision_comes_before_a_backlog_and_counts_once(
    settings: DispatchSettings, topic_log: TopicLog
) -> None:
    urgent = sinkhole()
    routine = [request_triaged(priority=priority("P4", 20)) for _ in range(1_500)]
    await topic_log.publish(*routine, urgent)

    async with running_dispatch(settings):
        await topic_log.at_least(len(routine) + 1, DISPATCH_CASES)

    records = await topic_log.records(DISPATCH_CASES)
    opened = [Decoder((CaseOpened,)).decode(record.value).data.case_id for record in records]
    assert opened.index(urgent.data.case_id or "") < len(routine) / 2
    assert len(set(opened)) == len(opened) == len(routine) + 1
    assert len(await topic_log.records(TRIAGE_DECISIONS)) == len(routine) + 1
    assert len(await topic_log.records(bureau_work(LEAD))) == 1


@pytest.mark.usefixtures("running")
async def test_completed_work_is_answered_and_everybody_hears_that_the_case_is_closed(
    topic_log: TopicLog,
) -> None:
    orders = await opened(topic_log, sinkhole())
    done = update(orders[LEAD], "completed", public_note="Filled")

    await send_update(topic_log, LEAD, done)

    [receipt] = await topic_log.at_least(1, bureau_receipts(LEAD))
    assert isinstance(receipt, UpdateAccepted)
    assert (receipt.data.update_id, receipt.data.version) == (done.id, 2)
    [closing] = await topic_log.at_least(1, DISPATCH_CLOSINGS)
    assert isinstance(closing, CaseClosed)
    [_, closed] = await topic_log.at_least(2, DISPATCH_CASES)
    assert closed == closing
    for bureau in BUREAUS:
        sent = (await topic_log.at_least(2, bureau_work(bureau)))[-1].data
        assert (sent.version, sent.case_version) == (2, 2)
    by_case = (await topic_log.records(DISPATCH_CASES))[-1]
    [by_group] = await topic_log.records(DISPATCH_CLOSINGS)
    assert by_case.value == by_group.value
    assert by_group.key == b"portland.gov:pavement"


@pytest.mark.usefixtures("running")
async def test_refused_updates_change_nothing_whatever_is_wrong_with_them(
    topic_log: TopicLog,
) -> None:
    lead = (await opened(topic_log, sinkhole()))[LEAD]
    wrong = {
        "invalid": update(lead, "acknowledged").model_copy(update={"data": {"status": "lost"}}),
        "unknown_work_order": update(lead, "completed", work_order_id=new_id()),
        "not_your_work_order": update(lead, "completed", bureau="BES"),
        "version_conflict": update(lead, "completed", expected_version=9),
        "missing_reason": update(lead, "declined"),
        "missing_transfer_to": update(lead, "transferred"),
        "unknown_bureau": update(lead, "transferred", transfer_to="EXT-911"),
        "transition_not_allowed": update(lead, "waiting_for_resident"),
    }
    for event in (*wrong.values(), update(lead, "acknowledged")):
        await send_update(topic_log, LEAD, event)

    *refused, accepted = await topic_log.at_least(len(wrong) + 1, bureau_receipts(LEAD))

    assert [r.data.code for r in refused] == [*wrong]
    assert {type(r) for r in refused} == {UpdateRefused}
    assert (accepted.data.changed, accepted.data.version) == (True, 2)
    [_, sent] = await topic_log.at_least(2, bureau_work(LEAD))
    assert (sent.data.status, sent.data.version, sent.data.case_version) == ("acknowledged", 2, 2)
    assert len(await topic_log.at_least(2, DISPATCH_CASES)) == 2


@pytest.mark.usefixtures("running")
async def test_an_update_by_another_bureaus_topic_is_refused_on_that_topic_alone(
    topic_log: TopicLog,
) -> None:
    orders = await opened(topic_log, sinkhole())

    await send_update(topic_log, "BES", update(orders[LEAD], "completed"))
    await send_update(topic_log, "BES", update(orders[LEAD], "completed", bureau="BES"))
    await send_update(topic_log, "BES", update(orders["BES"], "acknowledged"))

    first, second, fence = await topic_log.at_least(3, bureau_receipts("BES"))
    assert [r.data.code for r in (first, second)] == ["not_your_work_order"] * 2
    assert [r.data.case_id for r in (first, second)] == [None, None]
    assert isinstance(fence, UpdateAccepted)
    await topic_log.at_least(2, bureau_work("BES"))
    assert await topic_log.events(bureau_receipts(LEAD)) == []
    assert len(await topic_log.events(bureau_work(LEAD))) == 1
    assert len(await topic_log.at_least(1, DISPATCH_CASES)) == 1


@pytest.mark.usefixtures("running")
async def test_what_comes_twice_counts_once(topic_log: TopicLog) -> None:
    decided = sinkhole()
    again = request_triaged(decided.data)
    fence = sinkhole(decided.data.case_id)
    lead = (await opened(topic_log, decided))[LEAD]
    started = update(lead, "in_progress")
    for event in (started, started, update(lead, "completed")):
        await send_update(topic_log, LEAD, event)
    await topic_log.at_least(2, bureau_receipts(LEAD))
    await topic_log.publish(decided, again, fence)

    cases = await topic_log.at_least(4, DISPATCH_CASES)

    assert [case.data.version for case in cases] == [1, 2, 3, 4]
    assert cases[-1].data.request_id == fence.data.request_id
    assert cases[-1].data.request_count == 2
    assert [r.data.status for r in await topic_log.events(bureau_receipts(LEAD))] == [
        "in_progress",
        "completed",
    ]


@pytest.mark.usefixtures("running")
async def test_what_cannot_be_handled_is_parked_and_the_rest_goes_on(topic_log: TopicLog) -> None:
    uncatalogued = request_triaged(decision(service_code="UNICORN"))
    await topic_log.publish(uncatalogued)
    await topic_log.write(TRIAGE_DECISIONS, "case", b"garbage")

    orders = await opened(topic_log, sinkhole())
    await topic_log.write(bureau_updates(LEAD), "case", b"garbage")
    await send_update(topic_log, LEAD, update(orders[LEAD], "acknowledged"))

    await topic_log.at_least(1, bureau_receipts(LEAD))

    async def both_parked() -> dict[bytes, bytes | None]:
        parked = {
            dict(record.headers)["code"]: record.value
            for topic in (TRIAGE_DECISIONS, bureau_updates(LEAD))
            for record in await topic_log.records(f"{topic.name}-dlq")
        }
        return parked if len(parked) > 1 else {}

    assert await eventually(both_parked) == {
        b"not_in_catalogue": encode(uncatalogued),
        b"undecodable_event": b"garbage",
    }


async def test_two_instances_and_a_restart_keep_every_version_in_its_place(
    settings: DispatchSettings, topic_log: TopicLog
) -> None:
    cases = [new_id() for _ in range(20)]
    decided = [sinkhole(case_id, "P2", score) for score in range(60, 70) for case_id in cases]
    async with running_dispatch(settings):
        async with running_dispatch(settings):
            await topic_log.publish(*decided[:100])

            async def all_issued() -> dict[str, Any]:
                orders = [event.data for event in await topic_log.events(bureau_work(LEAD))]
                found = {order.case_id: order for order in orders if order.version == 1}
                return found if len(found) == len(cases) else {}

            first = await eventually(all_issued)
            for order in first.values():
                await send_update(topic_log, LEAD, update(order, "in_progress"))
            await topic_log.publish(*decided[100:150])
        await topic_log.publish(*decided[150:], *decided[:20])
    async with running_dispatch(settings):
        for order in first.values():
            await send_update(topic_log, LEAD, update(order, "completed"))
        await topic_log.at_least(2 * len(cases), bureau_receipts(LEAD))

        async def all_published() -> EventLog | None:
            log = await all_events(topic_log)
            versions = {order.case_version for order in log.latest_order.values()}
            return log if versions == {12} else None

        log = await eventually(all_published)
    assert log is not None
    assert len(log.orders) == len(cases) * len(BUREAUS)
    log.versions_have_no_gaps()
    log.only_an_operator_lowers_a_priority()
    log.a_case_closes_once_for_each_time_it_was_open()
    assert {events[-1].data.version for events in log.cases.values()} == {12}


def test_the_city_has_the_bureaus_that_these_tests_speak_of() -> None:
    city = load_catalogue().jurisdictions["portland.gov"]

    kind = city.services["ROW-SINKHOLE"]
    informed = tuple(rule.bureau for rule in kind.informed if rule.when is None)
    assert (kind.city_lead, informed) == (LEAD, INFORMED)
