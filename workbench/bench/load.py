"""Synthetic load of the benchmarks, in two mixes."""

from collections.abc import Iterator
from itertools import islice
from random import Random
from typing import Any

from shared.contract.events import SubmissionReceived
from workbench.bench.mix import Mix
from workbench.bench.people import people

SOURCE = "/bench/adapter"

SOUTH, NORTH, WEST, EAST = 45.46, 45.57, -122.70, -122.55
_NEARBY_DEGREES = 0.0001
_REPEATED_SHARE = 0.2
_REPORTED_SHARE = 0.1
_KINDS = {
    "CAMP-REPORT": "Two tents and some bags on the sidewalk by the fence",
    "VEH-ABANDONED": "Grey van without plates, has not moved for weeks",
    "ROW-POTHOLE": "Deep pothole, about a foot wide",
    "GRAF-PUBLIC": "Tags on the retaining wall",
    "TRASH-DUMPED": "Sofa and boxes dumped beside the street",
    "ROW-STREETLIGHT": "Street light is out since Monday",
    "NOISE-GENERAL": "Loud amplified music from the bar, every weekend",
    "ROW-DEBRIS": "Mattress in the right lane, cars are swerving",
    "SW-VEG": "Blackberries cover half of the sidewalk",
    "PARK-MAINT": "The bench near the playground is broken",
}


def submissions(count: int, after: int = 0, mix: Mix = Mix.PEOPLE) -> Iterator[SubmissionReceived]:
    """Yield ``count`` submissions; a fifth of them repeat an earlier report.

    They have no time, so they are of the moment of acceptance and no deadline has passed.

    Args:
        after: Number of the last one before; submissions with other numbers are other ones.
    """
    random = Random(311 + after)  # noqa: S311 - no secret depends on it
    endless = people(random, after, SOURCE) if mix is Mix.PEOPLE else _plain(random, after)
    return islice(endless, count)


def _plain(random: Random, number: int) -> Iterator[SubmissionReceived]:
    places: list[tuple[str, float, float]] = []
    while True:
        if places and random.random() < _REPEATED_SHARE:
            kind, latitude, longitude = random.choice(places)
            latitude += random.uniform(-_NEARBY_DEGREES, _NEARBY_DEGREES)
        else:
            kind = random.choice(list(_KINDS))
            latitude, longitude = random.uniform(SOUTH, NORTH), random.uniform(WEST, EAST)
            places.append((kind, latitude, longitude))
        number += 1
        yield _submission(number, kind, latitude, longitude, random)


def _submission(
    number: int, kind: str, latitude: float, longitude: float, random: Random
) -> SubmissionReceived:
    data: dict[str, Any] = {
        "jurisdiction": "portland.gov",
        "channel": random.choice(["web", "app", "phone", "email"]),
        "service_code": kind,
        "description": f"{_KINDS[kind]}. It is near house number {random.randrange(100, 9999)}.",
        "language": "en",
        "location": {
            "latitude": round(latitude, 6),
            "longitude": round(longitude, 6),
            "accuracy_m": 10,
        },
    }
    if random.random() < _REPORTED_SHARE:
        data["reporter"] = {"email": f"r{number}@example.org", "status_updates": ["email"]}
    return SubmissionReceived(id=f"bench-{number}", source=SOURCE, data=data)
