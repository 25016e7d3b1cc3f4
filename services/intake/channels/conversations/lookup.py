"""The requests that messages name, and the reader of their texts."""

from collections.abc import Iterable
from functools import partial

from services.intake.channels.conversations.rules.another import numbers_in
from services.intake.channels.conversations.rules.text_reading import TextReader
from services.intake.ports import IntakePorts, IntakeWork
from services.intake.records import RequestReference


async def named_request(
    work: IntakeWork, texts: Iterable[str], jurisdiction: str
) -> RequestReference | None:
    """Return the first request of a city whose tracking number stands in texts, in their order."""
    for text in texts:
        for number in numbers_in(text):
            request = await work.find_request(number)
            if request and request.jurisdiction == jurisdiction:
                return request
    return None


def text_reader(core: IntakePorts, jurisdiction: str) -> TextReader:
    """Return the reader of texts to a city."""
    return TextReader(core.cities[jurisdiction], partial(core.screen, jurisdiction))
