"""HTTP fuzz: no answer is a fault of ours, each error is problem+json, no log shows a value."""

import asyncio
import gzip
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import pytest_asyncio

from tests.hostile.beside import good
from tests.hostile.measuring import judge
from tests.hostile.target import SERVICES, Target

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANSWER_WITHIN_S = 5.0
AT_ONCE = 20
OPERATIONS = ("/live", "/ready", "/serving", "/metrics", "/nowhere")
SUBMISSIONS = "/v1/submissions"
OPEN311 = "/open311/v2/"
"""Below it errors have the form that Open311 gives them."""
INTAKE = (
    *(SUBMISSIONS, "/v1/requests/26-7KQ4-M2", "/v1/requests/26-7KQ4-M2/notes"),
    *(f"{SUBMISSIONS}/bulk", f"{SUBMISSIONS}/preview", "/v1/media", f"/v1/media/{'0' * 32}"),
    *(f"{OPEN311}requests.xml", f"{OPEN311}servicerequestupdates.json"),
)
KEY_CANARY = f"key-canary-{uuid4().hex}"
BODY_CANARY = f"body-canary-{uuid4().hex}"
CANARIES = b"X-Canary: " + BODY_CANARY.encode(), b"Authorization: Bearer " + KEY_CANARY.encode()
JSON = b"Content-Type: application/json"
SOUND = json.dumps(good(description=BODY_CANARY)).encode()
DEEP = b"[" * 10_000 + b"]" * 10_000

METHODS = (
    *(b"GET HEAD POST PUT PATCH DELETE OPTIONS TRACE CONNECT get PROPFIND BREW".split()),
    *(b"G\x00T", b"\xff\xfe", b"M" * 10_000, b""),
)
TARGETS = (
    *(b"* // http://evil.example/live /%00 /%ff%fe /..%2f..%2fetc/passwd /v1/submissions/".split()),
    *(b"/v1/requests/ /v1/requests/%ed%a0%80 /v1/requests/%00 /v1/requests/26-7KQ4-M2/x".split()),
    *(b"/v1/requests/" + b"9" * 7_000, b"/" + b"a" * 60_000, b"/?" + b"a=b&" * 1_500),
    *("/v1/requests/\u00e9\u2066".encode(), b"/v1/requests/26-7KQ4-M2?x=%"),
)
HEADERS = (
    b"Authorization: Bearer \xff\xfe",
    b"Authorization: Bearer a\x00b",
    b"Authorization:",
    b"Authorization: Basic Og==",
    b"Authorization: Bearer " + b"k" * 7_000,
    b"X-A: " + b"a" * 100_000,
    b"\r\n".join(b"X-%d: a" % i for i in range(5_000)),
    b"nonsense",
    b"X-A: a\r\n b",
    b"X\x00A: a",
    b"Content-Length: 1\r\nContent-Length: 2",
    b"Content-Length: -1",
    b"Content-Length: 99999999999999999999",
    b"Content-Length: ten",
    b"Content-Length: 3\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: brew",
    b"Accept-Language: " + b"es;q=nan,en;q=1e999,*;q=--," * 250,
    b"Accept-Language: \xff",
    b"Idempotency-Key: \xff\xfe",
    b"Idempotency-Key: " + b"k" * 501,
    b"traceparent: 00-\xff-00",
    b"Expect: tea",
    b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAAA",
    b"Host: \xff",
    b"Content-Type: \xff",
    b"Content-Type: a/b;;;",
    b"Content-Type: multipart/form-data",
    b"Content-Encoding: gzip",
    b"Content-Encoding: br",
    b"Content-Encoding: tea",
)
CHUNKS = (b"zz\r\nabc\r\n", b"F" * 17 + b"\r\n", b"-1\r\n\r\n", b"3\r\nabcdef\r\n")
BODIES = (
    *(b"", b"null", b"[]", b"\xef\xbb\xbf" + SOUND, SOUND[:-9], DEEP),
    *(SOUND.decode().encode("utf-16"), b'{"a": "' + b"x" * 5_000_000 + b'"}'),
    json.dumps({f"{i}": 1 for i in range(9_000)} | {"media": [1] * 9_000}).encode(),
)
MEMBERS = (
    b'"x": "\xff"',
    b'"description": "\\ud800"',
    b'"description": "a\\u0000b"',
    b'"attributes": {"\\udfff": "\\u0000"}',
    b'"attributes": {"a": %s}' % DEEP,
    b'"attributes": {"a": %s}' % DEEP[9_850:-9_850],
    b'"attributes": {"a": %s}' % (b"9" * 20_000),
    b'"attributes": {"a": 1e400, "b": -1e400, "c": 1208925819614629174706176}',
    b'"location": {"latitude": NaN, "longitude": Infinity}',
    b'"location": {"latitude": -0.0, "longitude": 1e-320}',
    b'"observed_at": "0001-01-01T00:00:00+14:00"',
    b'"observed_at": "9999-12-31T23:59:59-14:00"',
    b'"channel": "web", "channel": [1]',
    b'"reporter": {"email": "\\ud800@example.org", "status_updates": ["email", 1, null]}',
)
"""Each ends a good submission, mostly in place of a member that it has already."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; status 0 when the connection ended without an answer."""

    what: str
    status: int
    head: str = ""

    @property
    def is_fault(self) -> bool:
        deliberate = self.status == 503 and "retry-after:" in self.head
        return self.status >= 500 and not deliberate

    @property
    def is_plain(self) -> bool:
        types = ["application/problem+json"]
        if OPEN311 in self.what:
            types += ["application/json", "text/xml"]
        return self.status >= 400 and not any(f"content-type: {one}" in self.head for one in types)


def _call(method: bytes, path: bytes, *more: bytes, body: bytes = b"") -> bytes:
    lines = [method + b" " + path + b" HTTP/1.1", b"Connection: close", *more]
    lines += [] if any(line.startswith(b"Host") for line in more) else [b"Host: x"]
    if not any(b"ontent-Length" in line or b"ransfer-Encoding" in line for line in more):
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def calls(service: str, key: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield every call to a service, with a name."""
    for path in (*OPERATIONS, *(INTAKE if service == "intake" else ())):
        yield from _calls_of(path, key)
    for target, method in product(TARGETS, (b"GET", b"POST")):
        yield f"{method!r} {target[:40]!r}", _call(method, target, *CANARIES)
    yield "HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00" * 50
    yield "TLS", b"\x16\x03\x01\x02\x00\x01\x00" + b"\xfe" * 512
    if service == "intake":
        handed_in = (*BODIES, *(SOUND[:-1] + b", " + member + b"}" for member in MEMBERS))
        for body in handed_in:
            yield f"body {body[-70:]!r}", _call(b"POST", SUBMISSIONS.encode(), key, JSON, body=body)
        bomb, coding = gzip.compress(b"[" * 100_000_000), b"Content-Encoding: gzip"
        yield "gzip bomb", _call(b"POST", SUBMISSIONS.encode(), key, JSON, coding, body=bomb)


def _calls_of(path: str, key: bytes) -> Iterator[tuple[str, bytes]]:
    at = path.encode()
    for method in METHODS:
        yield f"{method[:9]!r} {path}", _call(method, at, *CANARIES, JSON, body=SOUND)
    for header, method in product(HEADERS, (b"GET", b"POST")):
        more = [] if header.startswith(b"Authorization") else [key]
        more += [] if header.startswith(b"Content-Type") else [JSON]
        yield f"{method!r} {path}, {header[:40]!r}", _call(method, at, header, *more, body=SOUND)
    for chunks in CHUNKS:
        more = [b"Transfer-Encoding: chunked", JSON, key]
        yield f"{path}, chunks {chunks!r}", _call(b"POST", at, *more, body=chunks)
    for version in (b" HTTP/9.9", b"", b" \x00"):
        yield f"{path}, version {version!r}", b"GET " + at + version + b"\r\n\r\n"


async def exchange(base: str, what: str, data: bytes) -> Reply:
    """Send bytes and read the head of the answer."""
    address, answer = urlsplit(base), b""
    reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=1 << 24)
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(ANSWER_WITHIN_S):
            writer.write(data)
            if writer.can_write_eof():
                await writer.drain()
            while b"\r\n\r\n" not in answer and (more := await reader.read(65_536)):
                answer += more
    writer.close()
    line, _, head = answer.partition(b"\r\n\r\n")[0].decode("latin-1").partition("\r\n")
    status = line.split()[1:2]
    return Reply(what, int(status[0]) if status else 0, head.lower())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def replies(targets: Any) -> tuple[Target, dict[str, int | None], list[Reply]]:
    """Every call to every service, made once."""
    target: Target = await targets.calm()
    before, limit = target.pids(), asyncio.Semaphore(AT_ONCE)

    async def one(service: str, what: str, data: bytes) -> Reply:
        async with limit:
            return await exchange(target.bases[service], f"{service}: {what}", data)

    key = f"Authorization: Bearer {target.stack['keys']['adapters']['demo']}".encode()
    made = [(service, *call) for service in SERVICES for call in calls(service, key)]
    return target, before, await asyncio.gather(*(one(*call) for call in made))


Replies = tuple[Target, dict[str, int | None], list[Reply]]


async def test_no_answer_is_a_fault_and_no_service_falls(replies: Replies) -> None:
    target, before, all_ = replies
    faults, harm = [r for r in all_ if r.is_fault], await target.harm(before)
    silent = [r for r in all_ if r.status == 0]
    judge(
        "HTTP fuzz, 5xx",
        f"{len(faults)} of {len(all_)} ({len(silent)} without an answer), {harm or 'no harm'}",
        "0, no restart",
        is_met=not faults and not harm,
        why="\n".join(f"{r.status} {r.what}" for r in faults),
    )


async def test_every_error_is_problem_json(replies: Replies) -> None:
    _, _, all_ = replies
    plain = [r for r in all_ if r.is_plain and "'HEAD'" not in r.what]
    judge(
        "HTTP fuzz, errors that are not problem+json",
        f"{len(plain)} of {len([r for r in all_ if r.status >= 400])}",
        "0",
        is_met=not plain,
        why="\n".join(f"{r.status} {r.what}" for r in plain[:60]),
    )


async def test_no_log_shows_a_value_of_a_call(replies: Replies) -> None:
    target, _, _ = replies
    secrets = (KEY_CANARY, BODY_CANARY, target.stack["keys"]["adapters"]["demo"])
    shown = [line for secret in secrets for line in target.logged(secret)]
    judge("HTTP fuzz, values in logs", f"{len(shown)}", "0", is_met=not shown, why=shown[:5])
