"""Scenario: repeatable for a seed, of the wanted size, and with every planted story."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest
from pydantic import ValidationError

from shared.catalogue import Catalogue, load_catalogue
from shared.contract.events import Decoder, Submission, SubmissionReceived
from shared.errors import PermanentError
from shared.geo import CityBoundaries
from shared.runtime.consumer.messages import MAX_EVENT_BYTES
from shared.vocabulary import GeoPoint, distance_m
from workbench.demo.scenario import DemoSubmission, Scenario, make_scenario
from workbench.demo.scenario import faulty_adapters as faulty
from workbench.demo.scenario import stories as s
from workbench.demo.scenario.kinds import kinds
from workbench.demo.scenario.stories import TIMEZONE, story_places
from workbench.demo.scenario.timeline import OFFLINE

ON = date(2026, 3, 3)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture(scope="module")
def day() -> Scenario:
    return make_scenario(311, ON, 2_500)


def good(day: Scenario) -> list[DemoSubmission]:
    return [report for report in day.submissions if report.story != faulty.INVALID]


def point(report: DemoSubmission) -> GeoPoint | None:
    at = report.data.get("location") or {}
    return GeoPoint(at["latitude"], at["longitude"]) if "latitude" in at else None


def points(reports: list[DemoSubmission]) -> list[GeoPoint]:
    return [found for report in reports if (found := point(report))]


def test_the_same_seed_gives_the_same_day_and_another_seed_another() -> None:
    assert make_scenario(7, ON, 300) == make_scenario(7, ON, 300)
    assert make_scenario(7, ON, 300).deliveries != make_scenario(8, ON, 300).deliveries


@pytest.mark.parametrize("requests", [150, 2_500])
def test_a_day_has_as_many_submissions_as_asked_for(requests: int) -> None:
    assert len(make_scenario(1, ON, requests).submissions) == requests


def test_every_submission_but_the_planted_faults_fits_the_contract(
    day: Scenario, catalogue: Catalogue
) -> None:
    services = catalogue.jurisdictions["portland.gov"].services
    without_place = {kind.code for kind in kinds().values() if not kind.located}
    for report in good(day):
        submission = Submission.model_validate(report.data)
        assert submission.service_code is None or submission.service_code in services
        assert submission.service_code or submission.description
        assert submission.location is not None or submission.service_code in {None, *without_place}


def test_everything_happens_on_the_day_and_is_handed_in_in_order(day: Scenario) -> None:
    assert {report.sent_at.astimezone(TIMEZONE).date() for report in good(day)} == {ON}
    moments = [delivery.delivered_at for delivery in day.deliveries]
    assert all(earlier <= later for earlier, later in pairwise(moments))
    assert all(report.sent_at <= report.delivered_at for report in day.submissions)


def test_campsites_lead_and_most_is_reported_by_day(day: Scenario) -> None:
    kinds = Counter(report.data.get("service_code") for report in good(day))
    assert kinds.most_common(1)[0][0] == "CAMP-REPORT"
    assert kinds["CAMP-REPORT"] > 250
    assert kinds["VEH-ABANDONED"] > kinds["ROW-POTHOLE"] > kinds["ROW-STOPSIGN"]
    hours = Counter(report.sent_at.hour for report in good(day))
    assert hours[9] > 4 * hours[3]


def test_all_channels_are_used_each_when_it_is_open(day: Scenario) -> None:
    by_channel = Counter(report.data["channel"] for report in good(day))
    assert set(by_channel) == {
        *("web", "app", "phone", "email", "sms", "walk_in", "open311", "sensor", "kafka")
    }
    assert by_channel["phone"] > by_channel["email"] > by_channel["walk_in"]
    calls = [r.sent_at.hour for r in good(day) if r.data["channel"] == "phone"]
    assert (min(calls), max(calls)) == (7, 19)


def test_a_fifth_is_spanish_some_are_anonymous_and_some_name_no_kind(day: Scenario) -> None:
    size = len(day.submissions)
    assert 0.15 < sum(r.data.get("language") == "es" for r in day.submissions) / size < 0.25
    assert 0.05 < sum("reporter" not in r.data for r in good(day)) / size < 0.25
    assert 0.04 < sum("service_code" not in r.data for r in good(day)) / size < 0.12


def test_residents_come_by_themselves_the_app_by_http_and_adapters_by_kafka(day: Scenario) -> None:
    ways: dict[str, Counter[str]] = {}
    for one in good(day):
        ways.setdefault(of(one), Counter())[one.way] += 1

    by_channel = {channel: set(used) for channel, used in ways.items()}
    assert by_channel == {
        "web": {"pages", "kafka"},
        "email": {"email"},
        "sms": {"sms"},
        "app": {"http"},
        "open311": {"open311"},
        **{adapter: {"kafka"} for adapter in ("phone", "walk_in", "sensor", "kafka")},
    }
    assert ways["web"]["pages"] > 80
    assert ways["open311"]["open311"] > 40
    by_open311 = [one for one in day.submissions if one.way == "open311"]
    assert all(one.data.get("service_code") for one in by_open311)


def test_stories_by_web_are_told_on_the_pages(day: Scenario) -> None:
    assert {r.way for r in day.submissions if r.story and of(r) == "web"} == {"pages"}


def test_who_writes_or_texts_has_an_address_or_a_number_of_their_own(day: Scenario) -> None:
    mails, texts = ([r for r in good(day) if r.way == way] for way in ("email", "sms"))
    assert len({r.data["reporter"]["email"] for r in mails}) == len(mails)
    assert len({r.data["reporter"]["phone"] for r in texts}) == len(texts)


def of(submission: DemoSubmission) -> str:
    channel: str = submission.data["channel"]
    return channel


def test_people_live_at_example_org_and_have_telephones_kept_for_fiction(day: Scenario) -> None:
    people = [report.data["reporter"] for report in good(day) if "reporter" in report.data]
    assert all(p["email"].endswith("@example.org") for p in people if "email" in p)
    assert all(p["phone"][5:10] == "55501" for p in people if "phone" in p)


def test_all_but_a_few_places_lie_in_the_city(day: Scenario, catalogue: Catalogue) -> None:
    city = catalogue.jurisdictions["portland.gov"]
    where = CityBoundaries(city.id, city.folder).municipality(points(good(day)))
    outside = Counter(found for found in where if found != city.id)
    assert outside["gresham"] >= 2
    assert 0 < outside.total() < 0.03 * len(where)
    assert set(outside) <= {"gresham", "milwaukie", "beaverton"}


def test_nothing_ordinary_happens_where_a_story_plays(day: Scenario) -> None:
    ordinary = points([report for report in day.submissions if report.story is None])
    assert (
        min(distance_m(a, place.point) for a in ordinary for place in story_places().values()) > 400
    )


def test_thirty_people_report_one_camp_by_many_channels(day: Scenario) -> None:
    camp = day.of_story(s.CAMP)
    people = {report.data["reporter"]["email"] for report in camp}
    assert len(camp) == len(people) == 30
    assert len({report.data["channel"] for report in camp}) >= 6
    assert camp[-1].sent_at - camp[0].sent_at > timedelta(hours=12)
    assert all(distance_m(a, b) < 67 for a in points(camp) for b in points(camp))


def test_the_other_camp_is_near_but_not_the_same(day: Scenario) -> None:
    here, there = points(day.of_story(s.CAMP)), points(day.of_story(s.OTHER_CAMP))
    assert all(200 < distance_m(a, b) < 400 for a in here for b in there)


@pytest.mark.parametrize(
    ("story", "reports", "words"),
    [
        (s.MATTRESS, 4, "swerving"),
        (s.SIGNAL, 3, "dark"),
        (s.WIRE, 2, "sparking"),
        (s.POTHOLE, 1, "bache"),
        (s.ODOT_CAMP, 1, "freeway"),
        (s.QUESTION, 1, "rent"),
        (s.GRESHAM, 2, "othole"),
        (s.PRIVATE, 1, "@example.org"),
        (s.LAST_URGENT, 5, "manhole"),
        (s.STORM, 14, "limb"),
        (s.ASKS_STATUS, 1, "tire"),
        (s.SAYS_STOP, 1, "Stop sign"),
        (s.NOT_FIXED, 1, "tire"),
    ],
)
def test_every_planted_story_is_there(day: Scenario, story: str, reports: int, words: str) -> None:
    planted = day.of_story(story)
    assert len(planted) == reports
    assert any(words in report.data["description"] for report in planted)


def test_the_storm_is_many_problems_in_one_district_within_an_hour(
    day: Scenario, catalogue: Catalogue
) -> None:
    storm = day.of_story(s.STORM)
    people = {report.data["reporter"]["email"] for report in storm}
    assert len(people) == len(storm)
    assert storm[-1].delivered_at - storm[0].sent_at < timedelta(hours=1)
    fallen = points(storm)
    assert all(distance_m(a, b) > 40 for a in fallen for b in fallen if a is not b)
    city = catalogue.jurisdictions["portland.gov"]
    assert set(CityBoundaries(city.id, city.folder).district(fallen)) == {"SE"}


def test_the_pothole_is_reported_in_spanish_and_left_to_the_words(day: Scenario) -> None:
    (report,) = day.of_story(s.POTHOLE)
    assert report.data["language"] == "es"
    assert "service_code" not in report.data


def test_one_adapter_repeats_everything_under_the_same_ids(day: Scenario) -> None:
    sent = [
        d
        for d in day.deliveries
        if isinstance(d, DemoSubmission) and d.source == faulty.REPEATING_ADAPTER
    ]
    often = Counter(report.identity for report in sent if report.story == faulty.REPEATED)
    assert set(often.values()) == {faulty.TIMES}
    assert day.repeats == (faulty.TIMES - 1) * faulty.SUBMISSIONS


def test_one_id_is_used_for_two_different_things(day: Scenario) -> None:
    first, second = day.of_story(faulty.REUSED_ID)
    assert (first.source, first.id) == (second.source, second.id)
    assert first.data != second.data


def test_no_other_id_is_used_twice(day: Scenario) -> None:
    used = Counter((r.source, r.id) for r in day.submissions if r.story != faulty.REUSED_ID)
    assert set(used.values()) == {1}


def test_each_faulty_submission_is_wrong_in_another_way(
    day: Scenario, catalogue: Catalogue
) -> None:
    faults = []
    for report in day.of_story(faulty.INVALID):
        data = report.data
        try:
            Submission.model_validate(data)
        except ValidationError as error:
            faults.append({str(fault["loc"][0]) for fault in error.errors()})
            continue
        city = catalogue.jurisdictions.get(data["jurisdiction"])
        if city is None:
            faults.append({"unknown city"})
        elif data["service_code"] not in city.services:
            faults.append({"unknown kind"})
        elif "location" not in data:
            faults.append({"no place"})
    assert faults == [
        {"unknown city"},
        {"no place"},
        {"unknown kind"},
        {"description"},
        {"channel", "location", "observed_at"},
        {"no place"},
    ]
    assert [r.way for r in day.of_story(faulty.INVALID)] == ["kafka"] * 5 + ["http"]


def test_garbage_is_unreadable_for_the_reason_given(day: Scenario) -> None:
    decoder = Decoder([SubmissionReceived])
    codes = []
    for record in day.unreadable:
        if len(record.value) > MAX_EVENT_BYTES:
            codes.append("too_large")
            continue
        with pytest.raises(PermanentError) as refused:
            decoder.decode(record.value)
        codes.append(refused.value.code)
    assert codes == [record.code for record in day.unreadable]
    assert {"undecodable_event", "unknown_type", "unknown_version", "too_large"} == set(codes)


def test_the_urgent_ones_come_last_right_behind_the_backlog(day: Scenario) -> None:
    last = day.deliveries[-len(day.of_story(s.LAST_URGENT)) :]
    assert [d.story for d in last if isinstance(d, DemoSubmission)] == [s.LAST_URGENT] * len(last)
    before = day.deliveries[-len(last) - day.backlog : -len(last)]
    assert day.backlog > 200
    assert all(d.source in OFFLINE for d in before)


def test_what_is_handed_in_is_an_event_that_intake_reads(day: Scenario) -> None:
    decoder = Decoder([SubmissionReceived])
    sent = [d for d in day.deliveries if isinstance(d, DemoSubmission)]
    report = next(submission for submission in sent if submission.way == "kafka")
    event = decoder.decode(report.event().model_dump_json().encode())
    assert (event.source, event.id, event.data) == (report.source, report.id, dict(report.data))
