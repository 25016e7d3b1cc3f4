"""Choosing among parked records."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

from shared.runtime.kafka.stretch import Spans, between
from shared.runtime.recovery.parked import Parked, parked
from shared.topics import DEAD_LETTERS


@dataclass(frozen=True, slots=True)
class Choice:
    """Which parked records are meant; what is None does not matter.

    Attributes:
        topic: Where they came from, or the dead-letter topic where they are.
        since: They were parked then or later.
    """

    topic: str | None = None
    code: str | None = None
    since: datetime | None = None

    def spans(self, bounds: Spans) -> Spans:
        """Return the parts of the log that can hold them."""
        return {
            p: span
            for p, span in bounds.items()
            if p.topic.endswith(DEAD_LETTERS)
            and self.topic in {None, p.topic, p.topic.removesuffix(DEAD_LETTERS)}
        }

    def takes(self, parked: Parked) -> bool:
        """Tell whether this one is meant."""
        return self.code in {None, parked.code} and (self.since is None or parked.at >= self.since)


async def chosen(bootstrap: str, spans: Spans, choice: Choice) -> AsyncGenerator[Parked, None]:
    """Yield the parked records that are meant, in order within each topic."""
    async with aclosing(between(bootstrap, spans)) as handfuls:
        async for records in handfuls:
            for record in records:
                if choice.takes(found := parked(record)):
                    yield found
