"""The whole scenario, in the order of delivery."""

from dataclasses import dataclass
from datetime import date, datetime

from workbench.demo.scenario import faulty_adapters as faulty
from workbench.demo.scenario.channels import WEB_FORM
from workbench.demo.scenario.routine import RoutineReports
from workbench.demo.scenario.stories import (
    StoryWriter,
    city_stories,
    gust_of_wind,
    last_urgent,
    story_places,
)
from workbench.demo.scenario.submissions import DemoSubmission, UnreadableRecord

OFFLINE = frozenset({WEB_FORM})
"""Adapters that are cut off from 15:00 to just before midnight."""

Delivery = DemoSubmission | UnreadableRecord


@dataclass(frozen=True, slots=True)
class Scenario:
    """One day of a city.

    Attributes:
        seed: Seed of its random draws.
        deliveries: Every record that reaches the router, in order of delivery, repeats included.
        backlog: Number of submissions that arrive at once when the cut-off adapters are back.
    """

    on: date
    seed: int
    deliveries: tuple[Delivery, ...]
    backlog: int

    @property
    def submissions(self) -> list[DemoSubmission]:
        """Every submission that gets a receipt, once each, in order of first delivery."""
        once: dict[tuple[str, str, str], DemoSubmission] = {}
        for delivery in self.deliveries:
            if isinstance(delivery, DemoSubmission):
                once.setdefault(delivery.identity, delivery)
        return list(once.values())

    @property
    def unreadable(self) -> list[UnreadableRecord]:
        """The records that intake dead-letters."""
        return [delivery for delivery in self.deliveries if isinstance(delivery, UnreadableRecord)]

    @property
    def final_burst(self) -> int:
        """Number of deliveries that arrive together at the end: the backlog and those behind it."""
        end = self.deliveries[-1].delivered_at
        return sum(delivery.delivered_at == end for delivery in self.deliveries)

    @property
    def repeats(self) -> int:
        """Number of deliveries that repeat an earlier one."""
        return len(self.deliveries) - len(self.submissions) - len(self.unreadable)

    def of_story(self, story: str) -> list[DemoSubmission]:
        """Return the submissions of a planted story."""
        return [submission for submission in self.submissions if submission.story == story]


def make_scenario(seed: int, on: date, requests: int) -> Scenario:
    """Return the scenario of a day; equal arguments give an equal scenario.

    Args:
        seed: Seed of all random draws.
        on: A date in the past.
        requests: Number of submissions, repeats and unreadable records not counted; at least those
            of the planted stories.
    """
    writer = StoryWriter(seed, on)
    planted = [
        *city_stories(writer),
        *faulty.repeated_submissions(writer),
        *faulty.reused_id(writer),
        *faulty.invalid_submissions(writer),
        *gust_of_wind(writer),
    ]
    last = last_urgent(writer)
    wanted = requests - len({submission.identity for submission in (*planted, *last)})
    places = [place.point for place in story_places().values()]
    ordinary = RoutineReports(seed, on, places).take(wanted)
    down_at, up_at = writer.at("15:00"), writer.at("23:59:59")
    submissions = [_after_outage(one, down_at, up_at) for one in (*planted, *ordinary)]
    deliveries: list[Delivery] = [*submissions, *faulty.unreadable_records(writer)]
    deliveries.sort(key=lambda delivery: delivery.delivered_at)
    backlog = sum(submission.delivered_at == up_at for submission in submissions)
    behind = (submission.delayed_until(up_at) for submission in last)
    return Scenario(on, seed, (*deliveries, *behind), backlog)


def _after_outage(submission: DemoSubmission, down_at: datetime, up_at: datetime) -> DemoSubmission:
    held_back = submission.source in OFFLINE and down_at <= submission.sent_at < up_at
    return submission.delayed_until(up_at) if held_back else submission
