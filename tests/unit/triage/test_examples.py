"""Decide the contract's examples with the shipped catalogue."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import shared.contract.events
from services.triage.handlers import on_messages
from services.triage.policy import TriagePolicy
from shared.catalogue import load_catalogue
from shared.contract.events import Decoder, Event, ReportsCounted, RequestTriaged, encode, type_of
from shared.contract.topic import Topic
from shared.contract.topics import (
    DISPATCH_CLOSINGS,
    INTAKE_REQUESTS,
    INTAKE_REQUESTS_EXPRESS,
    TRIAGE_SURGES,
)
from tests.support.builders import NOON
from tests.support.triage.factories import messages
from tests.support.triage.fakes import InMemoryTriageStore

EXAMPLES = Path(shared.contract.events.__file__).parent / "examples"
POLICY = TriagePolicy(load_catalogue())


def examples_of(topic: Topic) -> Sequence[Any]:
    decoder: Decoder[Any] = Decoder(topic.events)
    return [
        decoder.decode((EXAMPLES / f"{type_of(event_class)}.json").read_bytes())
        for event_class in topic.events
    ]


@pytest.mark.parametrize("topic", [INTAKE_REQUESTS, INTAKE_REQUESTS_EXPRESS])
async def test_the_example_of_a_request_gets_a_decision_that_its_readers_can_read(
    topic: Topic,
) -> None:
    example, _ = examples_of(topic)

    caused = await on_messages(messages(example), InMemoryTriageStore(), POLICY, NOON)
    decision, counts = (event for event in caused if isinstance(event, Event))

    read = Decoder([RequestTriaged]).decode(encode(decision))
    assert encode(read) == encode(decision)
    assert read.data.request.model_dump() == example.data.model_dump(exclude={"judgement"})
    assert Decoder([ReportsCounted]).decode(encode(counts)) == counts


@pytest.mark.parametrize("topic", [DISPATCH_CLOSINGS, TRIAGE_SURGES])
async def test_the_example_of_each_closing_and_surge_is_taken_in_without_a_word(
    topic: Topic,
) -> None:
    events = examples_of(topic)

    assert await on_messages(messages(*events), InMemoryTriageStore(), POLICY, NOON) == []
