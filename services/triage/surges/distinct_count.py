"""Distinct count of reporters: exact for few, a bottom-k sketch for many."""

from bisect import insort
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from itertools import chain

SKETCH_SIZE = 512
"""Reporters counted exactly; more are estimated to within some 4 %."""

_HASH_BYTES = 6
_HASH_RANGE = 1 << 8 * _HASH_BYTES


def reporter_hash(name: str) -> int:
    """Return the stable, evenly distributed hash of a reporter."""
    return int.from_bytes(blake2b(name.encode(), digest_size=_HASH_BYTES).digest())


def add_reporter(hashes: Sequence[int], new: int) -> list[int] | None:
    """Return the sketch with one more reporter, or None when nothing changes.

    A sketch keeps the smallest hashes in order, so that order and repeats make no difference.
    """
    if new in hashes or (len(hashes) >= SKETCH_SIZE and new > hashes[-1]):
        return None
    more = list(hashes)
    insort(more, new)
    return more[:SKETCH_SIZE]


def distinct_count(sketches: Iterable[Sequence[int]]) -> int:
    """Return the number of distinct reporters in several sketches together.

    Source:
        Z. Bar-Yossef et al., "Counting Distinct Elements in a Data Stream", RANDOM 2002: of
        ``n`` even numbers below 1 the k-th smallest lies at about k / n.
    """
    smallest = sorted(set(chain.from_iterable(sketches)))[:SKETCH_SIZE]
    if len(smallest) < SKETCH_SIZE:
        return len(smallest)
    return round((SKETCH_SIZE - 1) * _HASH_RANGE / smallest[-1])


def pack(hashes: Sequence[int]) -> bytes:
    """Encode a sketch for a state table."""
    return b"".join(number.to_bytes(_HASH_BYTES) for number in hashes)


def unpack(packed: bytes) -> list[int]:
    """Decode a sketch from a state table."""
    starts = range(0, len(packed), _HASH_BYTES)
    return [int.from_bytes(packed[start : start + _HASH_BYTES]) for start in starts]
