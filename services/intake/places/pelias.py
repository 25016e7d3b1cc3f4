"""Geocoder by a Pelias server, over HTTP."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

import aiohttp
import structlog
from pydantic import HttpUrl

from services.intake.places.gazetteer import city_name
from services.intake.policy import CityAddress, Geocoder
from shared.vocabulary import GeoPoint

log = structlog.get_logger()

DEADLINE_S = 0.5
"""The most that one batch of submissions waits for answers."""
FAILURES_TO_OPEN = 3
OPEN_S = 30.0
_AT_ONCE = 8
_MAX_BYTES = 256 * 1024
_MIN_CONFIDENCE = 0.8
_LAYERS = frozenset({"address", "intersection", "venue"})


class CircuitBreaker:
    """Stops calls for ``OPEN_S`` after ``FAILURES_TO_OPEN`` failures in a row; then one may try."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._closed_from = clock()

    @property
    def is_open(self) -> bool:
        """True while no call may be made."""
        return self._clock() < self._closed_from

    def record(self, *, is_success: bool) -> None:
        """Count the outcome of a call."""
        self._failures = 0 if is_success else self._failures + 1
        if self._failures >= FAILURES_TO_OPEN:
            self._closed_from = self._clock() + OPEN_S


class PeliasGeocoder:
    """Asks a Pelias server, all addresses of a batch at once.

    Whatever fails, or takes longer than the deadline, is an address without a point.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        breaker: CircuitBreaker | None = None,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._session = session
        self._url = f"{url.rstrip('/')}/v1/search"
        self._breaker = breaker or CircuitBreaker()
        self._deadline_s = deadline_s
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def points(self, addresses: Sequence[CityAddress]) -> Sequence[GeoPoint | None]:
        """Return the point of each address, in order; None without an answer in time."""
        if self._breaker.is_open:
            return [None] * len(addresses)
        tasks = {one: asyncio.create_task(self._ask(one)) for one in dict.fromkeys(addresses)}
        try:
            await asyncio.wait(tasks.values(), timeout=self._deadline_s)
        finally:
            for task in tasks.values():
                task.cancel()
        outcomes = await asyncio.gather(*tasks.values(), return_exceptions=True)
        failures = [type(one).__name__ for one in outcomes if isinstance(one, BaseException)]
        self._breaker.record(is_success=not failures)
        if failures:
            log.warning("pelias_gave_no_answer", addresses=len(failures), reason=failures[0])
        found = dict(zip(tasks, outcomes, strict=True))
        return [point if isinstance(point := found[one], GeoPoint) else None for one in addresses]

    async def _ask(self, wanted: CityAddress) -> GeoPoint | None:
        text = f"{wanted.address}, {city_name(wanted.jurisdiction)}"
        query = {"text": text, "size": "1", "layers": ",".join(sorted(_LAYERS))}
        async with (
            self._slots,
            self._session.get(self._url, params=query, allow_redirects=False) as response,
        ):
            if response.status != 200:  # noqa: PLR2004 - HTTP's OK
                raise ValueError("no answer")
            body = await response.content.read(_MAX_BYTES)
        return _best(json.loads(body))


@asynccontextmanager
async def open_pelias(url: HttpUrl | None) -> AsyncGenerator[tuple[Geocoder, ...]]:
    """Yield the geocoder of a Pelias server, or none without a URL."""
    if url is None:
        yield ()
        return
    async with aiohttp.ClientSession() as session:
        yield (PeliasGeocoder(session, str(url)),)


def _best(answer: Any) -> GeoPoint | None:  # noqa: ANN401 - JSON from outside
    """Return the point of the first feature, or None when it is not the very place."""
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
