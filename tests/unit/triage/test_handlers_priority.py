import shutil
from pathlib import Path

from services.triage.policy import TriagePolicy
from shared.contract.events import (
    Decision,
    Event,
    Surge,
    SurgeEnded,
    SurgeStarted,
    new_id,
)
from shared.vocabulary import GeoPoint
from tests.support.builders import NOON
from tests.support.text_models import catalogue_with
from tests.support.triage.factories import (
    CATALOGUE_FOLDER,
    DAY,
    HERE,
    HOUR,
    POLICY,
    TEXT_MODEL,
    at,
    submitted,
)
from tests.support.triage.fakes import InMemoryTriageStore
from tests.unit.triage.harness import decided

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


def surge(event_class: type[SurgeStarted | SurgeEnded]) -> Event:
    return event_class.of(SURGE, now=NOON)


async def test_a_surge_is_a_reason_for_reports_of_its_group_district_and_time() -> None:
    cases = InMemoryTriageStore()
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
    event_class = "+5 many report the same there (“12 reports in SE, 0.4 are usual”)"
    assert any(event_class in sentence for sentence in begun.explanation)


async def test_the_nth_person_who_reports_a_problem_raises_it_and_the_first_again_does_not() -> (
    None
):
    cases = InMemoryTriageStore()
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
    cases = InMemoryTriageStore()
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


async def test_a_doubted_phrase_is_told_among_the_reasons_and_is_no_condition() -> None:
    (decision,) = await decided(
        InMemoryTriageStore(), submitted(description="A film about a tent on fire, at the club")
    )

    assert ("doubted", 0, "on fire") in [
        (reason.code, reason.points, reason.evidence) for reason in decision.priority.reasons
    ]
    assert (decision.emergency, decision.conditions) == (None, ())
    assert any(
        "its other words speak against it" in event_class for event_class in decision.explanation
    )


def policy_with(folder: Path, surprise: str) -> TriagePolicy:
    copied = Path(shutil.copytree(CATALOGUE_FOLDER, folder))
    with (copied / "rivertown.gov" / "circumstances.yaml").open("a") as file:
        file.write(f"surprise: {surprise}\n")
    return TriagePolicy(catalogue_with(copied, TEXT_MODEL))


async def test_surprise_counts_in_place_of_the_number_of_reporters_where_the_city_says_so(
    tmp_path: Path,
) -> None:
    usual = "per_day: {LIGHT: 0.5}, districts: {loud: 3, quiet: 0.1}"
    off = policy_with(tmp_path / "off", f"{{{usual}}}")
    used = policy_with(tmp_path / "used", f"{{use: yes, {usual}}}")
    events = [
        submitted(
            service_code="LIGHT",
            reporter_ref=f"{number}",
            observed_at=NOON + number * DAY / 2,
            location=at(GeoPoint(HERE.latitude + place / 100, HERE.longitude), district=district),
        )
        for number in range(4)
        for place, district in enumerate(("loud", "quiet"))
    ]

    async def decisions(policy: TriagePolicy) -> list[Decision]:
        found = await decided(InMemoryTriageStore(), *events, policy=policy)
        return [decision.model_copy(update={"rules_version": ""}) for decision in found]

    by_number = await decisions(POLICY)
    assert await decisions(off) == by_number
    changes = [
        before.priority.score - after.priority.score
        for before, after in zip(by_number, await decisions(used), strict=True)
    ]
    assert changes[-2:] == [20, 0]
