"""Counters of the services' metrics, summed over restarts."""

import asyncio
from collections.abc import Callable, Mapping
from typing import TypeAlias

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

Series: TypeAlias = tuple[str, frozenset[tuple[str, str]]]

_SCRAPE_EVERY_S = 1.0


class CounterWatch:
    """Growth of every counter since the watch began."""

    def __init__(
        self, http: aiohttp.ClientSession, addresses: Callable[[], Mapping[str, str]]
    ) -> None:
        self._http = http
        self._addresses = addresses
        self._last: dict[str, dict[Series, float]] = {}
        self._sums: dict[Series, float] = {}

    async def watch(self) -> None:
        """Scrape every member once a second until cancelled."""
        while True:
            await self.scrape()
            await asyncio.sleep(_SCRAPE_EVERY_S)

    async def scrape(self) -> None:
        """Scrape every member once."""
        addresses = self._addresses()
        await asyncio.gather(*(self._scrape_member(*member) for member in addresses.items()))

    def count(self, name: str, **labels: str) -> int:
        """Return the growth of a counter in all members, over the series with these labels."""
        return round(
            sum(
                grown
                for series, grown in self._sums.items()
                if series[0] == name and labels.items() <= series[1]
            )
        )

    async def _scrape_member(self, member: str, address: str) -> None:
        try:
            async with self._http.get(
                f"{address}/metrics", timeout=aiohttp.ClientTimeout(total=2)
            ) as response:
                text = await response.text()
        except (aiohttp.ClientError, TimeoutError):
            return
        now = _counters(text)
        before = self._last.get(member, now)
        for series, value in now.items():
            known = before.get(series, 0.0)
            grown = value - known if value >= known else value  # after a restart
            self._sums[series] = self._sums.get(series, 0.0) + grown
        self._last[member] = now


def _counters(text: str) -> dict[Series, float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        if family.name.startswith("route311") and family.type in {"counter", "histogram"}
        for sample in family.samples
    }
