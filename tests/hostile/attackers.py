"""``python -m tests.hostile.attackers KIND PORT COUNT SECONDS``: callers that mean harm.

They run in a process of their own, say ``ready`` once all are there, and end by themselves.
"""

import asyncio
import json
import sys
from contextlib import suppress
from uuid import uuid4

_HEAD = b"POST /v1/submissions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
_BODY = json.dumps({"jurisdiction": "portland.gov", "channel": "web"}).encode()
_CONNECT_AT_ONCE = 50
KINDS = {
    "idle": b"",
    "half-head": _HEAD + b"X-Half: ",
    "slow-head": _HEAD + b"X-Slow: ",
    "head-alone": _HEAD + b"Content-Length: 100000\r\n\r\n",
    "slow-body": _HEAD + b"Content-Length: 100000\r\n\r\n",
    "wrong-keys": _HEAD + b"Content-Length: %d\r\nAuthorization: Bearer " % len(_BODY),
}
"""What each sends at once; the slow ones go on with a byte a second."""


async def attack(kind: str, port: int, after_s: float, connecting: asyncio.Semaphore) -> None:
    """Call once, and stay until the service hangs up."""
    await asyncio.sleep(after_s)
    async with connecting:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with suppress(OSError):
        writer.write(KINDS[kind])
        if kind == "wrong-keys":
            writer.write(f"{uuid4()}\r\n\r\n".encode() + _BODY)
        answer: bytes | None = None
        while answer != b"":
            answer = None
            with suppress(TimeoutError):
                answer = await asyncio.wait_for(reader.read(65_536), 1.0)
            writer.write(b"a" if kind.startswith("slow") else b"")
    writer.close()


async def main(kind: str, port: int, count: int, seconds: float) -> None:
    """Attack for so many seconds; wrong keys are spread over a quarter of them."""
    step_s = seconds / 4 / count if kind == "wrong-keys" else 0.0
    connecting = asyncio.Semaphore(_CONNECT_AT_ONCE)
    calls = [asyncio.create_task(attack(kind, port, n * step_s, connecting)) for n in range(count)]
    await asyncio.sleep(0 if step_s else 2.0)  # 450 or 1,500 connect in less
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.wait(calls, timeout=seconds)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
