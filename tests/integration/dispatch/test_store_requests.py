"""What the stores in memory and in PostgreSQL know of the requests of cases."""

from dataclasses import replace

from services.dispatch.records.changes import ChangeSet, MessageKey, ProcessedMessage
from services.dispatch.rules.case import CaseRequest
from services.dispatch.unit_of_work import DispatchStore
from shared.contract.events import Duplicate, MatchReason, new_id
from tests.integration.dispatch.stored_cases import case_of_two_bureaus, load_one, opening
from tests.support.builders import location
from tests.support.dispatch.factories import case_request, command, problem


def _by_id(request: CaseRequest) -> str:
    return request.request_id


async def test_a_request_is_in_a_case_once_it_joined(store: DispatchStore) -> None:
    opened, later = case_of_two_bureaus(), new_id()
    await store.write(opening(opened))
    await store.write(ChangeSet(joined_requests=[case_request(later, opened.case_id)]))

    asked = [opened.opened_by, later, new_id()]

    assert set(await store.requests_in_cases(asked)) == {opened.opened_by, later}


async def test_what_a_request_said_is_kept_with_its_case(store: DispatchStore) -> None:
    one, other = case_of_two_bureaus(), case_of_two_bureaus()
    await store.write(opening(one, other))
    joined = Duplicate(
        of_case=one.case_id,
        of_request=one.opened_by,
        confidence=0.7,
        hours_apart=2,
        reasons=(MatchReason(code="rare_words", detail="gully, +40 points"),),
    )
    told = problem(notes=("Call first",))
    later = case_request(new_id(), one.case_id, problem=told, match=joined)
    await store.write(ChangeSet(joined_requests=[later]))

    found = await store.requests_of([one.case_id])

    assert sorted(found, key=_by_id) == sorted(
        [case_request(one.opened_by, one.case_id), later], key=_by_id
    )
    assert list(await store.requests_of([])) == []


async def test_a_moved_request_is_in_its_new_case_and_a_case_stands_for_another(
    store: DispatchStore,
) -> None:
    one, other = case_of_two_bureaus(), case_of_two_bureaus()
    await store.write(opening(one, other))
    told = problem(location=location(precision="address", address="12 Quay St"))
    moved = case_request(one.opened_by, other.case_id, moves=1, problem=told)
    stands = replace(one, version=2, opened_by=new_id(), problem=problem(summary="Else"))
    key = MessageKey("/console", "1")

    await store.write(
        ChangeSet(
            changed_cases=[stands],
            restated_cases=[stands],
            changed_requests=[moved],
            processed=[ProcessedMessage(key, command(), refused_as=None)],
        )
    )

    assert list(await store.requests_of([one.case_id])) == []
    assert moved in await store.requests_of([other.case_id])
    assert await load_one(store, one) == stands
