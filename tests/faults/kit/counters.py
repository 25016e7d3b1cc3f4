"""What the services' own metrics say, added up over restarts."""

import asyncio
from collections.abc import Callable, Mapping
from typing import TypeAlias

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

Series: TypeAlias = tuple[str, frozenset[tuple[str, str]]]

_ASK_EVERY_S = 1.0


class CounterWatch:
    """Counts of every counter since the watch began."""

    def __init__(
        self, http: aiohttp.ClientSession, addresses: Callable[[], Mapping[str, str]]
    ) -> None:
        self._http = http
        self._addresses = addresses
        self._last: dict[str, dict[Series, float]] = {}
        self._sums: dict[Series, float] = {}

    async def watch(self) -> None:
        """Ask every member now and then, until cancelled."""
        while True:
            await self.scrape()
            await asyncio.sleep(_ASK_EVERY_S)

    async def scrape(self) -> None:
        """Ask every member once."""
        addresses = self._addresses()
        await asyncio.gather(*(self._ask(*member) for member in addresses.items()))

    def count(self, name: str, **labels: str) -> int:
        """Return by how much a counter grew in all members, over the series with these labels."""
        return round(
            sum(
                grown
                for series, grown in self._sums.items()
                if series[0] == name and labels.items() <= series[1]
            )
        )

    async def _ask(self, member: str, address: str) -> None:
        try:
            async with self._http.get(
                f"{address}/metrics", timeout=aiohttp.ClientTimeout(total=2)
            ) as answer:
                text = await answer.text()
        except (aiohttp.ClientError, TimeoutError):
            return
        now = _counters(text)
        before = self._last.get(member, now)
        for series, value in now.items():
            known = before.get(series, 0.0)
            grown = value - known if value >= known else value  # a new process
            self._sums[series] = self._sums.get(series, 0.0) + grown
        self._last[member] = now


def _counters(text: str) -> dict[Series, float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        if family.name.startswith("route311") and family.type in {"counter", "histogram"}
        for sample in family.samples
    }
