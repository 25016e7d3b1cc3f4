"""The whole day, in the order in which it is handed in."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from cli.demo.scenario import broken, camps, hazards, neighbours, storm
from cli.demo.scenario.garbage import Garbage, garbage
from cli.demo.scenario.report import Report
from cli.demo.scenario.routine import Routine
from cli.demo.scenario.scene import Scene

Story: TypeAlias = Callable[[Scene], list[Report]]

STORIES: tuple[Story, ...] = (
    camps.thirty_of_one_camp,
    camps.a_camp_nearby,
    camps.a_camp_on_state_land,
    hazards.a_mattress_in_the_lane,
    hazards.a_dark_signal,
    hazards.an_arcing_line,
    hazards.a_pothole_in_spanish,
    neighbours.a_question_for_211,
    neighbours.two_from_gresham,
    neighbours.a_talkative_one,
    broken.a_stutter,
    broken.an_id_with_other_data,
    broken.wrong_data,
    storm.a_gust_of_wind,
)
PLACES = (
    camps.CAMP_AT,
    camps.OTHER_CAMP_AT,
    camps.ODOT_AT,
    hazards.MATTRESS_AT,
    hazards.SIGNAL_AT,
    hazards.WIRE_AT,
    hazards.POTHOLE_AT,
    hazards.GAS_AT,
    hazards.MANHOLE_AT,
    hazards.TREE_AT,
    hazards.MAIN_AT,
    hazards.TRACKS_AT,
    neighbours.GARDEN_AT,
)
"""Where stories play, so that nothing ordinary happens there."""

OFFLINE = frozenset({"web", "app"})
"""Channels whose adapters have no line from three in the afternoon to just before midnight."""


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a city.

    Attributes:
        deliveries: All that reaches the router, in order: repeats and garbage included.
        backlog: How many reports came in at once when the adapters without a line got it back.
    """

    on: date
    seed: int
    deliveries: tuple[Report | Garbage, ...]
    backlog: int

    @property
    def reports(self) -> list[Report]:
        """Everything that gets an answer, once each, in the order in which it came."""
        once: dict[tuple[str, str, str], Report] = {}
        for delivery in self.deliveries:
            if isinstance(delivery, Report):
                once.setdefault(delivery.question, delivery)
        return list(once.values())

    @property
    def at_once(self) -> int:
        """How many deliveries come together at the end: the backlog, and what is behind it."""
        end = self.deliveries[-1].handed_in_at
        return sum(delivery.handed_in_at == end for delivery in self.deliveries)

    @property
    def garbage(self) -> list[Garbage]:
        """What nobody can answer."""
        return [delivery for delivery in self.deliveries if isinstance(delivery, Garbage)]

    @property
    def repeats(self) -> int:
        """How many submissions were handed in though they had been before."""
        return len(self.deliveries) - len(self.reports) - len(self.garbage)

    def of_story(self, story: str) -> list[Report]:
        """Return the reports of a planted story."""
        return [report for report in self.reports if report.story == story]


def make_day(seed: int, on: date, requests: int) -> Day:
    """Return the day of that date, the same whenever it is asked for.

    Args:
        seed: Another one gives another day.
        on: A date in the past.
        requests: How many submissions there are, repeats and garbage not counted; never fewer
            than those of the planted stories.
    """
    scene = Scene(seed, on)
    planted = [report for story in STORIES for report in story(scene)]
    last = hazards.last_but_urgent(scene)
    wanted = requests - len({report.question for report in (*planted, *last)})
    ordinary = Routine(seed, on, [place.point for place in PLACES]).reports(wanted)
    lost, back = scene.at(15, 0), scene.at(23, 59, 59)
    reports = [_held_back(report, lost, back) for report in (*planted, *ordinary)]
    deliveries: list[Report | Garbage] = [*reports, *garbage(scene)]
    deliveries.sort(key=lambda delivery: delivery.handed_in_at)
    backlog = sum(report.handed_in_at == back for report in reports)
    behind = (report.held_back_until(back) for report in last)
    return Day(on, seed, (*deliveries, *behind), backlog)


def _held_back(report: Report, lost: datetime, back: datetime) -> Report:
    offline = report.data["channel"] in OFFLINE and not report.over_http
    return report.held_back_until(back) if offline and lost <= report.sent_at < back else report
