"""The summary: what was said is counted, what is missing is named, 80 columns are enough."""

from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from cli.demo.report.outcome import Outcome, StatusPage
from cli.demo.report.summary import print_summary
from cli.demo.run.facts import Facts, Parked
from cli.demo.scenario import Day, make_day
from cli.demo.scenario.camps import CAMP
from cli.demo.scenario.hazards import SIGNAL
from cli.demo.scenario.routine import TIMEZONE
from cli.demo.scenario.storm import STORM
from deploy.local.stack_file import Keys, Stack
from shared.catalogue import load_catalogue
from shared.contract.events import Emergency, FieldError, Referral, Rejection, Surge
from tests.builders import decision, priority
from tests.unit.cli.demo.factories import Router

DAY = make_day(1, date(2026, 3, 3), 200)
CITY = load_catalogue().jurisdictions["portland.gov"]
STACK = Stack(
    kafka="127.0.0.1:1",
    postgres="postgresql://",
    intake="http://127.0.0.1:2",
    triage="http://127.0.0.1:3",
    dispatch="http://127.0.0.1:4",
    notify="http://127.0.0.1:5",
    mail="smtp://127.0.0.1:6",
    mail_folder=Path("/data/mail"),
    keys=Keys(bureaus={}, adapters={}, operator=""),
)


def outcome(facts: Facts, day: Day = DAY, *, stays: bool = False, mails: int = 0) -> Outcome:
    page = StatusPage("http://127.0.0.1:2/v1/requests/26-7KQ4-M2", {"status": "completed"})
    return Outcome(
        day, facts, CITY, STACK, Path("demo"), mails, page, {"the day": 20.2}, stays=stays
    )


def printed(told: Outcome) -> str:
    out = StringIO()
    print_summary(Console(file=out, width=80, highlight=False), told)
    return out.getvalue()


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def router() -> Router:
    return Router()


def test_a_router_that_said_nothing_has_lost_everything_and_says_so() -> None:
    told = outcome(Facts())
    assert told.lost == 200
    assert "200 handed in, 0 answered, 200 LOST: 200 without an answer" in flat(printed(told))


def test_requests_without_a_decision_or_a_bureau_are_lost_as_well(router: Router) -> None:
    for number in range(3):
        router.accepts("/adapters/test", str(number))
    router.opens(router.accepts("/adapters/test", "opened"))
    ruled = router.accepts("/adapters/test", "ruled")
    router.facts.decisions[ruled.request_id] = decision(ruled)
    told = outcome(router.facts)
    assert (told.unanswered, told.undecided, told.unassigned) == (195, 3, 1)


def test_the_camp_is_told_from_the_facts(router: Router) -> None:
    for report in DAY.of_story(CAMP):
        made = router.accepts(report.source, report.id, channel=report.data["channel"])
        if router.facts.leads:
            router.merges(made, next(iter(router.facts.leads.values())).order)
        else:
            router.opens(made)
        router.tells(made)
    text = flat(printed(outcome(router.facts)))
    assert "30 reports, 1 case; 30 followers told" in text


def test_a_story_that_fell_apart_is_told_as_it_is(router: Router) -> None:
    for report in DAY.of_story(SIGNAL):
        router.opens(router.accepts(report.source, report.id), priority=priority("P1", 80))
    assert "A dark traffic signal: 3 reports, 3 cases, priority P1" in flat(
        printed(outcome(router.facts))
    )


@pytest.mark.parametrize(
    ("hours", "end"), [(0, "are usual."), (3, "are usual, over by 17:30.")], ids=["begun", "over"]
)
def test_the_gust_is_told_with_the_surge_that_it_made(router: Router, hours: int, end: str) -> None:
    for report in DAY.of_story(STORM):
        made = router.accepts(report.source, report.id, dedup_group="tree-emergency")
        router.opens(made, priority=priority("P1", 80))
    began = datetime(2026, 3, 3, 14, 30, tzinfo=TIMEZONE)
    surge = Surge(
        surge_id="s",
        jurisdiction="portland.gov",
        dedup_group="tree-emergency",
        district="SE",
        window_start=began,
        window_end=began + timedelta(hours=hours),
        count=10,
        expected=0.2,
    )
    text = flat(printed(outcome(router.facts)))
    assert "A gust of wind: 14 reports, 14 cases; nobody spoke of a surge." in text

    router.facts.surges["s"] = surge
    if hours:
        router.facts.surges_over["s"] = surge
    text = flat(printed(outcome(router.facts)))
    assert "A gust of wind in SE: 14 reports, 14 cases. A surge was told of after 10" in text
    assert f"where 0.2 an hour {end}" in text


def test_channels_lanes_and_bureaus_are_counted(router: Router) -> None:
    made = [
        router.accepts("/adapters/test", str(number), channel="phone", language="es")
        for number in range(1_234)
    ]
    order = router.opens(made[0], seconds=0.25)
    for later in made[1:]:
        router.merges(later, order)
    text = flat(printed(outcome(router.facts)))
    assert "Phone 1,234 1,234 1,233" in text
    assert "routine 1 0.25 s 0.25 s 0.25 s" in text
    assert "PBOT Maintenance Operations 1 1 1" in text


def test_911_and_agencies_are_named_with_their_telephones(router: Router) -> None:
    made = router.accepts("/adapters/test", "1")
    odot = Referral(agency="EXT-ODOT", name="Oregon Department", phone="1-888-275-6368")
    router.facts.decisions[made.request_id] = decision(
        made,
        case_id=None,
        outcome="referral",
        referral=odot,
        emergency=Emergency(code="live_wire", evidence="sparking"),
    )
    text = flat(printed(outcome(router.facts)))
    assert "1 reporter was told at once to call 911 (Live wire 1)" in text
    assert "Oregon Department 1-888-275-6368 1" in text


def test_messages_are_counted_by_language_and_held_against_the_mail_server(
    router: Router,
) -> None:
    made = router.accepts("/adapters/test", "1")
    router.tells(made)
    router.tells(made, language="es", template="completed")
    text = flat(printed(outcome(router.facts, mails=2)))
    assert "all 1 1 2" in text
    assert "The mail server keeps as many messages as files." in text
    assert "keeps only 1 of them as files" in flat(printed(outcome(router.facts, mails=1)))


def test_what_was_not_taken_is_listed_by_reason(router: Router) -> None:
    faults = (
        FieldError(field="location", code="missing_location", message=""),
        FieldError(field="time", code="bad_time", message=""),
    )
    router.facts.rejected["x"] = Rejection(
        submission_id="x", submission_source="/adapters/broken", errors=faults
    )
    router.facts.parked.append(Parked("channel-submissions", "too_large"))
    text = flat(printed(outcome(router.facts)))
    assert "missing_location, bad_time /adapters/broken 1" in text
    assert "too_large channel-submissions-dlq 1" in text


def test_where_to_look_depends_on_whether_the_router_stays() -> None:
    assert "route311 status --data demo" in flat(printed(outcome(Facts(), stays=True)))
    gone = flat(printed(outcome(Facts())))
    assert "route311 demo --keep" in gone
    assert "route311 status" not in gone
    assert "/data/mail/*.eml" in gone


def test_a_leaked_address_is_no_secret() -> None:
    assert "in no record" in flat(printed(outcome(Facts())))
    assert "in 2 records of the topics" in flat(printed(outcome(Facts(leaks=2))))


def test_nothing_is_wider_than_eighty_columns(router: Router) -> None:
    for number, bureau in enumerate(CITY.bureaus):
        made = router.accepts("/adapters/test", str(number))
        router.opens(made, bureau=bureau)
    lines = printed(outcome(router.facts, stays=True)).splitlines()
    assert max(len(line.rstrip()) for line in lines) <= 80
    assert not any("…" in line for line in lines)
