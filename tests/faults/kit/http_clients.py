"""HTTP clients that retry under the same Idempotency-Key until they get a final response."""

import asyncio
import time
from collections.abc import Callable, Sequence

import aiohttp

from tests.faults.kit.history import History
from tests.faults.kit.reports import Report

SOURCE = "/http/demo"
_GIVE_UP_AFTER_S = 120.0
_CALL_TIMEOUT_S = 15.0
_RETRY_S = 0.3


class HttpClients:
    """Submits reports to the intakes in turn."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        intakes: Callable[[], Sequence[str]],
        key: str,
        history: History,
    ) -> None:
        self._http = http
        self._intakes = intakes
        self._headers = {"Authorization": f"Bearer {key}"}
        self._history = history
        self._calls = 0

    async def submit(self, report: Report) -> None:
        """Submit the report until it is accepted or rejected, for two minutes at most."""
        self._history.record_outcome(SOURCE, report.id, "indeterminate")
        give_up_at = time.monotonic() + _GIVE_UP_AFTER_S
        while time.monotonic() < give_up_at:
            pause_s = await self._try(report)
            if pause_s is None:
                return
            await asyncio.sleep(pause_s)

    async def _try(self, report: Report) -> float | None:
        """Submit once; return the seconds until the retry, or None after a final response."""
        began = time.monotonic()
        status, request_id, pause_s = await self._call(report)
        self._history.record_response(status, time.monotonic() - began)
        if status == 201:
            self._history.record_outcome(SOURCE, report.id, "accepted", request_id)
        elif status == 422:
            self._history.record_outcome(SOURCE, report.id, "rejected")
        return None if status in {201, 422} else pause_s

    async def _call(self, report: Report) -> tuple[int, str | None, float]:
        intakes = self._intakes()
        self._calls += 1
        intake = intakes[self._calls % len(intakes)]
        try:
            async with self._http.post(
                f"{intake}/v1/submissions",
                json=report.data,
                headers=self._headers | {"Idempotency-Key": report.id},
                timeout=aiohttp.ClientTimeout(total=_CALL_TIMEOUT_S),
            ) as response:
                body = await response.json(content_type=None)
                if response.status >= 500:
                    self._history.reasons[str(body.get("detail"))] += 1
                pause_s = float(response.headers.get("Retry-After", _RETRY_S))
                return response.status, body.get("request_id"), pause_s
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return 0, None, _RETRY_S
