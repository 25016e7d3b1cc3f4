"""A hundred residents, each in their own way, and intake restarted among them."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import aiohttp
import pytest

from shared.contract.events import RequestSubmitted
from shared.contract.topics import INTAKE_REQUESTS, INTAKE_REQUESTS_EXPRESS
from tests.integration.intake.conftest import Running
from tests.support.intake.sms_gateway import SETTINGS, Phone, form, message_in, send
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

RESIDENTS = 100
_AT_ONCE = 10
WHAT = {
    "en": [("pothole", "ROW-POTHOLE"), ("deep pothole", "ROW-POTHOLE")],
    "es": [("hay un bache", "ROW-POTHOLE"), ("un bache muy hondo", "ROW-POTHOLE")],
}
GREETING = {"en": "hello", "es": "hola"}
CHATTER = {"en": "it looks awful", "es": "se ve muy mal"}
YES = {"en": "Yes", "es": "Sí"}


@dataclass
class Resident:
    """What a person will write, and what it must become."""

    phone: Phone
    texts: list[str]
    service_code: str
    place: str
    twice: bool

    async def write(self, client: aiohttp.ClientSession, number: int) -> None:
        """Send a text, and again as a gateway does that did not see the answer."""
        answer = await self.phone.say(client, self.texts[number])
        if self.twice:
            sid, body = self.phone.sent[-1]
            again = await send(client, form(sid, self.phone.number, body))
            assert again.status in {429, 503} or message_in(again) == answer


def residents(seed: int) -> Iterator[Resident]:
    rng = Random(seed)
    for number in range(RESIDENTS):
        language = rng.choice(["en", "es"])
        words, code = rng.choice(WHAT[language])
        place = f"{100 + number} SE Woodstock Blvd"
        order = rng.choice(["together", "what first", "where first"])
        texts = {
            "together": [f"{words}, {place}"],
            "what first": [words, place],
            "where first": [place, words],
        }[order]
        if rng.random() < 0.3:
            texts = [GREETING[language], *texts]
        if order == "what first" and rng.random() < 0.3:
            texts.insert(-1, CHATTER[rng.choice(["en", "es"])])
        if rng.random() < 0.5:
            texts = [text.upper() if rng.random() < 0.5 else f"  {text} !" for text in texts]
        texts += [YES[language]] if rng.random() < 0.5 else ["nothing more"]
        yield Resident(Phone(f"+1503556{number:04}"), texts, code, place, rng.random() < 0.4)


@pytest.mark.parametrize("seed", [1])
async def test_each_ends_in_the_right_request_once(
    running: Running, topic_log: TopicLog, seed: int
) -> None:
    everybody = list(residents(seed))
    rounds = max(len(one.texts) for one in everybody)
    for number in range(rounds):
        async with running(**SETTINGS) as client:  # a new process for each round
            now = [one for one in everybody if number < len(one.texts)]
            for some in range(0, len(now), _AT_ONCE):
                texts = [one.write(client, number) for one in now[some : some + _AT_ONCE]]
                await asyncio.gather(*texts)
    async with running(**SETTINGS):

        async def published() -> list[RequestSubmitted]:
            topics = (INTAKE_REQUESTS, INTAKE_REQUESTS_EXPRESS)
            events = [event for topic in topics for event in await topic_log.events(topic)]
            found = [event for event in events if isinstance(event, RequestSubmitted)]
            return found if len(found) >= RESIDENTS else []

        submitted = await eventually(published)

    requests: dict[str | None, list[RequestSubmitted]] = defaultdict(list)
    for event in submitted:
        requests[event.causationid].append(event)
    for one in everybody:
        ids = {sid for sid, _ in one.phone.sent}
        [request] = [event for sid in ids for event in requests[sid]]
        location = request.data.location
        assert request.data.service_code == one.service_code, one
        assert one.place.casefold() in (location.address or "").casefold(), one
        assert one.place.casefold() in request.data.description.casefold()
    assert len(submitted) == RESIDENTS
