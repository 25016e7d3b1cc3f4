from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from services.triage.outbound import to_report_counts
from services.triage.surges.counter import SurgeCounter
from services.triage.surges.detection import slot_of
from services.triage.surges.state import UNKNOWN_DISTRICT, SurgeKey, surge_events
from services.triage.surges.tracker import SurgeCity
from shared.catalogue.surges import CitySurges, SurgeLimits
from shared.contract.events import Event, Request, SurgeEnded, SurgeStarted, encode
from tests.support.builders import NOON, location, request

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CITY = SurgeCity(CitySurges(SurgeLimits(min_reports=5), {}), ZoneInfo("America/Los_Angeles"))


class Watcher:
    """A counter with its tables, and the events that it published."""

    def __init__(self) -> None:
        self.states: dict[bytes, bytes] = {}
        self.reporters: dict[bytes, bytes] = {}
        self.published: list[Event] = []
        self.counter = SurgeCounter(self.states, self.reporters, {"portland.gov": CITY})

    def count(self, *requests: Request) -> None:
        """Count requests that triage decided one by one."""
        for taken in requests:
            self.count_batch(taken)

    def count_batch(self, *requests: Request) -> None:
        for counts in to_report_counts(requests):
            for count in counts.counts:
                key = SurgeKey(3, counts.jurisdiction, counts.dedup_group, count.district)
                if self.counter.count(key, slot_of(count.observed_from), count.reporters):
                    self.publish(key)

    def advance(self, now: datetime) -> None:
        for key in list(self.counter.keys()):
            if self.counter.advance(key, now):
                self.publish(key)

    def publish(self, key: SurgeKey) -> None:
        for surge in self.counter.unpublished(key):
            self.published += surge_events(key, surge)
            self.counter.mark_published(key, surge)

    @property
    def types(self) -> list[type[Event]]:
        return [type(event) for event in self.published]


def tree(at: datetime = NOON, district: str | None = "SE", **changes: Any) -> Request:
    fields = {"dedup_group": "tree-emergency", "location": location(district=district)}
    return request(observed_at=at, **(fields | changes))


def storm(count: int = 8, at: datetime = NOON, **changes: Any) -> list[Request]:
    return [tree(at + n * MINUTE, **changes) for n in range(count)]


def events_of(requests: Sequence[Request], *, until: datetime = NOON + DAY) -> list[bytes]:
    watcher = Watcher()
    watcher.count(*requests)
    watcher.advance(until)
    return [encode(event) for event in watcher.published]


def test_a_storm_is_told_once_when_it_begins_and_once_when_it_is_over() -> None:
    watcher = Watcher()
    watcher.count(*storm())
    watcher.advance(NOON + HOUR)
    assert watcher.types == [SurgeStarted]

    watcher.advance(NOON + 2 * HOUR)
    watcher.advance(NOON + 3 * HOUR)

    started, ended = (event.data for event in watcher.published)
    assert watcher.types == [SurgeStarted, SurgeEnded]
    assert (started.count, ended.count) == (5, 8)
    assert (started.dedup_group, started.district) == ("tree-emergency", "SE")
    assert started.surge_id == ended.surge_id
    assert started.window_start == ended.window_start == NOON - 50 * MINUTE
    assert (started.window_end, ended.window_end) == (NOON + 10 * MINUTE, NOON + 70 * MINUTE)


def test_a_surge_goes_on_until_it_is_over() -> None:
    watcher, key = Watcher(), SurgeKey(3, "portland.gov", "tree-emergency", "SE")
    before = watcher.counter.is_open(key)
    watcher.count(*storm())
    during = watcher.counter.is_open(key)

    watcher.advance(NOON + 2 * HOUR)

    assert (before, during, watcher.counter.is_open(key)) == (False, True, False)


def test_ordinary_reports_are_no_surge() -> None:
    assert events_of([tree(NOON + n * 30 * MINUTE) for n in range(40)], until=NOON + 3 * DAY) == []


def test_one_who_reports_often_is_one_voice_and_the_nameless_are_each_their_own() -> None:
    often = storm(30, reporter_ref="ana")

    assert events_of(often) == []
    assert len(events_of([*often, *storm(4)])) == 2


def test_districts_groups_and_cities_are_counted_apart() -> None:
    assert events_of([*storm(4), *storm(4, district="NW")]) == []
    assert events_of([*storm(4), *storm(4, dedup_group="sewage")]) == []
    assert events_of(storm(jurisdiction="elsewhere.gov")) == []


def test_reports_of_no_known_place_are_counted_together() -> None:
    watcher = Watcher()
    stand_in = location(district="NW", precision="default")
    watcher.count(*storm(3, district=None), *storm(3, location=stand_in))

    assert [event.data.district for event in watcher.published] == [UNKNOWN_DISTRICT]


def test_reports_seen_again_change_nothing_at_all() -> None:
    watcher = Watcher()
    reports = [*storm(), *storm(2, at=NOON + 30 * MINUTE)]
    watcher.count(*reports)
    watcher.advance(NOON + 4 * HOUR)
    before = dict(watcher.states), dict(watcher.reporters), list(watcher.published)

    watcher.count(*reports)
    watcher.advance(NOON + 4 * HOUR)
    assert (watcher.states, watcher.reporters, watcher.published) == before

    watcher.count(*storm(4, at=NOON + 3 * DAY))
    watcher.count(*reports)
    watcher.advance(NOON + 4 * DAY)
    assert watcher.published == before[2]


def test_the_order_of_reports_makes_no_difference_to_whether_there_is_a_surge() -> None:
    reports = storm(12)
    shuffled = Random(3).sample(reports, len(reports))

    [started, ended] = events_of(shuffled)
    assert events_of(reports) == [started, ended]


def test_a_batch_makes_the_surge_that_its_requests_make_one_by_one() -> None:
    one_by_one, batched = Watcher(), Watcher()
    one_by_one.count(*storm(25))
    batched.count_batch(*storm(25))
    for watcher in (one_by_one, batched):
        watcher.advance(NOON + DAY)

    assert batched.types == [SurgeStarted, SurgeEnded]
    assert [encode(e) for e in batched.published] == [encode(e) for e in one_by_one.published]


def test_old_reports_give_what_they_gave_when_they_were_new() -> None:
    """Surges, ids and figures depend on the reports and on nothing else."""
    now, then = events_of(storm()), events_of(storm(at=NOON - 70 * DAY), until=NOON - 69 * DAY)

    assert len(now) == len(then) == 2
    assert [b"2025-12-22" in event for event in then] == [True, True]


def test_a_surge_is_told_again_with_the_same_bytes_when_it_is_unknown_whether_it_was() -> None:
    watcher = Watcher()
    watcher.count(*storm(4))
    before = dict(watcher.states), dict(watcher.reporters)
    fifth = tree(NOON + 5 * MINUTE)
    watcher.count(fifth)

    again = Watcher()
    again.states.update(before[0])
    again.reporters.update(watcher.reporters)  # the reporters were stored, the states were not
    again.count(fifth)

    assert [encode(event) for event in again.published] == [
        encode(event) for event in watcher.published
    ]
    assert again.types == [SurgeStarted]


def test_a_late_report_that_completes_a_window_begins_a_surge() -> None:
    watcher = Watcher()
    watcher.count(*storm(4))
    watcher.count(tree(NOON + 5 * HOUR))
    watcher.count(tree(NOON + 9 * MINUTE))

    assert watcher.types == [SurgeStarted]


def test_old_slots_are_swept_and_what_comes_for_them_later_counts_no_more() -> None:
    watcher = Watcher()
    watcher.count(*storm())
    watcher.advance(NOON + 2 * HOUR)
    watcher.advance(NOON + 3 * DAY)
    watcher.advance(NOON + 4 * DAY)

    assert watcher.reporters == {}
    watcher.count(*storm(20, at=NOON + 5 * MINUTE))
    assert watcher.reporters == {}
    assert watcher.types == [SurgeStarted, SurgeEnded]


def test_slots_are_swept_by_later_reports_as_well_as_by_the_clock() -> None:
    watcher = Watcher()
    watcher.count(*storm(4), tree(NOON + 3 * DAY), tree(NOON + 6 * DAY))

    assert len(watcher.reporters) == 2


def test_after_months_nothing_is_left_of_a_patch() -> None:
    watcher = Watcher()
    watcher.count(*storm())
    for days in (1, 3, 100, 101):
        watcher.advance(NOON + days * DAY)

    assert watcher.states == {}


def test_the_first_morning_of_a_router_is_no_surge() -> None:
    watcher = Watcher()
    for hour, reports in enumerate((1, 4, 10, 25, 40, 30)):
        watcher.count(*(tree(NOON + hour * HOUR + n * MINUTE) for n in range(reports)))
    assert watcher.types == []

    watcher.count(*storm(60, at=NOON + 8 * HOUR), *storm(65, at=NOON + 8 * HOUR))
    assert watcher.types == [SurgeStarted]


def test_what_is_many_at_first_is_usual_after_weeks() -> None:
    watcher = Watcher()
    for week in range(8):
        monday = NOON + week * 7 * DAY
        watcher.count(*(tree(monday + n * 7 * MINUTE) for n in range(4 + week // 2)))
        watcher.advance(monday + DAY)

    assert watcher.types == []


def test_the_hours_of_a_surge_do_not_become_the_usual() -> None:
    watcher = Watcher()
    for week in range(8):
        monday = NOON + week * 7 * DAY
        watcher.count(*storm(20, at=monday))
        watcher.advance(monday + DAY)

    assert watcher.types == [SurgeStarted, SurgeEnded] * 8
