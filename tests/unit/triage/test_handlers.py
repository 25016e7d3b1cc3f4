from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.triage.handlers import on_messages
from shared.events import (
    Decision,
    Event,
    Media,
    RequestSubmitted,
    RequestTriaged,
    Surge,
    SurgeEnded,
    SurgeStarted,
    new_id,
)
from tests.builders import NOON, north_of
from tests.unit.triage.fakes import InMemoryCases
from tests.unit.triage.makers import (
    DAY,
    HERE,
    HOUR,
    RULEBOOK,
    at,
    closed,
    messages,
    reopened,
    split_off,
    submitted,
)

SURGE = Surge(
    surge_id=new_id(),
    jurisdiction="rivertown.gov",
    dedup_group="campsite",
    district="SE",
    window_start=NOON - HOUR,
    window_end=NOON + HOUR,
    count=12,
    expected=0.4,
)
LATER = NOON + 30 * DAY


def surge(told: type[SurgeStarted | SurgeEnded]) -> Event:
    return told.of(SURGE, now=NOON)


async def decided(cases: InMemoryCases, *events: Event, now: datetime = LATER) -> list[Decision]:
    caused = await on_messages(messages(*events), cases, RULEBOOK, now)
    assert all(isinstance(event, RequestTriaged) for event in caused)
    return [event.data for event in caused]


async def test_the_first_report_opens_a_case_and_the_next_joins_it() -> None:
    cases = InMemoryCases()
    first, second = submitted(), submitted(location=at(north_of(HERE, 20)))

    [new] = await decided(cases, first)
    [duplicate] = await decided(cases, second)

    assert (new.outcome, new.duplicate) == ("new", None)
    assert new.case_id is not None
    assert (duplicate.outcome, duplicate.case_id) == ("duplicate", new.case_id)
    assert duplicate.duplicate is not None
    assert duplicate.duplicate.of_case == new.case_id
    assert duplicate.duplicate.of_request == first.data.request_id
    assert duplicate.duplicate.distance_m == pytest.approx(20, abs=0.1)
    assert duplicate.duplicate.hours_apart == 0
    assert duplicate.request == second.data


async def test_thirty_reports_of_one_camp_in_one_batch_are_one_case() -> None:
    events = [submitted(location=at(north_of(HERE, n))) for n in range(30)]

    decisions = await decided(InMemoryCases(), *events)

    assert [decision.outcome for decision in decisions] == ["new"] + ["duplicate"] * 29
    assert len({decision.case_id for decision in decisions}) == 1


async def test_a_chain_of_reports_does_not_keep_an_old_case_alive() -> None:
    cases = InMemoryCases()
    events = [submitted(observed_at=NOON + n * 3 * DAY) for n in range(4)]

    decisions = await decided(cases, *events)

    assert [decision.outcome for decision in decisions] == [
        "new", "duplicate", "duplicate", "recurrence",
    ]  # fmt: skip
    again = decisions[3]
    assert again.case_id != decisions[0].case_id
    assert again.duplicate is not None
    assert again.duplicate.of_case == decisions[0].case_id
    assert [reason.code for reason in again.duplicate.reasons][-1] == "window_over"


async def test_after_a_recurrence_reports_join_the_new_case() -> None:
    cases = InMemoryCases()
    _, again = await decided(cases, submitted(), submitted(observed_at=NOON + 8 * DAY))

    [joined] = await decided(cases, submitted(observed_at=NOON + 9 * DAY))

    assert (joined.outcome, joined.case_id) == ("duplicate", again.case_id)


async def test_a_report_after_a_closing_is_a_recurrence_and_one_from_before_it_is_not() -> None:
    cases = InMemoryCases()
    [new] = await decided(cases, submitted())
    assert new.case_id
    closing = closed(new.case_id, at=NOON + DAY)

    before, after = await decided(
        cases,
        submitted(observed_at=NOON + 23 * HOUR),
        submitted(observed_at=NOON + 25 * HOUR),
        closing,
    )

    assert (before.outcome, before.case_id) == ("duplicate", new.case_id)
    assert after.outcome == "recurrence"
    assert after.duplicate is not None
    assert after.duplicate.of_case == new.case_id
    assert [reason.code for reason in after.duplicate.reasons][-1] == "after_closing"


async def test_a_case_that_was_taken_up_again_takes_reports_again() -> None:
    cases = InMemoryCases()
    [new] = await decided(cases, submitted())
    assert new.case_id

    [joined] = await decided(
        cases,
        reopened(new.case_id, version=3),
        closed(new.case_id, at=NOON + DAY, version=2),
        submitted(observed_at=NOON + 2 * DAY),
    )

    assert (joined.outcome, joined.case_id) == ("duplicate", new.case_id)


async def test_a_request_that_was_split_off_makes_a_case_of_its_own_known() -> None:
    cases = InMemoryCases()
    tents = submitted(location=at(north_of(HERE, 60)))
    first, _ = await decided(cases, submitted(), tents)
    assert first.case_id

    [joined] = await decided(
        cases,
        split_off(first.case_id, tents.data.request_id, to_case="split"),
        submitted(location=at(north_of(HERE, 61))),
    )

    assert (joined.outcome, joined.case_id) == ("duplicate", "split")


async def test_a_late_report_joins_the_case_that_a_later_one_opened() -> None:
    cases = InMemoryCases()
    [new] = await decided(cases, submitted())

    [late] = await decided(cases, submitted(observed_at=NOON - 6 * DAY))

    assert (late.outcome, late.case_id) == ("duplicate", new.case_id)
    assert late.duplicate is not None
    assert late.duplicate.hours_apart == 144


async def test_a_request_is_decided_once_however_often_it_comes() -> None:
    cases = InMemoryCases()
    event = submitted()
    again = RequestSubmitted.of(event.data, now=LATER)

    first = await decided(cases, event, again)
    second = await decided(cases, again)

    assert len(first) == 1
    assert second == []
    assert len(cases.decisions) == 1


async def test_nothing_of_another_group_or_city_is_the_same_problem() -> None:
    events = [submitted(), submitted(service_code="DEBRIS"), submitted(dedup_group="other")]

    assert [d.outcome for d in await decided(InMemoryCases(), *events)] == ["new"] * 3


@pytest.mark.parametrize("kind", ["PERMIT", "OTHER", "CAMP-VISIT"])
async def test_a_kind_without_window_makes_a_case_of_each_report(kind: str) -> None:
    cases = InMemoryCases()
    decisions = await decided(cases, *(submitted(service_code=kind) for _ in range(3)))

    assert [d.outcome for d in decisions] == ["new"] * 3
    assert len({d.case_id for d in decisions}) == 3
    assert cases.cases == {}


async def test_reports_at_a_stand_in_for_unknown_are_never_the_same_place() -> None:
    events = [submitted(location=at(HERE, precision="default")) for _ in range(3)]

    assert [d.outcome for d in await decided(InMemoryCases(), *events)] == ["new"] * 3


@pytest.mark.parametrize(
    ("changes", "agency"),
    [
        pytest.param({"location": at(HERE, municipality="hilltop")}, "hilltop", id="a neighbour"),
        pytest.param({"service_code": "TRANSIT"}, "EXT-TRANSIT", id="an outside lead"),
    ],
)
async def test_what_is_not_the_citys_is_referred_each_time_without_a_case(
    changes: dict[str, Any], agency: str
) -> None:
    cases = InMemoryCases()
    decisions = await decided(cases, submitted(**changes), submitted(**changes))

    for decision in decisions:
        assert (decision.outcome, decision.case_id) == ("referral", None)
        assert decision.referral is not None
        assert decision.referral.agency == agency
    assert cases.cases == {}


@pytest.mark.parametrize(
    ("language", "asked", "text"),
    [
        (None, "What is the trash day?", "Trash goes on Monday."),
        ("es", "¿Cuál es el día de la basura?", "La basura sale el lunes."),
    ],
)
async def test_a_question_is_answered_each_time_without_a_case(
    language: str | None, asked: str, text: str
) -> None:
    cases = InMemoryCases()
    question = {"service_code": "OTHER", "description": asked, "language": language}
    decisions = await decided(cases, submitted(**question), submitted(**question))

    for decision in decisions:
        assert (decision.outcome, decision.case_id) == ("answered", None)
        assert [(a.code, a.text) for a in decision.advice] == [("trash_day", text)]
    assert cases.cases == {}


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        pytest.param({"description": "What is the trash day? Fire!"}, "new", id="a danger"),
        pytest.param(
            {"description": "What is the trash day? You missed it"}, "new", id="a trouble"
        ),
        pytest.param({"attributes": {"size": "large"}}, "new", id="answers to questions of ours"),
        pytest.param({"attributes": {"topic": "it burns, fire"}}, "new", id="a danger in answers"),
        pytest.param({"media": (Media(url="https://example.org/1.jpg"),)}, "new", id="a picture"),
        pytest.param({"service_code": "LIGHT"}, "new", id="a kind that is no question"),
        pytest.param({"service_code": "PERMIT"}, "answered", id="a kind of the answer's own"),
        pytest.param({"attributes": {"topic": "trash"}}, "answered", id="what it is about"),
        pytest.param(
            {"location": at(HERE, municipality="hilltop")}, "referral", id="at a neighbour's"
        ),
    ],
)
async def test_only_plain_questions_are_answered(changes: dict[str, Any], outcome: str) -> None:
    question = {"service_code": "OTHER", "description": "What is the trash day?"}

    [decision] = await decided(InMemoryCases(), submitted(**(question | changes)))

    assert decision.outcome == outcome
    assert (decision.case_id is None) == (outcome != "new")
    assert [a.code for a in decision.advice if a.code != "call_911"] == (
        ["trash_day"] if outcome == "answered" else []
    )


async def test_the_key_of_a_decision_without_case_is_the_request() -> None:
    event = submitted(service_code="TRANSIT")
    [caused] = await on_messages(messages(event), InMemoryCases(), RULEBOOK, NOON)

    assert messages(caused)[0].topic == "triage-decisions"
    assert (caused.subject, caused.correlationid, caused.causationid) == (
        event.data.request_id, event.data.request_id, event.id,
    )  # fmt: skip


async def test_an_outside_agency_that_acts_beside_the_city_is_named_and_there_is_a_case() -> None:
    [decision] = await decided(InMemoryCases(), submitted(service_code="WIRE"))

    assert decision.outcome == "new"
    assert decision.case_id
    assert decision.referral is not None
    assert decision.referral.agency == "EXT-UTILITY"


async def test_a_second_report_of_a_sparking_line_is_a_duplicate_and_an_emergency() -> None:
    events = [
        submitted(service_code="WIRE", description="line down"),
        submitted(service_code="WIRE", description="Está que echa chispas", language="es"),
    ]

    quiet, sparking = await decided(InMemoryCases(), *events)

    assert (quiet.emergency, quiet.advice) == (None, ())
    assert sparking.outcome == "duplicate"
    assert sparking.emergency is not None
    assert sparking.emergency.code == "live_wire"
    assert sparking.emergency.evidence == "echa chispas"
    assert [advice.code for advice in sparking.advice] == ["call_911"]
    assert "llame al 911" in sparking.advice[0].text
    assert sparking.priority.level == "P1"


async def test_an_emergency_at_a_neighbours_is_both() -> None:
    [decision] = await decided(
        InMemoryCases(),
        submitted(description="a tent is on fire", location=at(HERE, municipality="hilltop")),
    )

    assert decision.outcome == "referral"
    assert decision.emergency is not None
    assert decision.priority.level == "P1"


async def test_a_decision_names_its_rules_and_the_points_add_up() -> None:
    [decision] = await decided(
        InMemoryCases(), submitted(description="blocking the lane", attributes={"fire": "yes"})
    )

    assert decision.rules_version == RULEBOOK.version
    assert sum(reason.points for reason in decision.priority.reasons) == decision.priority.score
    assert {reason.code for reason in decision.priority.reasons} >= {"lane_blocked", "fire"}


async def test_the_keys_of_all_messages_are_locked_before_anything_is_read() -> None:
    cases = InMemoryCases()
    await decided(cases, submitted(), submitted(service_code="DEBRIS"), closed("unknown", at=NOON))

    assert sorted(cases.locked) == ["rivertown.gov:campsite", "rivertown.gov:debris"]


async def test_a_surge_is_a_reason_for_reports_of_its_group_district_and_time() -> None:
    cases = InMemoryCases()
    here, there = at(HERE, district="SE"), at(HERE, district="NW")

    begun, elsewhere = await decided(
        cases, surge(SurgeStarted), submitted(location=here), submitted(location=there)
    )
    await decided(cases, surge(SurgeEnded))
    late, after = await decided(
        cases,
        submitted(location=here, observed_at=NOON + 0.5 * HOUR),
        submitted(location=here, observed_at=NOON + 5 * HOUR),
    )

    codes = [[p.code for p in d.priority.reasons] for d in (begun, elsewhere, late, after)]
    assert [code[-1] == "surge" for code in codes] == [True, False, True, False]
    assert begun.priority.score == elsewhere.priority.score + 5
    told = "+5 many report the same there (“12 reports in SE, 0.4 are usual”)"
    assert any(told in sentence for sentence in begun.explanation)


async def test_closings_of_unknown_cases_change_nothing() -> None:
    cases = InMemoryCases()

    assert await decided(cases, closed("unknown", at=NOON), reopened("unknown")) == []
    assert (cases.cases, cases.decisions) == ({}, {})


async def test_the_nth_person_who_reports_a_problem_raises_it_and_the_first_again_does_not() -> (
    None
):
    cases = InMemoryCases()
    light = {"service_code": "LIGHT"}
    people = ["ana", "ana", "ben", "ana", "cy", "dee"]

    together = [submitted(**light, reporter_ref=who) for who in people[:3]]
    decisions = await decided(cases, *together)
    for who in people[3:]:
        decisions += await decided(cases, submitted(**light, reporter_ref=who))

    found = [
        [(p.points, p.evidence) for p in d.priority.reasons if p.code == "several_reporters"]
        for d in decisions
    ]
    two, three, four = [(5, "2 people")], [(5, "3 people")], [(20, "4 people")]
    assert found == [[], [], two, two, three, four]
    assert [d.priority.level for d in decisions] == ["P4"] * 5 + ["P3"]
    assert all(sum(p.points for p in d.priority.reasons) == d.priority.score for d in decisions)


async def test_a_problem_that_is_reported_long_after_its_target_says_so() -> None:
    cases = InMemoryCases()
    _, late, over = await decided(
        cases,
        submitted(reporter_ref="ana"),
        submitted(reporter_ref="ana", observed_at=NOON + 5 * DAY),
        submitted(reporter_ref="ana", observed_at=NOON + 9 * DAY),
    )

    assert (late.outcome, over.outcome) == ("duplicate", "recurrence")
    for decision, points, days in ((late, 5, "5 days"), (over, 10, "9 days")):
        last = decision.priority.reasons[-1]
        assert (last.code, last.points, last.evidence) == ("still_there", points, days)


@given(st.lists(st.integers(0, 200), min_size=1, max_size=12), st.integers(1, 12))
async def test_how_reports_are_cut_into_batches_decides_nothing(
    places: list[int], size: int
) -> None:
    events = [
        submitted(
            location=at(north_of(HERE, metres)),
            observed_at=NOON + n * HOUR,
            reporter_ref=[None, "ana", "ben", "cy"][metres % 4],
        )
        for n, metres in enumerate(places)
    ]
    at_once, in_parts = InMemoryCases(), InMemoryCases()

    together = await decided(at_once, *events)
    apart = [
        decision
        for start in range(0, len(events), size)
        for decision in await decided(in_parts, *events[start : start + size])
    ]

    assert apart == together


def near(metres: float, **changes: Any) -> RequestSubmitted:
    return submitted(location=at(north_of(HERE, metres)), **changes)


@pytest.mark.parametrize("in_one_batch", [True, False])
@pytest.mark.parametrize(
    ("metres", "case"),
    [
        pytest.param(5, "first", id="near the case"),
        pytest.param(55, "split", id="near what was split from it"),
    ],
)
async def test_a_later_report_goes_to_the_side_of_a_split_on_which_it_lies(
    in_one_batch: bool, metres: float, case: str
) -> None:
    cases = InMemoryCases()
    tents = near(60)
    first, _ = await decided(cases, submitted(), tents)
    assert first.case_id
    split = split_off(first.case_id, tents.data.request_id, to_case="split")
    if not in_one_batch:
        await decided(cases, split)

    [later] = await decided(cases, near(metres), *([split] if in_one_batch else []))

    assert later.outcome == "duplicate"
    assert later.case_id == (first.case_id if case == "first" else "split")
    assert [one.code for one in later.rejected] == ["split_by_operator"]


async def test_what_was_split_by_an_operator_stays_apart_when_all_is_read_again() -> None:
    cases, again = InMemoryCases(), InMemoryCases()
    opener, tents = submitted(), near(60)
    first, _ = await decided(cases, opener, tents)
    assert first.case_id
    split = split_off(first.case_id, tents.data.request_id, to_case="split")
    ended = closed("split", at=NOON + DAY)
    await decided(cases, split)
    await decided(cases, ended)

    await decided(again, ended)
    await decided(again, split)
    await decided(again, tents, opener)

    assert again.decisions[tents.data.request_id].case_id == "split"
    in_order = InMemoryCases()
    for event in (opener, tents, split, ended):
        await decided(in_order, event)
    assert in_order.cases == cases.cases
    assert in_order.decisions == cases.decisions
    assert (again.turns, again.splits) == (cases.turns, cases.splits)
    assert again.cases["split"] == cases.cases["split"]


async def test_a_report_near_a_merged_case_joins_the_one_that_has_its_requests() -> None:
    cases = InMemoryCases()
    kept, gone = await decided(cases, submitted(), near(500))
    assert gone.case_id
    assert kept.case_id
    await decided(cases, closed(gone.case_id, at=NOON, merged_into=kept.case_id))

    [later] = await decided(cases, near(501, observed_at=NOON + HOUR))

    assert (later.outcome, later.case_id) == ("duplicate", kept.case_id)
    assert later.duplicate is not None
    assert later.duplicate.of_request == gone.request_id


async def test_a_report_near_a_merged_case_recurs_once_the_other_one_ended() -> None:
    cases = InMemoryCases()
    kept, gone = await decided(cases, submitted(), near(500))
    assert gone.case_id
    assert kept.case_id
    merged = closed(gone.case_id, at=NOON, merged_into=kept.case_id)
    await decided(cases, closed(kept.case_id, at=NOON + HOUR), merged)

    [later] = await decided(cases, near(501, observed_at=NOON + DAY))

    assert later.outcome == "recurrence"
    assert later.duplicate is not None
    assert later.duplicate.of_case == kept.case_id


@pytest.mark.parametrize(
    ("turns", "observed_at", "outcome"),
    [
        pytest.param(["closed 2"], NOON + DAY, "recurrence", id="closed"),
        pytest.param(["closed 2"], NOON - DAY, "duplicate", id="closed after the report"),
        pytest.param(["closed 2", "reopened 3"], NOON + DAY, "duplicate", id="reopened"),
        pytest.param(["reopened 3", "closed 2"], NOON + DAY, "duplicate", id="reopened first"),
        pytest.param(["closed 2", "closed 2"], NOON + DAY, "recurrence", id="closed twice"),
        pytest.param(
            ["closed 4", "reopened 3", "closed 2"], NOON + DAY, "recurrence", id="all backwards"
        ),
    ],
)
@pytest.mark.parametrize("together", [True, False])
async def test_what_became_of_a_case_is_judged_by_version_and_event_time_in_any_order(
    turns: list[str], observed_at: datetime, outcome: str, together: bool
) -> None:
    cases = InMemoryCases()
    [new] = await decided(cases, submitted())
    assert new.case_id
    events = [_turn(new.case_id, turn) for turn in turns]
    if not together:
        for event in events:
            await decided(cases, event)

    [later] = await decided(
        cases, submitted(observed_at=observed_at), *(events if together else ())
    )

    assert later.outcome == outcome


def _turn(case_id: str, turn: str) -> Event:
    kind, _, version = turn.partition(" ")
    if kind == "reopened":
        return reopened(case_id, version=int(version))
    return closed(case_id, at=NOON + HOUR, version=int(version))


async def test_a_closing_that_comes_after_a_later_report_changes_nothing_for_that_report() -> None:
    cases = InMemoryCases()
    [new] = await decided(cases, submitted())
    [joined] = await decided(cases, submitted(observed_at=NOON + 2 * DAY))
    assert new.case_id
    await decided(cases, closed(new.case_id, at=NOON + DAY))

    before, after = await decided(
        cases, submitted(observed_at=NOON + HOUR), submitted(observed_at=NOON + 3 * DAY)
    )

    assert (joined.outcome, joined.case_id) == ("duplicate", new.case_id)
    assert (before.outcome, before.case_id) == ("duplicate", new.case_id)
    assert after.outcome == "recurrence"


async def test_a_split_before_the_closing_of_its_case_leaves_the_other_open() -> None:
    cases = InMemoryCases()
    tents = near(60)
    first, _ = await decided(cases, submitted(), tents)
    assert first.case_id
    await decided(cases, closed(first.case_id, at=NOON + HOUR, version=3))
    await decided(cases, split_off(first.case_id, tents.data.request_id, to_case="split"))

    here, there = await decided(
        cases,
        submitted(observed_at=NOON + DAY),
        near(60, observed_at=NOON + DAY),
    )

    assert here.outcome == "recurrence"
    assert (there.outcome, there.case_id) == ("duplicate", "split")
