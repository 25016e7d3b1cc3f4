"""Which service sends a parked record again."""

from collections.abc import Iterable, Mapping

from shared.runtime.migrate import SERVICES
from shared.runtime.recovery.parked import Parked
from shared.topics import all_topics


def homes(bureaus: Iterable[str]) -> Mapping[str, str]:
    """Return for each topic with readers the first of them, whose outbox and memory serve it."""
    return {topic.name: topic.readers[0] for topic in all_topics(bureaus) if topic.readers}


def home_of(parked: Parked, known: Mapping[str, str]) -> str:
    """Return the service; of a topic that is no more registered, who parked the record."""
    fallback = parked.service if parked.service in SERVICES else SERVICES[0]
    return known.get(parked.original.topic, fallback)
