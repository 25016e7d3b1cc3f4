"""Reports whose reporter named the case that they repeat."""

from typing import Any

import pytest

from services.triage.outbound import explain
from services.triage.rules.dedup.matching import may_follow
from shared.contract.events import Decision, RequestSubmitted, new_id
from tests.support.builders import NOON, north_of
from tests.support.triage.factories import CITY, HERE, HOUR, POLICY, at, case, closed, submitted
from tests.support.triage.fakes import InMemoryTriageStore
from tests.unit.triage.harness import decided

FAR = at(north_of(HERE, 900))


def following(case_id: str | None, **changes: Any) -> RequestSubmitted:
    fields = {"follow_case": case_id, "location": FAR, "observed_at": NOON + HOUR}
    return submitted(**(fields | changes))


async def opened(store: InMemoryTriageStore) -> Decision:
    [decision] = await decided(store, submitted(observed_at=NOON))
    assert decision.outcome == "new"
    return decision


async def test_a_report_joins_the_case_that_its_reporter_named_however_far_it_is() -> None:
    store = InMemoryTriageStore()
    first = await opened(store)
    [again] = await decided(store, following(first.case_id))

    assert (again.outcome, again.case_id) == ("duplicate", first.case_id)
    assert again.duplicate
    assert [reason.code for reason in again.duplicate.reasons] == ["said_by_reporter"]
    assert again.duplicate.of_request == first.request_id
    assert (again.duplicate.confidence, again.duplicate.hours_apart) == (1, 1)
    assert again.duplicate.distance_m == pytest.approx(900, abs=2)
    assert again.explanation[0] == (
        "Joined an earlier case as the same problem, 100% sure: "
        "the reporter chose it as the same problem."
    )


async def test_a_report_of_another_kind_is_worked_as_the_kind_of_the_case() -> None:
    store = InMemoryTriageStore()
    first = await opened(store)
    other = next(code for code, kind in CITY.services.items() if kind.dedup.group != "campsite")
    [again] = await decided(store, following(first.case_id, service_code=other))

    assert (again.outcome, again.case_id) == ("duplicate", first.case_id)
    assert (again.service_code, again.request.service_code) == (first.service_code, other)


async def test_what_cannot_be_followed_is_decided_as_always_and_explained() -> None:
    store = InMemoryTriageStore()
    first = await opened(store)
    [unknown] = await decided(store, following(new_id()))
    [unreadable] = await decided(store, following("unreadable", location=at(HERE)))
    assert first.case_id
    await decided(store, closed(first.case_id, at=NOON))
    [of_closed] = await decided(store, following(first.case_id))
    results = (unknown, unreadable, of_closed)

    assert [one.outcome for one in results] == ["new", "duplicate", "duplicate"]
    assert of_closed.case_id == unknown.case_id
    for one in results:
        [sentence] = [text for text in one.explanation if "the reporter named" in text.lower()]
        assert "unknown, closed or in another city" in sentence
        assert sentence in explain(one, POLICY.cities["rivertown.gov"].reason_texts)


def test_only_an_open_case_of_the_same_city_may_be_followed() -> None:
    assert may_follow(case(), "rivertown.gov")
    assert not may_follow(case(), "rivertown")
    assert not may_follow(case(), "portland.gov")
    assert not may_follow(case(closed_at=NOON), "rivertown.gov")


async def test_who_names_no_case_is_told_nothing_about_it() -> None:
    [decision] = await decided(InMemoryTriageStore(), following(None))

    assert "named" not in " ".join(decision.explanation)
