"""Calls of conversations to the core: submissions, named requests, and readers of texts."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from services.intake.channels.conversations.rules import TextReader
from services.intake.identifiers import numbers_in
from services.intake.ports import IntakePorts, IntakeWork
from services.intake.records.notes import RequestReference
from services.intake.records.submissions import RawSubmission
from shared.contract.events.submissions import MAX_DESCRIPTION
from shared.text_matching.normalization import split_text


class LongSubmission(NamedTuple):
    """A submission, and the words and pictures that become notes beside it."""

    raw: RawSubmission
    more: str
    more_media: Sequence[str] = ()


def long_submission(
    source: str, id_: str, since: datetime, text: str, data: Mapping[str, Any]
) -> LongSubmission:
    """Return a submission whose description is as much of the text as it may have."""
    description = split_text(text, MAX_DESCRIPTION)[0]
    raw = RawSubmission.of(
        source, id_, {**data, "description": description}, time=since.isoformat()
    )
    return LongSubmission(raw, text[len(description) :].strip())


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
