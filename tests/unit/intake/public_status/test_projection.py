from datetime import timedelta
from typing import Any

import pytest

from services.intake.public_status.nearby import NearbyState
from services.intake.public_status.projection import PictureRules, project_events
from services.intake.records.public import CaseLink, PublicDecision, StatusChange, WorkPictures
from shared.contract.events import (
    Advice,
    CaseClosed,
    CaseClosing,
    CaseMissedDeadline,
    CaseOpened,
    CaseOverdue,
    CasePriorityRaise,
    CasePriorityRaised,
    CaseReopened,
    CaseReopening,
    CaseRequestAttached,
    CaseRequestSplit,
    CaseSplit,
    CaseStatusChange,
    CaseStatusChanged,
    Due,
    Event,
    Reassessment,
    Referral,
    ReferralReason,
    RequestReassessed,
    new_id,
)
from shared.runtime.consumer.messages import Message
from tests.support.builders import (
    NOON,
    case_with_request,
    decision,
    location,
    note_added,
    priority,
    request,
    request_triaged,
)
from tests.support.intake.fakes import RecordingPublicStatuses
from tests.support.records import record

OTHER, THIRD = new_id(), new_id()
REQUEST = new_id()
SOON = NOON + timedelta(days=3)
RULES = PictureRules("https://311.example.org", {"PBOT-MAINT"})


def state(**changes: Any) -> dict[str, Any]:
    return case_with_request(**changes).model_dump()


def move(**changes: Any) -> CaseStatusChange:
    return CaseStatusChange(
        **(state(status="in_progress", version=2) | {"previous_status": "open"} | changes)
    )


async def followed(*events: Event) -> RecordingPublicStatuses:
    statuses = RecordingPublicStatuses()
    messages: list[Message[Any]] = [Message(record(), event) for event in events]
    await project_events(messages, statuses, RULES)
    return statuses


async def test_a_decision_says_what_became_of_a_request_and_where_it_belongs() -> None:
    event = request_triaged(outcome="duplicate")
    statuses = await followed(event)

    decision = event.data
    assert statuses.decisions == [PublicDecision(decision.request_id, NOON, "duplicate")]
    assert decision.case_id
    assert statuses.links == [CaseLink(decision.request_id, decision.case_id, NOON)]


async def test_a_referral_says_who_must_act_and_belongs_to_no_case() -> None:
    referral = Referral(
        agency="EXT-X",
        name="State Roads",
        phone="511",
        url="https://x.org",
        reason=ReferralReason(code="state_land", text="Es del Estado."),
    )
    event = request_triaged(outcome="referral", case_id=None, referral=referral)
    statuses = await followed(event)

    who = ("State Roads", "511", "https://x.org", "state_land")
    decision = PublicDecision(event.data.request_id, NOON, "referral", *who)
    assert statuses.decisions == [decision]
    assert statuses.links == []


async def test_lists_are_refreshed_for_each_request_and_case_that_changed() -> None:
    decided = request_triaged(outcome="duplicate")
    changed = CaseStatusChanged.of(move(case_id=OTHER), now=NOON)
    opened = CaseOpened.of(case_with_request(case_id=THIRD, request_id=REQUEST), now=NOON)
    statuses = await followed(decided, changed, opened)

    requests, joined, moved = statuses.refreshed
    assert requests == {decided.data.request_id, REQUEST}
    assert joined | moved == {decided.data.case_id, OTHER, THIRD}
    assert joined == {decided.data.case_id, THIRD}
    assert moved == {OTHER, THIRD}


@pytest.mark.parametrize("outcome", ["new", "recurrence", "possible_duplicate"])
async def test_a_decision_that_opens_a_case_leaves_lists_to_the_opening(outcome: str) -> None:
    decided = request_triaged(outcome=outcome)
    before, _, _ = (await followed(decided)).refreshed
    request_id = decided.data.request_id
    opened = CaseOpened.of(case_with_request(request_id=request_id), now=NOON)
    after, _, _ = (await followed(decided, opened)).refreshed

    assert (before, after) == (set(), {request_id})


async def test_an_answer_is_named_and_belongs_to_no_case() -> None:
    answer = Advice(code="trash_day", text="Trash goes on Monday.")
    event = request_triaged(outcome="answered", case_id=None, advice=(answer,))
    statuses = await followed(event)

    decision = PublicDecision(event.data.request_id, NOON, "answered", answer="trash_day")
    assert statuses.decisions == [decision]
    assert statuses.links == []


async def test_advice_beside_a_case_is_no_answer() -> None:
    event = request_triaged(advice=(Advice(code="call_911", text="Call 911."),))
    statuses = await followed(event)

    assert statuses.decisions[0].answer is None


async def test_an_opened_case_has_its_request_and_its_first_step() -> None:
    case = case_with_request()
    statuses = await followed(CaseOpened.of(case, now=NOON))

    assert statuses.links == [CaseLink(case.request_id, case.case_id, NOON)]
    assert statuses.changes == [StatusChange(case.case_id, 1, "open", NOON, "PBOT-MAINT")]


async def test_a_request_that_joins_a_case_moves_nothing() -> None:
    case = case_with_request(version=2)
    statuses = await followed(CaseRequestAttached.of(case, now=NOON))

    assert statuses.links == [CaseLink(case.request_id, case.case_id, NOON)]
    assert statuses.changes == []


async def test_a_request_that_is_split_off_belongs_to_the_other_case() -> None:
    split = CaseSplit(**(state(version=3) | {"to_case": "other", "moves": 1}))
    statuses = await followed(CaseRequestSplit.of(split, now=NOON))

    assert statuses.links == [CaseLink(split.request_id, "other", NOON, moves=1)]


async def test_a_request_that_operators_moved_says_how_often() -> None:
    opened = case_with_request(moved_from="before", moves=2)
    joined = case_with_request(version=4, moved_from="before", moves=3)
    split = CaseSplit(**(state(version=3) | {"to_case": "other", "moves": 4}))
    statuses = await followed(
        CaseOpened.of(opened, now=NOON),
        CaseRequestAttached.of(joined, now=NOON),
        CaseRequestSplit.of(split, now=NOON),
    )

    assert [link.moves for link in statuses.links] == [2, 3, 4]


async def test_that_a_case_was_merged_is_no_step_of_it() -> None:
    fields = move(status="referred").model_dump() | {"merged_into": "other", "closed_at": NOON}
    statuses = await followed(CaseClosed.of(CaseClosing(**fields), now=NOON))

    assert (statuses.links, statuses.changes) == ([], [])


@pytest.mark.parametrize(
    ("event_class", "data_class"),
    [(CaseStatusChanged, CaseStatusChange), (CaseReopened, CaseReopening)],
)
async def test_a_move_is_a_step_with_its_public_note(
    event_class: type[Event], data_class: type[CaseStatusChange]
) -> None:
    data = data_class(**dict(move(public_note=" Crew\x00 sent ", scheduled_for=SOON)))
    statuses = await followed(event_class.of(data, now=NOON))

    assert statuses.changes == [
        StatusChange(data.case_id, 2, "in_progress", NOON, "PBOT-MAINT", "Crew sent", SOON)
    ]


@pytest.mark.parametrize(
    ("reason", "not_fixed"), [("resident_says_not_fixed", True), ("A storm", False), (None, False)]
)
async def test_a_step_tells_whether_a_resident_opened_the_case_again(
    reason: str | None, not_fixed: bool
) -> None:
    data = CaseReopening(**dict(move(status="open")), reason=reason)
    statuses = await followed(CaseReopened.of(data, now=NOON))

    assert [change.not_fixed for change in statuses.changes] == [not_fixed]


async def test_the_end_is_a_step_too() -> None:
    end = CaseClosing(**move(status="completed").model_dump(), closed_at=NOON, reason="private")
    statuses = await followed(CaseClosed.of(end, now=NOON))

    assert [(change.status, change.note) for change in statuses.changes] == [("completed", None)]


async def test_a_missed_deadline_is_nothing_that_residents_see() -> None:
    data = CaseMissedDeadline(**state(version=3), what="complete", due_at=NOON, bureau="PBOT-MAINT")
    statuses = await followed(CaseOverdue.of(data, now=NOON))

    assert (statuses.decisions, statuses.links, statuses.changes) == ([], [], [])


async def test_a_raised_priority_is_nothing_that_residents_see() -> None:
    data = CasePriorityRaise(
        **state(version=2) | {"priority": priority("P2", 70)}, previous_level="P4"
    )
    statuses = await followed(CasePriorityRaised.of(data, now=NOON))

    assert (statuses.decisions, statuses.links, statuses.changes) == ([], [], [])


async def test_a_decision_that_opens_a_case_gives_its_place_and_changes_give_its_state() -> None:
    first = request_triaged()
    joined = request_triaged(outcome="duplicate")
    unplaced = request_triaged(decision(request(location=location(precision="default"))))
    due = Due(acknowledge_by=NOON, complete_by=SOON)
    case = case_with_request(request_count=3, version=4, moved_from="old", due=due)
    statuses = await followed(first, joined, unplaced, CaseRequestAttached.of(case, now=NOON))

    placed, changed = statuses.cases
    at = first.data.request.location
    assert (placed.case_id, placed.version, placed.status) == (first.data.case_id, 0, "open")
    assert (placed.latitude, placed.longitude) == (at.latitude, at.longitude)
    assert placed.first_reported_at == first.data.request.submitted_at
    assert (changed.case_id, changed.version, changed.request_count) == (case.case_id, 4, 3)
    assert (changed.latitude, changed.moved_from) == (None, "old")
    assert (placed.complete_by, changed.complete_by) == (None, SOON)


def test_of_two_states_the_newer_counts_with_the_place_that_either_has() -> None:
    place = NearbyState("c", 0, "city", "group", "KIND", "open", 1, NOON, 1.0, 2.0)
    later = NearbyState("c", 3, "city", "group", "KIND", "completed", 5)

    for merged in (place.merge(later), later.merge(place)):
        assert merged == later._replace(first_reported_at=NOON, latitude=1.0, longitude=2.0)


async def test_notes_and_reassessments_change_no_status() -> None:
    reassessed = Reassessment(
        request_id=new_id(), case_id=new_id(), priority=priority(), note_id=new_id()
    )
    statuses = await followed(note_added(), RequestReassessed.of(reassessed, now=NOON))

    assert [*statuses.decisions, *statuses.links, *statuses.changes, *statuses.cases] == []


@pytest.mark.parametrize(
    ("changes", "placed"),
    [
        pytest.param({"precision": "address"}, 1, id="address with a point"),
        pytest.param(
            {"precision": "address", "latitude": None, "longitude": None}, 0, id="without one"
        ),
        pytest.param({"precision": "default"}, 0, id="placeholder"),
    ],
)
async def test_a_case_is_near_by_its_address_if_that_has_a_point(
    changes: dict[str, Any], placed: int
) -> None:
    statuses = await followed(request_triaged(decision(request(location=location(**changes)))))

    assert len(statuses.cases) == placed


def test_pictures_of_ours_belong_to_the_change_and_are_public_where_the_bureau_says_so() -> None:
    ours = "a" * 32
    urls = (
        f"https://311.example.org/v1/media/{ours}",
        f"https://elsewhere.example/v1/media/{ours}",
    )
    media = [{"url": url} for url in urls]

    def pictures_of(**changes: Any) -> WorkPictures | None:
        return RULES.pictures_of(CaseStatusChanged.of(move(case_id=OTHER, **changes), now=NOON))

    assert pictures_of(media=media, bureau="PBOT-MAINT") == (OTHER, 2, (ours,), "PBOT-MAINT")
    assert pictures_of(media=media, bureau="PARKS") == (OTHER, 2, (ours,), None)
    assert pictures_of(media=media[1:], bureau="PBOT-MAINT") is None


async def test_pictures_of_the_work_are_saved() -> None:
    url = f"https://311.example.org/v1/media/{'a' * 32}"
    event = CaseStatusChanged.of(move(case_id=OTHER, media=[{"url": url}]), now=NOON)

    assert (await followed(event)).pictures == [WorkPictures(OTHER, 2, ("a" * 32,))]
