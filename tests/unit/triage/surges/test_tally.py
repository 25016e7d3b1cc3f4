from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from services.triage.surges.counter import SurgeCounter
from services.triage.surges.outbound import surge_event
from services.triage.surges.state import NOWHERE, SurgeKey
from services.triage.surges.tracker import City
from shared.catalogue.surges import CitySurges, SurgeLimits
from shared.contract.events import Event, Request, SurgeEnded, SurgeStarted, encode
from tests.builders import NOON, location, request

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CITY = City(CitySurges(SurgeLimits(min_reports=5), {}), ZoneInfo("America/Los_Angeles"))


class Watcher:
    """A tally with its tables, and all that it told."""

    def __init__(self) -> None:
        self.ledgers: dict[bytes, bytes] = {}
        self.voices: dict[bytes, bytes] = {}
        self.told: list[Event] = []
        self.tally = SurgeCounter(self.ledgers, self.voices, {"portland.gov": CITY})

    def take_in(self, *requests: Request) -> None:
        for taken in requests:
            if self.tally.count(taken, 3):
                self.tell(SurgeKey.of(taken, 3))

    def advance(self, now: datetime) -> None:
        for patch in list(self.tally.keys()):
            if self.tally.advance(patch, now):
                self.tell(patch)

    def tell(self, patch: SurgeKey) -> None:
        for surge in self.tally.unpublished(patch):
            self.told += surge_event(patch, surge)
            self.tally.mark_published(patch, surge)

    @property
    def types(self) -> list[type[Event]]:
        return [type(event) for event in self.told]


def tree(at: datetime = NOON, district: str | None = "SE", **changes: Any) -> Request:
    fields = {"dedup_group": "tree-emergency", "location": location(district=district)}
    return request(observed_at=at, **(fields | changes))


def storm(count: int = 8, at: datetime = NOON, **changes: Any) -> list[Request]:
    return [tree(at + n * MINUTE, **changes) for n in range(count)]


def told_of(requests: Sequence[Request], *, until: datetime = NOON + DAY) -> list[bytes]:
    watcher = Watcher()
    watcher.take_in(*requests)
    watcher.advance(until)
    return [encode(event) for event in watcher.told]


def test_a_storm_is_told_once_when_it_begins_and_once_when_it_is_over() -> None:
    watcher = Watcher()
    watcher.take_in(*storm())
    watcher.advance(NOON + HOUR)
    assert watcher.types == [SurgeStarted]

    watcher.advance(NOON + 2 * HOUR)
    watcher.advance(NOON + 3 * HOUR)

    started, ended = (event.data for event in watcher.told)
    assert watcher.types == [SurgeStarted, SurgeEnded]
    assert (started.count, ended.count) == (5, 8)
    assert (started.dedup_group, started.district) == ("tree-emergency", "SE")
    assert started.surge_id == ended.surge_id
    assert started.window_start == ended.window_start == NOON - 50 * MINUTE
    assert (started.window_end, ended.window_end) == (NOON + 10 * MINUTE, NOON + 70 * MINUTE)


def test_a_surge_goes_on_until_it_is_over() -> None:
    watcher, patch = Watcher(), SurgeKey.of(tree(), 3)
    before = watcher.tally.is_open(patch)
    watcher.take_in(*storm())
    during = watcher.tally.is_open(patch)

    watcher.advance(NOON + 2 * HOUR)

    assert (before, during, watcher.tally.is_open(patch)) == (False, True, False)


def test_ordinary_reports_are_no_surge() -> None:
    assert told_of([tree(NOON + n * 30 * MINUTE) for n in range(40)], until=NOON + 3 * DAY) == []


def test_one_who_reports_often_is_one_voice_and_the_nameless_are_each_their_own() -> None:
    often = storm(30, reporter_ref="ana")

    assert told_of(often) == []
    assert len(told_of([*often, *storm(4)])) == 2


def test_districts_groups_and_cities_are_counted_apart() -> None:
    assert told_of([*storm(4), *storm(4, district="NW")]) == []
    assert told_of([*storm(4), *storm(4, dedup_group="sewage")]) == []
    assert told_of(storm(jurisdiction="elsewhere.gov")) == []


def test_reports_of_no_known_place_are_counted_together() -> None:
    watcher = Watcher()
    stand_in = location(district="NW", precision="default")
    watcher.take_in(*storm(3, district=None), *storm(3, location=stand_in))

    assert [event.data.district for event in watcher.told] == [NOWHERE]


def test_reports_seen_again_change_nothing_at_all() -> None:
    watcher = Watcher()
    reports = [*storm(), *storm(2, at=NOON + 30 * MINUTE)]
    watcher.take_in(*reports)
    watcher.advance(NOON + 4 * HOUR)
    before = dict(watcher.ledgers), dict(watcher.voices), list(watcher.told)

    watcher.take_in(*reports)
    watcher.advance(NOON + 4 * HOUR)
    assert (watcher.ledgers, watcher.voices, watcher.told) == before

    watcher.take_in(*storm(4, at=NOON + 3 * DAY))
    watcher.take_in(*reports)
    watcher.advance(NOON + 4 * DAY)
    assert watcher.told == before[2]


def test_the_order_of_reports_makes_no_difference_to_whether_there_is_a_surge() -> None:
    reports = storm(12)
    shuffled = Random(3).sample(reports, len(reports))

    [started, ended] = told_of(shuffled)
    assert told_of(reports) == [started, ended]


def test_old_reports_give_what_they_gave_when_they_were_new() -> None:
    """The surges, the ids and the figures move with the reports, and with nothing else."""
    now, then = told_of(storm()), told_of(storm(at=NOON - 70 * DAY), until=NOON - 69 * DAY)

    assert len(now) == len(then) == 2
    assert [b"2025-12-22" in event for event in then] == [True, True]


def test_a_surge_is_told_again_with_the_same_bytes_when_it_is_unknown_whether_it_was() -> None:
    watcher = Watcher()
    watcher.take_in(*storm(4))
    before = dict(watcher.ledgers), dict(watcher.voices)
    fifth = tree(NOON + 5 * MINUTE)
    watcher.take_in(fifth)

    again = Watcher()
    again.ledgers.update(before[0])
    again.voices.update(watcher.voices)  # the table of voices got further than the ledgers
    again.take_in(fifth)

    assert [encode(event) for event in again.told] == [encode(event) for event in watcher.told]
    assert again.types == [SurgeStarted]


def test_a_late_report_that_completes_a_window_begins_a_surge() -> None:
    watcher = Watcher()
    watcher.take_in(*storm(4))
    watcher.take_in(tree(NOON + 5 * HOUR))
    watcher.take_in(tree(NOON + 9 * MINUTE))

    assert watcher.types == [SurgeStarted]


def test_old_slots_are_swept_and_what_comes_for_them_later_counts_no_more() -> None:
    watcher = Watcher()
    watcher.take_in(*storm())
    watcher.advance(NOON + 2 * HOUR)
    watcher.advance(NOON + 3 * DAY)
    watcher.advance(NOON + 4 * DAY)

    assert watcher.voices == {}
    watcher.take_in(*storm(20, at=NOON + 5 * MINUTE))
    assert watcher.voices == {}
    assert watcher.types == [SurgeStarted, SurgeEnded]


def test_slots_are_swept_by_later_reports_as_well_as_by_the_clock() -> None:
    watcher = Watcher()
    watcher.take_in(*storm(4), tree(NOON + 3 * DAY), tree(NOON + 6 * DAY))

    assert len(watcher.voices) == 2


def test_after_months_nothing_is_left_of_a_patch() -> None:
    watcher = Watcher()
    watcher.take_in(*storm())
    for days in (1, 3, 100, 101):
        watcher.advance(NOON + days * DAY)

    assert watcher.ledgers == {}


def test_the_first_morning_of_a_router_is_no_surge() -> None:
    watcher = Watcher()
    for hour, reports in enumerate((1, 4, 10, 25, 40, 30)):
        watcher.take_in(*(tree(NOON + hour * HOUR + n * MINUTE) for n in range(reports)))
    assert watcher.types == []

    watcher.take_in(*storm(60, at=NOON + 8 * HOUR), *storm(65, at=NOON + 8 * HOUR))
    assert watcher.types == [SurgeStarted]


def test_what_is_many_at_first_is_usual_after_weeks() -> None:
    watcher = Watcher()
    for week in range(8):
        monday = NOON + week * 7 * DAY
        watcher.take_in(*(tree(monday + n * 7 * MINUTE) for n in range(4 + week // 2)))
        watcher.advance(monday + DAY)

    assert watcher.types == []


def test_the_hours_of_a_surge_do_not_become_the_usual() -> None:
    watcher = Watcher()
    for week in range(8):
        monday = NOON + week * 7 * DAY
        watcher.take_in(*storm(20, at=monday))
        watcher.advance(monday + DAY)

    assert watcher.types == [SurgeStarted, SurgeEnded] * 8
