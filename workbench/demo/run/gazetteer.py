"""The city's list of addresses: what residents name in messages is found by it."""

from collections.abc import Iterator, Sequence

from services.intake.places.gazetteer import Place, add_places, city_name
from services.intake.rules.addresses import read_address
from shared.runtime.database import open_database
from workbench.demo.scenario import DemoSubmission

_IN_WORDS = frozenset({"email", "sms"})


async def load_addresses(dsn: str, city: str, submissions: Sequence[DemoSubmission]) -> None:
    """Add the addresses of reports by message to a city's gazetteer.

    Args:
        dsn: DSN of the database's administrator.
        city: Id of the city.
        submissions: The reports.
    """
    async with open_database(dsn, "intake") as db, db.transaction():
        await add_places(db, city, addresses(city, submissions))


def addresses(city: str, submissions: Sequence[DemoSubmission]) -> Iterator[Place]:
    """Yield the places of reports by message that have a point.

    Args:
        city: Id of the city.
        submissions: The reports.
    """
    for one in submissions:
        key = read_address(one.address or "", city_name(city))
        if one.way in _IN_WORDS and key and one.point:
            yield Place(key, one.point)
