"""The day is the same for the same seed, big enough, and holds every story it promises."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest
from pydantic import ValidationError

from cli.demo.scenario import Day, Garbage, Report, make_day
from cli.demo.scenario import broken as b
from cli.demo.scenario import camps as c
from cli.demo.scenario import hazards as h
from cli.demo.scenario import neighbours as n
from cli.demo.scenario import storm as s
from cli.demo.scenario.kinds import WITHOUT_PLACE
from cli.demo.scenario.plan import OFFLINE, PLACES
from cli.demo.scenario.routine import TIMEZONE
from shared.catalogue import Catalogue, load_catalogue
from shared.contract.events import Decoder, Submission, SubmissionHandedIn
from shared.errors import PermanentError
from shared.geo import CityBoundaries
from shared.runtime.consumer.messages import MAX_EVENT_BYTES
from shared.vocabulary import GeoPoint, distance_m

ON = date(2026, 3, 3)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture(scope="module")
def day() -> Day:
    return make_day(311, ON, 2_500)


def good(day: Day) -> list[Report]:
    return [report for report in day.reports if report.story != b.WRONG]


def point(report: Report) -> GeoPoint | None:
    at = report.data.get("location") or {}
    return GeoPoint(at["latitude"], at["longitude"]) if "latitude" in at else None


def points(reports: list[Report]) -> list[GeoPoint]:
    return [found for report in reports if (found := point(report))]


def test_the_same_seed_gives_the_same_day_and_another_seed_another() -> None:
    assert make_day(7, ON, 300) == make_day(7, ON, 300)
    assert make_day(7, ON, 300).deliveries != make_day(8, ON, 300).deliveries


@pytest.mark.parametrize("requests", [150, 2_500])
def test_a_day_has_as_many_submissions_as_asked_for(requests: int) -> None:
    assert len(make_day(1, ON, requests).reports) == requests


def test_every_submission_but_the_planted_faults_fits_the_contract(
    day: Day, catalogue: Catalogue
) -> None:
    services = catalogue.jurisdictions["portland.gov"].services
    for report in good(day):
        said = Submission.model_validate(report.data)
        assert said.service_code is None or said.service_code in services
        assert said.service_code or said.description
        assert said.location is not None or said.service_code in {None, *WITHOUT_PLACE}


def test_everything_happens_on_the_day_and_is_handed_in_in_order(day: Day) -> None:
    assert {report.sent_at.astimezone(TIMEZONE).date() for report in good(day)} == {ON}
    moments = [delivery.handed_in_at for delivery in day.deliveries]
    assert all(earlier <= later for earlier, later in pairwise(moments))
    assert all(report.sent_at <= report.handed_in_at for report in day.reports)


def test_campsites_lead_and_most_is_reported_by_day(day: Day) -> None:
    kinds = Counter(report.data.get("service_code") for report in good(day))
    assert kinds.most_common(1)[0][0] == "CAMP-REPORT"
    assert kinds["CAMP-REPORT"] > 250
    assert kinds["VEH-ABANDONED"] > kinds["ROW-POTHOLE"] > kinds["ROW-STOPSIGN"]
    hours = Counter(report.sent_at.hour for report in good(day))
    assert hours[9] > 4 * hours[3]


def test_all_channels_are_used_each_when_it_is_open(day: Day) -> None:
    by_channel = Counter(report.data["channel"] for report in good(day))
    assert set(by_channel) == {
        *("web", "app", "phone", "email", "sms", "walk_in", "open311", "sensor", "kafka")
    }
    assert by_channel["phone"] > by_channel["email"] > by_channel["walk_in"]
    calls = [r.sent_at.hour for r in good(day) if r.data["channel"] == "phone"]
    assert (min(calls), max(calls)) == (7, 19)


def test_a_fifth_is_spanish_some_are_anonymous_and_some_name_no_kind(day: Day) -> None:
    size = len(day.reports)
    assert 0.15 < sum(r.data.get("language") == "es" for r in day.reports) / size < 0.25
    assert 0.05 < sum("reporter" not in r.data for r in good(day)) / size < 0.25
    assert 0.04 < sum("service_code" not in r.data for r in good(day)) / size < 0.12


def test_some_tens_go_by_http_and_the_rest_by_kafka(day: Day) -> None:
    assert 40 < sum(report.over_http for report in day.reports) < 250


def test_people_live_at_example_org_and_have_telephones_kept_for_fiction(day: Day) -> None:
    people = [report.data["reporter"] for report in good(day) if "reporter" in report.data]
    assert all(p["email"].endswith("@example.org") for p in people if "email" in p)
    assert all(p["phone"][5:10] == "55501" for p in people if "phone" in p)


def test_all_but_a_few_places_lie_in_the_city(day: Day, catalogue: Catalogue) -> None:
    city = catalogue.jurisdictions["portland.gov"]
    where = CityBoundaries(city.id, city.folder).municipality(points(good(day)))
    outside = Counter(found for found in where if found != city.id)
    assert outside["gresham"] >= 2
    assert 0 < outside.total() < 0.03 * len(where)
    assert set(outside) <= {"gresham", "milwaukie", "beaverton"}


def test_nothing_ordinary_happens_where_a_story_plays(day: Day) -> None:
    ordinary = points([report for report in day.reports if report.story is None])
    assert min(distance_m(a, place.point) for a in ordinary for place in PLACES) > 400


def test_thirty_people_report_one_camp_by_many_channels(day: Day) -> None:
    camp = day.of_story(c.CAMP)
    people = {report.data["reporter"]["email"] for report in camp}
    assert len(camp) == len(people) == 30
    assert len({report.data["channel"] for report in camp}) >= 6
    assert camp[-1].sent_at - camp[0].sent_at > timedelta(hours=12)
    assert all(distance_m(a, b) < 67 for a in points(camp) for b in points(camp))


def test_the_other_camp_is_near_but_not_the_same(day: Day) -> None:
    here, there = points(day.of_story(c.CAMP)), points(day.of_story(c.OTHER_CAMP))
    assert all(200 < distance_m(a, b) < 400 for a in here for b in there)


@pytest.mark.parametrize(
    ("story", "reports", "words"),
    [
        (h.MATTRESS, 4, "swerving"),
        (h.SIGNAL, 3, "dark"),
        (h.WIRE, 2, "sparking"),
        (h.POTHOLE, 1, "bache"),
        (c.ODOT_CAMP, 1, "freeway"),
        (n.QUESTION, 1, "rent"),
        (n.GRESHAM, 2, "othole"),
        (n.PRIVATE, 1, "@example.org"),
        (h.LAST, 5, "manhole"),
        (s.STORM, 14, "limb"),
    ],
)
def test_every_planted_story_is_there(day: Day, story: str, reports: int, words: str) -> None:
    planted = day.of_story(story)
    assert len(planted) == reports
    assert any(words in report.data["description"] for report in planted)


def test_the_storm_is_many_problems_in_one_district_within_an_hour(
    day: Day, catalogue: Catalogue
) -> None:
    storm = day.of_story(s.STORM)
    people = {report.data["reporter"]["email"] for report in storm}
    assert len(people) == len(storm)
    assert storm[-1].handed_in_at - storm[0].sent_at < timedelta(hours=1)
    fallen = points(storm)
    assert all(distance_m(a, b) > 40 for a in fallen for b in fallen if a is not b)
    city = catalogue.jurisdictions["portland.gov"]
    assert set(CityBoundaries(city.id, city.folder).district(fallen)) == {"SE"}


def test_the_pothole_is_reported_in_spanish_and_left_to_the_words(day: Day) -> None:
    (report,) = day.of_story(h.POTHOLE)
    assert report.data["language"] == "es"
    assert "service_code" not in report.data


def test_one_adapter_repeats_everything_under_the_same_ids(day: Day) -> None:
    sent = [d for d in day.deliveries if isinstance(d, Report) and d.source == b.STUTTERING]
    often = Counter(report.question for report in sent if report.story == b.STUTTER)
    assert set(often.values()) == {b.TIMES}
    assert day.repeats == (b.TIMES - 1) * b.REPEATED


def test_one_id_is_used_for_two_different_things(day: Day) -> None:
    first, second = day.of_story(b.REUSED)
    assert (first.source, first.id) == (second.source, second.id)
    assert first.data != second.data


def test_no_other_id_is_used_twice(day: Day) -> None:
    used = Counter((r.source, r.id) for r in day.reports if r.story != b.REUSED)
    assert set(used.values()) == {1}


def test_each_faulty_submission_is_wrong_in_another_way(day: Day, catalogue: Catalogue) -> None:
    faults = []
    for report in day.of_story(b.WRONG):
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
    assert [report.over_http for report in day.of_story(b.WRONG)] == [False] * 5 + [True]


def test_garbage_is_unreadable_for_the_reason_given(day: Day) -> None:
    decoder = Decoder([SubmissionHandedIn])
    codes = []
    for record in day.garbage:
        if len(record.value) > MAX_EVENT_BYTES:
            codes.append("too_large")
            continue
        with pytest.raises(PermanentError) as refused:
            decoder.decode(record.value)
        codes.append(refused.value.code)
    assert codes == [record.code for record in day.garbage]
    assert {"undecodable_event", "unknown_type", "unknown_version", "too_large"} == set(codes)


def test_the_urgent_ones_come_last_right_behind_the_backlog(day: Day) -> None:
    last = day.deliveries[-len(day.of_story(h.LAST)) :]
    assert [d.story for d in last if isinstance(d, Report)] == [h.LAST] * len(last)
    before = day.deliveries[-len(last) - day.backlog : -len(last)]
    assert day.backlog > 300
    assert all(isinstance(d, Report) and d.data["channel"] in OFFLINE for d in before)


def test_what_is_handed_in_is_an_event_that_intake_reads(day: Day) -> None:
    decoder = Decoder([SubmissionHandedIn])
    report = next(d for d in day.deliveries if not isinstance(d, Garbage) and not d.over_http)
    event = decoder.decode(report.event().model_dump_json().encode())
    assert (event.source, event.id, event.data) == (report.source, report.id, dict(report.data))
