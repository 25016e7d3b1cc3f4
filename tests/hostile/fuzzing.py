"""Records that nobody should write, made from the contract's examples by a seed."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from random import Random
from typing import Any

from tests.hostile.target import Raw, RawName
from tests.support.paths import REPOSITORY

_EXAMPLES = REPOSITORY / "shared/contract/events/examples"
_MOVES = ("case.closed", "case.request_split", "case.reopened")
_CASES = ("opened", "request_attached", "status_changed", "priority_raised", "priority_lowered")
CONSUMED: Mapping[str, Sequence[str]] = {
    "channel-submissions": ("submission",),
    "intake-requests": ("request.submitted",),
    "intake-requests-express": ("request.submitted",),
    "intake-contacts": ("contact",),
    "intake-mail-returns": ("mail.returned",),
    "triage-decisions": ("request.triaged",),
    "triage-decisions-express": ("request.triaged",),
    "triage-report-counts": ("reports.counted",),
    "triage-surges": ("surge.started", "surge.ended"),
    "dispatch-cases": (*(f"case.{what}" for what in _CASES), *_MOVES),
    "dispatch-closings": _MOVES,
    "operator-commands": ("operator.command",),
    "bureau-pbot-mod-updates": ("work_order.update",),
    "bureau-pbot-maint-updates": ("work_order.update",),
}
"""Each topic that a service reads, with the events that belong there."""

_VALUES: list[Any] = [
    *("x" * 100_000, " " * 500, 10**400, float("nan"), float("inf"), {"": None}, [[[[]]]]),
    *json.loads(r"""[
    null, "", "\u0000", "a\u0000b\u202e", "\ud800", true, -1, 0, 2147483648, 9223372036854775808,
    18446744073709551616, 1e308, [], {}, "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.999999-14:00", "2026-02-30T00:00:00Z", "2026-03-02T12:00:00", "1970-01-01",
    "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "../../etc/passwd", "'; DROP TABLE outbox; --", "{{7*7}}"
    ]"""),
]
_TIMES = (-1, -2, 0, 1, -(2**62), 2**62, 253_402_300_800_000, -62_135_596_800_001)
_HEADERS: list[tuple[str | RawName, bytes | None]] = [
    *(("nothing", None), ("traceparent", None), ("ce_type", None), ("ce_id", None), ("", b"")),
    *(("traceparent", b"\xff\x00"), ("ce_type", b"\xff\xfe"), ("ce_specversion", b"9")),
    *(("source", b"forged/0/0"), ("code", b"\xff"), ("n" * 5_000, b"x" * 100_000)),
    *((RawName(b"\xff\xfe"), b"1"), (RawName(b"\x00\xc3\x28"), None)),
    (RawName(b"ce_\xed\xa0\x80"), b"2"),
]
_KEYS = (None, b"", b"\x00", b"\xff\xfe\xfd", b"k" * 50_000)


def example(kind: str) -> dict[str, Any]:
    """Return an example of the contract."""
    event: dict[str, Any] = json.loads((_EXAMPLES / f"route311.{kind}.v1.json").read_text())
    return event


def content(topic: str, seed: int, count: int, canary: str) -> Iterator[Raw]:
    """Yield records with hostile values and keys."""
    random = Random(f"{seed} {topic}")
    ways = (_noise, _cut, _nothing, _mutated, _mutated, _mutated, _without, _strange_json)
    for number in range(count):
        event = _fresh(topic, random, canary)
        value, parked, what = ways[number % len(ways)](event, random)
        key = random.choice((*_KEYS, b"key", b"key", b"key"))
        must_be_parked = parked and not (topic == "intake-contacts" and value is None)
        yield Raw(topic, value, key, what=what, must_be_parked=must_be_parked)


def envelopes(topic: str, seed: int, count: int, canary: str) -> Iterator[Raw]:
    """Yield records with hostile headers and timestamps around good values and none."""
    random = Random(f"{seed} {topic}")
    for number in range(count):
        value: bytes | None = json.dumps(_fresh(topic, random, canary)).encode()
        if number % 4 == 0:
            value = None
        headers = random.sample(_HEADERS, k=random.randint(1, 3)) if number % 2 else []
        when = random.choice(_TIMES)
        what = (
            f"headers {headers}, timestamp {when}, {'no value' if value is None else 'good value'}"
        )
        key = random.choice((b"key", b"\xff", _some_id(random).encode()))
        parked = value is None and topic != "intake-contacts"
        yield Raw(topic, value, key, headers, when, what[:300], must_be_parked=parked)


def _fresh(topic: str, random: Random, canary: str) -> dict[str, Any]:
    """Return an example with ids of its own and a text that no log may show."""
    text = json.dumps(example(random.choice(CONSUMED[topic])))
    event: dict[str, Any] = json.loads(text.replace("Ana Example", canary))
    event["id"] = _some_id(random)
    for name in ("description", "reason", "public_note", "summary"):
        if name in event["data"]:
            event["data"][name] = canary
    return event


def _some_id(random: Random) -> str:
    return f"0197a1b2-{random.getrandbits(16):04x}-7000-8000-{random.getrandbits(48):012x}"


def _noise(_: dict[str, Any], random: Random) -> tuple[bytes | None, bool, str]:
    return random.randbytes(random.choice((1, 100, 5_000))), True, "random bytes"


def _cut(event: dict[str, Any], random: Random) -> tuple[bytes | None, bool, str]:
    whole = json.dumps(event).encode()
    at = random.randrange(1, len(whole))
    if random.random() < 0.5:
        return whole[:at], True, f"cut at {at}"
    return whole[:at] + b"\xff" + whole[at:], False, f"byte FF at {at}"


def _nothing(_: dict[str, Any], random: Random) -> tuple[bytes | None, bool, str]:
    value = random.choice((None, b"", b"null", b"[]", b'""', b"1e999", b"{}", b"\xef\xbb\xbf{}"))
    return value, True, f"value {value!r}"


def _mutated(event: dict[str, Any], random: Random) -> tuple[bytes | None, bool, str]:
    paths = list(_paths(event))
    said = []
    for path in random.sample(paths, k=min(len(paths), random.choice((1, 1, 1, 3)))):
        value = random.choice(_VALUES)
        _put(event, path, value)
        said.append(f"{'.'.join(map(str, path))} = {str(value)[:40]!a}")
    return _json(event), False, "; ".join(said)


def _without(event: dict[str, Any], random: Random) -> tuple[bytes | None, bool, str]:
    name = random.choice(("id", "type", "source"))
    del event[name]
    ours = name == "source"  # has a default where the event is one of the router's own
    return _json(event), not ours, f"without {name}"


def _strange_json(event: dict[str, Any], random: Random) -> tuple[bytes | None, bool, str]:
    name, more = random.choice(
        (
            ("10,000 brackets", b'"x": ' + b"[" * 10_000 + b"]" * 10_000),
            ("data twice", b'"data": {"a": 1}, "data": ' + _json(event)),
            ("20,000 digits", b'"time": ' + b"9" * 20_000),
            ("a lone surrogate", b'"source": "\\ud800"'),
        )
    )
    return _json(event)[:-1] + b", " + more + b"}", False, name


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    for name, part in parts:
        yield (*path, name)
        if isinstance(part, dict | list):
            yield from _paths(part, (*path, name))


def _put(event: Any, path: tuple[Any, ...], value: Any) -> None:
    with suppress(LookupError, TypeError):  # a mutation before may have taken the place away
        for name in path[:-1]:
            event = event[name]
        event[path[-1]] = value


def _json(event: object) -> bytes:
    return json.dumps(event).encode()


Maker = Callable[[str, int, int, str], Iterator[Raw]]
KINDS: Mapping[str, Maker] = {"content": content, "envelopes": envelopes}
