"""Summary: counts what was observed, names what is missing, fits into 80 columns."""

from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from deploy.local.stack_file import KafkaAuth, Keys, Stack
from shared.catalogue import load_catalogue
from shared.contract.events import Emergency, FieldError, Referral, Rejection, Surge
from tests.support.builders import decision, priority
from tests.unit.workbench.demo.factories import Router
from workbench.demo.report.result import DemoResult, StatusPage
from workbench.demo.report.summary import print_summary
from workbench.demo.run.observations import DeadLetterSeen, Observations
from workbench.demo.scenario import Scenario, make_scenario
from workbench.demo.scenario.stories import CAMP, SIGNAL, STORM, TIMEZONE

DAY = make_scenario(1, date(2026, 3, 3), 200)
CITY = load_catalogue().jurisdictions["portland.gov"]
AUTH = KafkaAuth(
    security_protocol="SASL_PLAINTEXT",
    sasl_mechanism="SCRAM-SHA-512",
    username="admin",
    password="secret",  # noqa: S106 - of no server
)
STACK = Stack(
    kafka="127.0.0.1:1",
    kafka_auth=AUTH,
    postgres="postgresql://",
    postgres_operations="postgresql://",
    intake="http://127.0.0.1:2",
    triage="http://127.0.0.1:3",
    dispatch="http://127.0.0.1:4",
    notify="http://127.0.0.1:5",
    mail="smtp://127.0.0.1:6",
    mail_folder=Path("/data/mail"),
    keys=Keys(bureaus={}, adapters={}, operator=""),
)


def result(
    seen: Observations, day: Scenario = DAY, *, stays: bool = False, mails: int = 0, texts: int = 0
) -> DemoResult:
    page = StatusPage("http://127.0.0.1:2/v1/requests/26-7KQ4-M2", {"status": "completed"})
    return DemoResult(
        day, seen, CITY, STACK, Path("demo"), mails, 0, texts, page, {"the day": 20.2}, stays=stays
    )


def printed(demo: DemoResult, width: int = 80) -> str:
    out = StringIO()
    print_summary(Console(file=out, width=width, highlight=False), demo)
    return out.getvalue()


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def router() -> Router:
    return Router()


def test_a_router_that_said_nothing_has_lost_everything_and_says_so() -> None:
    demo = result(Observations())
    assert demo.lost == 200
    assert "200 submitted, 0 answered, 200 LOST: 200 without an answer" in flat(printed(demo))


def test_a_narrow_terminal_cuts_nothing_off(router: Router) -> None:
    router.opens(router.accepts("/adapters/test", "1"))

    lines = printed(result(router.seen, stays=True), width=50).splitlines()

    assert max(map(len, lines)) <= 50
    assert not [line for line in lines if "…" in line]


def test_requests_without_a_decision_or_a_bureau_are_lost_as_well(router: Router) -> None:
    for number in range(3):
        router.accepts("/adapters/test", str(number))
    router.opens(router.accepts("/adapters/test", "opened"))
    ruled = router.accepts("/adapters/test", "ruled")
    router.seen.decisions[ruled.request_id] = decision(ruled)
    demo = result(router.seen)
    assert (demo.unanswered, demo.undecided, demo.unassigned) == (195, 3, 1)


def test_the_camp_is_told_from_the_facts(router: Router) -> None:
    for report in DAY.of_story(CAMP):
        made = router.accepts(report.source, report.id, channel=report.data["channel"])
        if router.seen.leads:
            router.merges(made, next(iter(router.seen.leads.values())).order)
        else:
            router.opens(made)
        router.tells(made)
    text = flat(printed(result(router.seen)))
    assert "30 reports, 1 case; 30 followers told" in text


def test_a_story_that_fell_apart_is_told_as_it_is(router: Router) -> None:
    for report in DAY.of_story(SIGNAL):
        router.opens(router.accepts(report.source, report.id), priority=priority("P1", 80))
    assert "A dark traffic signal: 3 reports, 3 cases, priority P1" in flat(
        printed(result(router.seen))
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
    text = flat(printed(result(router.seen)))
    assert "A gust of wind: 14 reports, 14 cases; no surge was announced." in text

    router.seen.surges["s"] = surge
    if hours:
        router.seen.surges_over["s"] = surge
    text = flat(printed(result(router.seen)))
    assert "A gust of wind in SE: 14 reports, 14 cases. A surge was announced after 10" in text
    assert f"where 0.2 an hour {end}" in text


def test_channels_lanes_and_bureaus_are_counted(router: Router) -> None:
    made = [
        router.accepts("/adapters/test", str(number), channel="phone", language="es")
        for number in range(1_234)
    ]
    order = router.opens(made[0], seconds=0.25)
    for later in made[1:]:
        router.merges(later, order)
    text = flat(printed(result(router.seen)))
    assert "Phone 1,234 1,234 1,233" in text
    assert "routine 1 0.25 s 0.25 s 0.25 s" in text
    assert "PBOT Maintenance Operations 1 1 1" in text


def test_911_and_agencies_are_named_with_their_telephones(router: Router) -> None:
    made = router.accepts("/adapters/test", "1")
    odot = Referral(agency="EXT-ODOT", name="Oregon Department", phone="1-888-275-6368")
    router.seen.decisions[made.request_id] = decision(
        made,
        case_id=None,
        outcome="referral",
        referral=odot,
        emergency=Emergency(code="live_wire", evidence="sparking"),
    )
    text = flat(printed(result(router.seen)))
    assert "1 reporter was told at once to call 911 (Live wire 1)" in text
    assert "Oregon Department 1-888-275-6368 1" in text


def test_messages_are_counted_by_language_and_held_against_the_mail_server(
    router: Router,
) -> None:
    made = router.accepts("/adapters/test", "1")
    router.tells(made)
    router.tells(made, language="es", template="completed")
    router.tells(made, template="completed", channel="sms")
    text = flat(printed(result(router.seen, mails=2, texts=1)))
    assert "all 2 1 3" in text
    assert "1 message went by SMS; the SMS provider keeps as many messages as files." in text
    assert "The mail server keeps as many messages as files." in text
    assert "keeps only 1 of them as files" in flat(printed(result(router.seen, mails=1)))


def test_what_was_not_taken_is_listed_by_reason(router: Router) -> None:
    faults = (
        FieldError(field="location", code="missing_location", message=""),
        FieldError(field="time", code="bad_time", message=""),
    )
    router.seen.rejected["x"] = Rejection(
        submission_id="x", submission_source="/adapters/broken", errors=faults
    )
    router.seen.dead_letters.append(DeadLetterSeen("channel-submissions", "too_large"))
    text = flat(printed(result(router.seen)))
    assert "missing_location, bad_time /adapters/broken 1" in text
    assert "too_large channel-submissions-dlq 1" in text


def test_where_to_look_depends_on_whether_the_router_stays() -> None:
    assert "route311 status --data demo" in flat(printed(result(Observations(), stays=True)))
    gone = flat(printed(result(Observations())))
    assert "route311 demo --keep" in gone
    assert "route311 status" not in gone
    assert "/data/mail/*.eml" in gone


def test_a_leaked_address_is_no_secret() -> None:
    assert "in no record" in flat(printed(result(Observations())))
    assert "in 2 records of the topics" in flat(printed(result(Observations(leaks=2))))


def test_nothing_is_wider_than_eighty_columns(router: Router) -> None:
    for number, bureau in enumerate(CITY.bureaus):
        made = router.accepts("/adapters/test", str(number))
        router.opens(made, bureau=bureau)
    lines = printed(result(router.seen, stays=True)).splitlines()
    assert max(len(line.rstrip()) for line in lines) <= 80
    assert not any("…" in line for line in lines)
