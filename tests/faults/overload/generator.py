"""``python -m tests.faults.overload.generator``: load from a process of its own.

Closed loop, without a rate: every connection sends its next request after the response to the
last one, or a moment after a rejection; this measures capacity. Open loop, with a rate: requests
are sent when they are due, whatever the responses; this measures behaviour under that load.
"""

import argparse
import asyncio
import json
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from http import HTTPStatus

import uvloop

from workbench.bench.http_connection import HttpConnection, Response

_TICK_S = 0.002
_BACKOFF_S = 0.1
_LAST_RESPONSES_WITHIN_S = 5.0
_BODY = json.dumps(
    {
        "jurisdiction": "portland.gov",
        "channel": "web",
        "service_code": "ROW-POTHOLE",
        "description": "A pothole in the right lane, as deep as a hand",
        "language": "en",
        "location": {"latitude": 45.5152, "longitude": -122.6784},
    }
).encode()


@dataclass(slots=True)
class Load:
    """Requests, numbered from 0, and their responses.

    Attributes:
        port: The service's port.
        key: The adapter's key.
        prefix: Prefix of the idempotency keys.
        path: Where the requests go.
        content_type: What their bodies are.
        body: The body of each.
        responses: The responses so far.
        sent: Number of requests sent.
        unsent: Number of requests that found no free connection when they were due.
        backs_off: True when a connection pauses after a rejection.
    """

    port: int
    key: str
    prefix: str
    path: str = "/v1/submissions"
    content_type: str = "application/json"
    body: bytes = _BODY
    responses: list[Response] = field(default_factory=list)
    sent: int = 0
    unsent: int = 0
    backs_off: bool = False
    _idle: deque[HttpConnection] = field(default_factory=deque)
    _all: list[HttpConnection] = field(default_factory=list)

    async def connect(self, count: int) -> None:
        """Open ``count`` connections."""
        loop = asyncio.get_running_loop()
        for _ in range(count):
            _, connection = await loop.create_connection(
                lambda: HttpConnection(self._on_response), "127.0.0.1", self.port
            )
            self._idle.append(connection)
            self._all.append(connection)

    async def closed_loop(self, seconds: float) -> None:
        """Keep every connection busy; pause a connection after a rejection."""
        self.backs_off = True
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            while self._idle:
                self._send()
            await asyncio.sleep(_TICK_S)

    async def open_loop(self, seconds: float, rate: float) -> None:
        """Send ``rate`` requests per second."""
        began, due = time.perf_counter(), 0
        while (passed_s := time.perf_counter() - began) < seconds:
            while due < passed_s * rate:
                due += 1
                self._send()
            await asyncio.sleep(_TICK_S)

    async def finish(self) -> None:
        """Wait for the last responses, then close the connections."""
        end = time.perf_counter() + _LAST_RESPONSES_WITHIN_S
        while len(self.responses) < self.sent and time.perf_counter() < end:  # noqa: ASYNC110 - as the loops
            await asyncio.sleep(_TICK_S)
        for connection in self._all:
            connection.close()

    def _send(self) -> None:
        if not self._idle:
            self.unsent += 1
            return
        number, self.sent = self.sent, self.sent + 1
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self.key}"
            f"\r\nIdempotency-Key: {self.prefix}{number}\r\nContent-Type: {self.content_type}"
            f"\r\nContent-Length: {len(self.body)}\r\n\r\n"
        )
        self._idle.popleft().send(number, head.encode() + self.body)

    def _on_response(self, connection: HttpConnection, response: Response) -> None:
        self.responses.append(response)
        if not connection.open:
            return
        if self.backs_off and response.status == HTTPStatus.SERVICE_UNAVAILABLE:
            asyncio.get_running_loop().call_later(_BACKOFF_S, self._idle.append, connection)
        else:
            self._idle.append(connection)


async def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("--key", "--prefix", "--path", "--content_type", "--body"):
        parser.add_argument(name)
    for name in ("--port", "--connections"):
        parser.add_argument(name, type=int)
    for name in ("--seconds", "--rate"):
        parser.add_argument(name, type=float, default=0.0)
    options = parser.parse_args()
    load = Load(options.port, options.key, options.prefix)
    if options.path:
        load.path, load.content_type = options.path, options.content_type
        load.body = options.body.encode()
    await load.connect(options.connections)
    if options.rate:
        await load.open_loop(options.seconds, options.rate)
    else:
        await load.closed_loop(options.seconds)
    await load.finish()
    json.dump(
        {
            "unsent": load.unsent,
            "unanswered": load.sent - len(load.responses),
            "responses": [(a.number, a.status, a.took_s, a.retry_after) for a in load.responses],
        },
        sys.stdout,
    )


if __name__ == "__main__":
    uvloop.run(main())
