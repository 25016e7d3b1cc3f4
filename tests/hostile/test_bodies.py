"""T23: hostile XML, JSON, forms and multipart bodies cost little CPU and are refused clearly."""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from io import BytesIO
from itertools import product
from typing import Any, TypeAlias

import psutil
import pytest
from aiohttp import ClientSession

from tests.hostile.beside import calling, good, post
from tests.hostile.measuring import judge
from tests.hostile.target import Target

pytestmark = pytest.mark.asyncio(loop_scope="module")

MIB = 1024 * 1024
MOST_CPU_S = 0.05
MOST_CPU_S_PER_MIB = 0.1
"""JSON of many small values takes the parser alone half of it."""
ENDLESS_READ = 10 * MIB
"""What is read of a body without an end."""
CALLS = 5  # the system counts CPU in hundredths of a second
ATTEMPTS = 3
JSON, NDJSON, FORM = "application/json", "application/x-ndjson", "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=x"
SUBMIT, BULK, PREVIEW = (f"/v1/submissions{rest}" for rest in ("", "/bulk", "/preview"))
NOTES, MEDIA = "/v1/requests/{number}/notes", "/v1/media"
OPEN311 = tuple(
    f"/open311/v2/{path}.{output}"
    for path in ("requests", "servicerequestupdates")
    for output in ("xml", "json")
)
OWN_TYPE: Mapping[str, str] = {
    **dict.fromkeys((SUBMIT, PREVIEW, NOTES), JSON),
    BULK: NDJSON,
    MEDIA: "image/jpeg",
    **dict.fromkeys(OPEN311, FORM),
}
"""The routes that take a body, and what they take."""


def xml(canary: int) -> dict[str, bytes]:
    """Return XML that an unwary parser dies of, or that makes it call the canary's port."""
    laughs = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    system = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "%s">]><a>&b;</a>'
    return {
        "DOCTYPE": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        "XXE, a file": system % b"file:///etc/passwd",
        "XXE, a call": system % (b"http://127.0.0.1:%d/" % canary),
        "XXE, an outer DTD": b'<!DOCTYPE a SYSTEM "http://127.0.0.1:%d/"><a/>' % canary,
        "billion laughs": b'<!DOCTYPE a [<!ENTITY l0 "ha">%s]><a>&l9;</a>' % laughs,
        "quadratic": b'<!DOCTYPE a [<!ENTITY b "%s">]><a>%s</a>' % (b"x" * 50_000, b"&b;" * 50_000),
        "depth 10,000": b"<a>" * 10_000 + b"</a>" * 10_000,
    }


def _submission(**changes: Any) -> bytes:
    return json.dumps(good(**changes)).encode()


DEEP = b"[" * 10_000 + b"]" * 10_000
OBJECTS: Mapping[str, bytes] = {
    "depth 10,000": DEEP,
    "depth 10,000 in a field": _submission(attributes={"a": 0}).replace(b"0}", DEEP + b"}"),
    "depth 190 in a field": _submission(attributes={"a": 0}).replace(
        b'"a": 0}', b'"a": ' + DEEP[9_810:-9_810] + b"}"
    ),
    "numbers as media": _submission(media=[1] * 250_000, text="x"),
    "objects as media": _submission(media=[{}] * 240_000, text="x"),
    "good media": _submission(media=[{"url": "http://a"}] * 40_000, text="x"),
    "bad answers": _submission(attributes={f"{n}": {} for n in range(80_000)}),
    "ways to write": _submission(reporter={"status_updates": ["fax"] * 120_000}),
    "one name": b'{"a":%s 1}' % (b'1, "a": ' * 120_000),
    "digits": b'{"text": %s}' % (b"9" * 1_000_000),
    "escapes": b'{"text": "%s"}' % (b"\\u0301" * 170_000),
}
FORMS: Mapping[str, bytes] = {
    "100,000 fields": b"&".join(b"a%d=b" % n for n in range(100_000)),
    "100,000 empty fields": b"&" * 100_000,
    "100,000 answers": b"&".join(b"attribute[a%d]=" % n for n in range(60_000)),
    "one field 500 times": b"&".join([b"service_code=x"] * 500),
    "percent signs": b"description=" + b"%41" * 340_000,
    "brackets": b"&".join([b"attribute[" + b"[" * 2_000 + b"=1"] * 400),
    "commas": b"service_request_id=" + b"," * 1_000_000,
    "digits": b"jurisdiction_id=portland.gov&service_code=ROW-POTHOLE&lat=" + b"9" * 1_000_000,
}
_PART = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'
MULTIPART: Mapping[str, bytes] = {
    "10,000 fields": _PART * 10_000 + b"--x--\r\n",
    "190,000 fields": _PART * 190_000 + b"--x--\r\n",
    "empty parts": b"--x\r\n\r\n\r\n" * 900_000,
    "lines before": b"\r\n" * 5_000_000,
    "lines in a field": _PART + b"\r\n" * 5_000_000,
    "heads": b"--x\r\n" + b"X-A: b\r\n" * 1_200_000,
    "nested": b"--x\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" * 100_000,
    "parameters": b'--x\r\nContent-Disposition: a;"%s\r\n\r\n\r\n' % (b";" * 900) * 20,
    "no length, and no end": b"",
    "half boundaries": _PART + b"\r\n-" * 3_000_000,
}


LINES: Mapping[str, bytes] = {
    f"{name}, {count}": line * count
    for name, body in OBJECTS.items()
    for line in [b'{"id": "1", "data": %s}\n' % body]
    for count in (1, 5 * MIB // len(line))
}
Attacks: TypeAlias = tuple[Mapping[str, bytes], Iterable[tuple[str, str]]]


def calls(canary: int) -> Iterator[tuple[str, str, str, bytes]]:
    """Yield what, where, type and body of each call."""
    attacks: Sequence[Attacks] = (
        (xml(canary), OWN_TYPE.items()),
        (xml(canary), product(OWN_TYPE, ("text/xml", "application/xml"))),
        (OBJECTS, product((SUBMIT, PREVIEW, NOTES), (JSON,))),
        (LINES, ((BULK, NDJSON),)),
        (FORMS, product((*OPEN311, SUBMIT), (FORM,))),
        (MULTIPART, ((MEDIA, PARTS), (OPEN311[0], PARTS))),
    )
    for bodies, doors in attacks:
        for (path, content_type), (what, body) in product(doors, bodies.items()):
            yield f"{what} as {content_type}", path, content_type, body


@asynccontextmanager
async def canary() -> AsyncGenerator[tuple[int, list[int]]]:
    """Listen; yield the port, and a list that grows with each connection."""
    called: list[int] = []

    async def count(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        called.append(1)
        writer.close()

    async with await asyncio.start_server(count, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1], called


async def endless() -> AsyncGenerator[bytes]:
    """Send a form that goes on for 100 MB, in chunks without a length."""
    yield _PART[:-2]
    for _ in range(100):
        yield b"\r\n" * 500_000


async def send(session: ClientSession, path: str, content_type: str, body: bytes) -> int:
    """Send a body; return the status, 0 for a connection that ends early.

    Small refusals come faster than one key may call, so 429 means to call again in a second.
    """
    data = BytesIO(body) if body else endless()
    try:
        async with session.post(path, data=data, headers={"Content-Type": content_type}) as answer:
            await answer.read()
            if answer.status != 429:
                return answer.status
    except (OSError, TimeoutError):
        return 0
    await asyncio.sleep(1.0)
    return await send(session, path, content_type, body)


async def cost_s(target: Target, session: ClientSession, *call: Any) -> tuple[float, set[int]]:
    """Return the CPU seconds of one call in intake, the least of some attempts, and statuses."""
    process, least, statuses = psutil.Process(target.router.pid_of("intake")), float("inf"), set()
    for _ in range(ATTEMPTS):
        began = sum(process.cpu_times()[:2])
        for _ in range(CALLS):
            statuses.add(await send(session, *call))
        least = min(least, (sum(process.cpu_times()[:2]) - began) / CALLS)
        if least <= MOST_CPU_S:
            break
    return least, statuses


async def test_no_hostile_body_costs_much_or_is_taken(target: Target) -> None:
    before, costs, wrong = target.pids(), [], []
    async with canary() as (port, called), calling(target) as session:
        number = (await post(session, good()))[1]["tracking_number"]
        for what, path, content_type, body in calls(port):
            at = path.format(number=number)
            spent_s, statuses = await cost_s(target, session, at, content_type, body)
            most_s = MOST_CPU_S + MOST_CPU_S_PER_MIB * (len(body) or ENDLESS_READ) / MIB
            costs.append((spent_s / most_s, spent_s, f"{path}: {what}, {statuses}"))
            taken = {200} if path in {BULK, PREVIEW} else set()
            if not statuses <= taken | {400, 413, 415, 422}:
                wrong.append(costs[-1][2])
    harm = await target.harm(before)
    share, slowest_s, worst = max(costs)
    judge(
        f"{len(costs)} hostile bodies",
        f"{slowest_s * 1000:.0f} ms CPU at {worst} ({share:.0%} of the limit); {len(wrong)} taken, "
        f"{len(called)} calls of the canary, {', '.join(harm) or 'no harm'}",
        "50 ms and 100 ms per MiB; 4xx; 0; no restart",
        is_met=share <= 1 and not wrong and not called and not harm,
        why="\n".join(f"{s:.3f} s {what}" for share, s, what in sorted(costs)[-20:])
        + f"\nwrong {wrong}",
    )
