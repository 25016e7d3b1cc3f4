"""What a stranger reaches, what each call may cost there, and the calls that attack it.

A route of ``/openapi.json`` without a budget here fails ``make test`` by its name: give it one,
and run ``make hostile``.
"""

import gzip
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

MOST_MS = 5.0
"""CPU of a service's event loop for a call."""
MOST_MS_PER_MIB = 25.0
"""And for each MiB that it sends."""
_PROBES = ("GET /live", "GET /ready", "GET /serving", "GET /metrics")
_HEALTH = dict.fromkeys(_PROBES, MOST_MS)
_OPEN311 = "/open311/v2"
_DEAD_LETTERS = (
    "GET /v1/dead-letters/%s",
    "GET /v1/dead-letters/%s/{topic}",
    "GET /v1/dead-letters/%s/{topic}/{offset}",
    "POST /v1/dead-letters/%s/{topic}/{offset}/bytes",
    "POST /v1/dead-letters/%s/{topic}/{offset}/replay",
)


_KEYS = ("GET /v1/keys/%s", "POST /v1/keys/%s", "POST /v1/keys/%s/{key_id}/revoke")


def _dead_letters(service: str) -> Mapping[str, float]:
    return dict.fromkeys((route % service for route in _DEAD_LETTERS), MOST_MS)


def _keys(service: str) -> Mapping[str, float]:
    return dict.fromkeys((route % service for route in _KEYS), MOST_MS)


BUDGETS_MS: Mapping[str, Mapping[str, float]] = {
    "intake": {
        **_HEALTH,
        **_dead_letters("intake"),
        **_keys("intake"),
        **dict.fromkeys(
            (
                "POST /v1/submissions",
                "POST /v1/submissions/bulk",
                "POST /v1/submissions/preview",
                "POST /v1/requests/{tracking_number}/notes",
                "GET /v1/requests/{tracking_number}",
                "POST /v1/media",
                "GET /v1/media/{media_id}",
                "POST /v1/media/{media_id}/release",
                "POST /v1/media/{media_id}/withhold",
                "POST /v1/requests/{tracking_number}/text/release",
                "POST /v1/requests/{tracking_number}/text/withhold",
                "GET /v1/texts",
                f"GET {_OPEN311}/discovery.{{format}}",
                f"GET {_OPEN311}/services.{{format}}",
                f"GET {_OPEN311}/services/{{service_code}}.{{format}}",
                f"GET {_OPEN311}/requests.{{format}}",
                f"GET {_OPEN311}/requests/{{service_request_id}}.{{format}}",
                f"GET {_OPEN311}/tokens/{{token}}.{{format}}",
                f"GET {_OPEN311}/servicerequestupdates.{{format}}",
                "GET /",
                "GET /accessibility",
                "GET /embed",
                "GET /performance",
                "GET /performance.csv",
                "GET /privacy",
                "GET /problems",
                "GET /problems.atom",
                "GET /problems.geojson",
                "GET /problems/{case_id}",
                "GET /report",
                "GET /report/pins",
                "GET /report/{draft}/{step}",
                "GET /report/{draft}/receipt",
                "GET /v1/places",
                "GET /tiles/{city}.pmtiles",
                "GET /track",
                "GET /track/{number}",
                "GET /assets/{name}",
                "GET /open-data/",
                "GET /open-data/{name}",
                f"POST {_OPEN311}/requests.{{format}}",
                f"POST {_OPEN311}/servicerequestupdates.{{format}}",
                "POST /report",
                "POST /report/preview",
                "POST /report/{draft}/{step}",
                "POST /report/{draft}/receipt",
                "POST /track/{number}",
                "POST /v1/channels/sms",
            ),
            MOST_MS,
        ),
    },
    "triage": {**_HEALTH, **_dead_letters("triage"), **_keys("triage")},
    "triage.surges": _HEALTH,
    "dispatch": {
        **_HEALTH,
        **_dead_letters("dispatch"),
        **_keys("dispatch"),
        **dict.fromkeys(
            (
                "GET /v1/bureaus/{code}/work-orders",
                "GET /v1/work-orders/{work_order_id}",
                "POST /v1/work-orders/{work_order_id}/updates",
                "PUT /v1/bureaus/{code}/webhook",
                "GET /v1/bureaus/{code}/webhook",
                "POST /v1/bureaus/{code}/webhook/rotate",
                "POST /v1/bureaus/{code}/webhook/retire",
                "GET /v1/bureaus/{code}/deliveries",
                "POST /v1/bureaus/{code}/deliveries/replay",
                "POST /v1/media",
                "POST /v1/cases/{case_id}/commands",
                "POST /v1/cases/commands",
                "GET /v1/approvals",
                "POST /v1/approvals/{approval_id}/approve",
                "POST /v1/approvals/{approval_id}/refuse",
                "GET /v1/kinds",
                "GET /v1/bureaus",
                "GET /v1/surges",
                "POST /v1/surges/{surge_id}/close",
                "GET /v1/stream",
                "GET /v1/webhooks",
                "GET /v1/feeds",
                "GET /v1/forwards",
                "GET /v1/cases",
                "GET /v1/cases/{case_id}",
            ),
            MOST_MS,
        ),
    },
    "insight": {
        **_HEALTH,
        **_keys("insight"),
        **dict.fromkeys(
            ("GET /v1/insight/{report}", "GET /v1/public-figures", "POST /v1/desk-contacts"),
            MOST_MS,
        ),
    },
    "notify": {
        **_HEALTH,
        **_dead_letters("notify"),
        **_keys("notify"),
        **dict.fromkeys(
            (
                "GET /feedback/{token}",
                "POST /feedback/{token}",
                "GET /v1/work-orders/{work_order_id}/contact",
                "GET /v1/unsubscribe/{token}",
                "POST /v1/unsubscribe/{token}",
                "GET /alerts",
                "POST /alerts",
                "GET /alerts/{token}",
                "POST /alerts/{token}",
                "GET /preferences/{token}",
                "POST /preferences/{token}",
                "POST /v1/providers/sms/status",
                "GET /v1/messages",
                "GET /v1/messages/held",
                "POST /v1/messages/held/{contact}/release",
                "POST /v1/messages/held/{contact}/drop",
            ),
            MOST_MS,
        ),
    },
}
WITHOUT_TOKEN = frozenset(
    {
        "GET /live",
        "GET /ready",
        "GET /serving",
        "GET /metrics",
        "GET /assets/{name}",
        "GET /tiles/{city}.pmtiles",
        "GET /report/{draft}/{step}",
        "POST /report/{draft}/{step}",
    }
)
"""Routes that cost no more than a refusal: constants such as an unknown step, what callers of a
moment share, and ranges of a map, of which a view needs many."""

UNLISTED = ("GET /openapi.json", "GET /nowhere", "POST /nowhere", "DELETE /live")
"""What every service answers besides the routes of its document."""
LISTENERS_MS: Mapping[str, Mapping[str, float]] = {"intake": {"inbound_mail": MOST_MS}}
"""Ports of a service besides its HTTP port, by their names in ``stack.json``."""

_SIZE = 7_800
"""Bytes of a header; from 8,000 on it is refused."""
_SEPARATORS = (b";", b",", b"=", b'"', b"a=b;", b'a;b="', b"(", b" ")
_HEADERS = (
    b"Accept Accept-Encoding Accept-Language Authorization Cache-Control Connection Content-Type "
    b"Cookie Expect Forwarded Host Idempotency-Key If-Modified-Since If-None-Match Last-Event-ID "
    b"Origin Purpose Range Referer Sec-Fetch-Site TE traceparent User-Agent X-Forwarded-For "
    b"X-Forwarded-Proto X-Twilio-Signature"
).split()
_PREFIXES: Mapping[bytes, Sequence[bytes]] = {
    b"Content-Type": (b"multipart/form-data;", b"application/x-www-form-urlencoded;"),
    b"Cookie": (b"lang=",),
}
_QUERIES = (
    *(b"&", b"a=b&", b"a&", b"%", b"%41", b";", b"=", b"+", b","),
    *(b"lang=a-&", b"service_request_id=1,", b"bbox=1,", b"after=%2C", b"number=-&"),
)
FORM = b"Content-Type: application/x-www-form-urlencoded"
PARTS = b"Content-Type: multipart/form-data; boundary=x"
_PART = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'
_IN_PATH = {"tracking_number": "26-7KQ4-M2", "number": "26-7KQ4-M2", "format": "json"}


class Attack(NamedTuple):
    """A call: what is bad about it, and its bytes."""

    what: str
    sent: bytes


def operations(document: Any) -> Iterator[str]:
    """Yield method and path of each operation of an OpenAPI document."""
    for path, item in document["paths"].items():
        for method in item:
            yield f"{method.upper()} {path}"


def call(operation: str, *headers: bytes, query: bytes = b"", body: bytes = b"") -> bytes:
    """Return a call of an operation that closes its connection."""
    method, path = operation.split()
    filled = re.sub(r"{(\w+)}", lambda name: _IN_PATH.get(name[1], "x"), path).encode()
    given = {header.partition(b":")[0] for header in headers}
    usual = {b"Host": b"x", b"Connection": b"close", b"Content-Length": b"%d" % len(body)}
    if b"Transfer-Encoding" in given:
        del usual[b"Content-Length"]
    lines = [b"%b %b%b HTTP/1.1" % (method.encode(), filled, b"?" + query if query else b"")]
    lines += [b"%b: %b" % field for field in usual.items() if field[0] not in given]
    return b"\r\n".join([*lines, *headers]) + b"\r\n\r\n" + body


def attacks(operation: str) -> Iterator[Attack]:
    """Yield every call that attacks an operation."""
    yield Attack("nothing", call(operation))
    for header in _HEADERS:
        for unit in _SEPARATORS:
            value = (unit * _SIZE)[: _SIZE - len(header)].strip() or b"a" + unit * 7_000 + b"a"
            for prefix in (b"", *_PREFIXES.get(header, ())):
                sent = header + b": " + prefix + value[: _SIZE - len(header) - len(prefix)]
                what = f"{header.decode()}: {prefix.decode()} of {unit.decode()}"
                yield Attack(what, call(operation, sent, body=b"--x--"))
    yield Attack("120 headers", call(operation, *(b"X-%d: %450d" % (n, n) for n in range(120))))
    for unit in _QUERIES:
        query = (unit * _SIZE)[: _SIZE - len(operation)]
        yield Attack(f"query of {unit.decode()}", call(operation, query=query))
    if not operation.startswith("GET "):
        yield from _bodies(operation)


def _bodies(operation: str) -> Iterator[Attack]:
    zeros, json = bytes(1_000_000), b"Content-Type: application/json"
    for content_type in (FORM, PARTS, json):
        coding = b"Content-Encoding: gzip"
        packed = call(operation, content_type, coding, body=gzip.compress(zeros))
        yield Attack(f"gzip as {content_type.decode()}", packed)
        yield Attack(f"1 MB as {content_type.decode()}", call(operation, content_type, body=zeros))
    texts = {
        "40,000 fields": b"a=b&" * 16_000,
        "490 fields": b"&".join(b"a%d=%b" % (n, b"%41" * 80) for n in range(490)),
        "64 kB in one encoded field": b"Body=" + b"%41+" * 16_000,
        "128 kB in one encoded field": b"Body=" + b"%41+" * 32_000,
        "1 MB in one encoded field": b"Body=" + b"%41+" * 260_000,
    }
    for what, body in texts.items():
        yield Attack(what, call(operation, FORM, body=body))
    for count in (490, 20_000):
        yield Attack(f"{count} parts", call(operation, PARTS, body=_PART * count + b"--x--\r\n"))


def mail_lines() -> Iterator[Attack]:
    """Yield sessions of SMTP with a line of 8 kB."""
    for verb in (b"EHLO ", b"MAIL FROM:<", b"EHLO x\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<"):
        for unit in _SEPARATORS:
            sent = verb + unit * (_SIZE // len(unit)) + b">\r\nQUIT\r\n"
            yield Attack(f"{verb.decode()} of {unit.decode()}", sent)


def endless(operation: str, content_type: bytes) -> tuple[bytes, bytes]:
    """Return the head of a call with a chunked body, and a chunk of 64 kB of it."""
    chunk = _PART + b"a=b&" * 16_000
    head = call(operation, content_type, b"Transfer-Encoding: chunked")
    return head, b"%x\r\n%b\r\n" % (len(chunk), chunk)
