"""What ``route311 republish`` did, in words and as data."""

from collections.abc import Iterator
from typing import Any

from shared.contract.topics import CHANNEL_SUBMISSIONS, OPERATOR_COMMANDS
from shared.runtime.recovery.positions import PositionChange
from shared.runtime.recovery.republish import RepublishResult

_WHY = {
    "tail_lost": "the log ends before what was read",
    "read_again": "read again",
    "start_gone": "the broker deleted what comes next",
}
_ADVICE = {
    CHANNEL_SUBMISSIONS.name: "adapters send again what has no receipt",
    OPERATOR_COMMANDS.name: "operators look whether their last commands took effect",
}
_BY_BUREAUS = "-updates"
_BUREAUS = "the bureau sends again what has no receipt"


def as_json(done: RepublishResult, *, dry: bool) -> dict[str, Any]:
    """Return it as JSON's types."""
    return {
        "dry_run": dry,
        "published_again": {service: dict(rows) for service, rows in done.published_again.items()},
        "moved": [_move(s, m) for s, found in done.moved.items() for m in found],
        "left": [_move(s, m) for s, found in done.left.items() for m in found],
        "not_refilled": _not_refilled(done),
    }


def lines(done: RepublishResult, *, dry: bool) -> Iterator[str]:
    """Return a line for each topic of each outbox, and for each position."""
    would = "would be " if dry else ""
    for service, rows in done.published_again.items():
        yield f"{service}: {rows.total():,} messages {would}published again"
        yield from (f"  {topic}  {count:,}" for topic, count in sorted(rows.items()))
    for verb, found in ((f"{would}set", done.moved), ("left", done.left)):
        for service, moves in found.items():
            yield from (_line(service, verb, move) for move in moves)
    for topic in _not_refilled(done):
        yield f"{topic}: lost its tail, which is not ours to refill; {_advice(topic)}"
    if any(done.left.values()):
        yield "what is gone for good: look at it, then --accept-loss goes on behind it"


def _line(service: str, verb: str, move: PositionChange) -> str:
    where = f"{service}  {move.partition.topic}/{move.partition.partition}"
    lost = f", at most {move.lost:,} never read" if move.lost else ""
    return f"{where}  {verb} from {move.before} to {move.after}: {_WHY[move.cause]}{lost}"


def _move(service: str, move: PositionChange) -> dict[str, Any]:
    return {
        "service": service,
        "topic": move.partition.topic,
        "partition": move.partition.partition,
        "cause": move.cause,
        "from": move.before,
        "to": move.after,
    }


def _not_refilled(done: RepublishResult) -> list[str]:
    moved = (move for found in done.moved.values() for move in found)
    lost = {move.partition.topic for move in moved if move.cause == "tail_lost"}
    return sorted(topic for topic in lost if topic in _ADVICE or topic.endswith(_BY_BUREAUS))


def _advice(topic: str) -> str:
    return _ADVICE.get(topic, _BUREAUS)
