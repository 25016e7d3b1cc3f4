"""Geocoder by a Pelias server, over HTTP."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import aiohttp
import structlog
from pydantic import HttpUrl

from services.intake.places.gazetteer import city_name
from services.intake.policy import CityAddress, Geocoder
from shared.delivery_attempts import Breaker, Outcome
from shared.runtime.clock import utc_now
from shared.runtime.http.list_queries import read_json
from shared.vocabulary import GeoPoint

log = structlog.get_logger()

# Seconds within which the server must answer; else the call has failed.
ANSWER_S = 0.2
# The most that a submission waits: a call, and its turn among those that are in progress.
BUDGET_S = 0.25
AT_ONCE = 8
_MAX_BYTES = 256 * 1024
_MIN_CONFIDENCE = 0.8
_LAYERS = frozenset({"address", "intersection", "venue"})


class PeliasGeocoder:
    """Asks a Pelias server, several addresses at a time; without an answer there is no point."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        clock: Callable[[], datetime] = utc_now,
        answer_s: float = ANSWER_S,
        budget_s: float = BUDGET_S,
    ) -> None:
        self._session = session
        self._url = f"{url.rstrip('/')}/v1/search"
        self._breaker, self._clock = Breaker(), clock
        self._answer_s, self._budget_s = answer_s, budget_s
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def points(self, addresses: Sequence[CityAddress]) -> Sequence[GeoPoint | None]:
        """Return the point of each address, in order; None without an answer in time."""
        if self._is_left_alone:
            return [None] * len(addresses)
        tasks = {one: asyncio.create_task(self._ask(one)) for one in dict.fromkeys(addresses)}
        try:
            await asyncio.wait(tasks.values(), timeout=self._budget_s)
        finally:
            for task in tasks.values():
                task.cancel()
        outcomes = await asyncio.gather(*tasks.values(), return_exceptions=True)
        found = dict(zip(tasks, outcomes, strict=True))
        return [point if isinstance(point := found[one], GeoPoint) else None for one in addresses]

    async def _ask(self, wanted: CityAddress) -> GeoPoint | None:
        """Return the point of an address; a call that the budget cuts off is no failure."""
        async with self._slots:
            if self._is_left_alone:
                return None
            try:
                async with asyncio.timeout(self._answer_s):
                    point = await self._search(wanted)
            except Exception as error:  # noqa: BLE001 - whatever it is, the server has no answer
                self._record(type(error).__name__)
                log.warning("pelias_gave_no_answer", reason=type(error).__name__)
                return None
            self._record(None)
            return point

    @property
    def _is_left_alone(self) -> bool:
        return self._breaker.state(self._clock()) == "open"

    def _record(self, error: str | None) -> None:
        self._breaker = self._breaker.after(Outcome(self._clock(), 0, None, error))

    async def _search(self, wanted: CityAddress) -> GeoPoint | None:
        text = f"{wanted.address}, {city_name(wanted.jurisdiction)}"
        query = {"text": text, "size": "1", "layers": ",".join(sorted(_LAYERS))}
        async with self._session.get(self._url, params=query, allow_redirects=False) as response:
            if response.status != 200:  # noqa: PLR2004 - HTTP's OK
                raise ValueError("no answer")
            return _best(await read_json(response, _MAX_BYTES))


@asynccontextmanager
async def open_pelias(url: HttpUrl | None) -> AsyncGenerator[Geocoder | None]:
    """Yield the geocoder of a Pelias server, or None without a URL."""
    async with aiohttp.ClientSession() as session:
        yield PeliasGeocoder(session, str(url)) if url else None


def _best(answer: Any) -> GeoPoint | None:  # noqa: ANN401 - JSON from outside
    features = answer["features"]
    if not features:
        return None
    facts = features[0]["properties"]
    is_meant = (
        facts.get("layer") in _LAYERS
        and facts.get("match_type") != "fallback"
        and facts.get("confidence", 0) >= _MIN_CONFIDENCE
    )
    longitude, latitude = features[0]["geometry"]["coordinates"]
    return GeoPoint(latitude, longitude) if is_meant else None
