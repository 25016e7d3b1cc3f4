"""How many different voices there were, however often each is heard."""

from bisect import insort
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from itertools import chain

SKETCH_SIZE = 512
"""Up to so many voices are counted exactly, more are estimated to within some 4 %."""

_BYTES = 6
_ALL = 1 << 8 * _BYTES


def reporter_hash(name: str) -> int:
    """Return the number by which somebody is known; spread evenly, always the same."""
    return int.from_bytes(blake2b(name.encode(), digest_size=_BYTES).digest())


def add_reporter(heard: Sequence[int], number: int) -> list[int] | None:
    """Return the voices with one more, or None when that changes nothing.

    Only the smallest numbers are kept, so that neither order nor repeats make a difference.
    """
    if number in heard or (len(heard) >= SKETCH_SIZE and number > heard[-1]):
        return None
    more = list(heard)
    insort(more, number)
    return more[:SKETCH_SIZE]


def distinct_count(several: Iterable[Sequence[int]]) -> int:
    """Return how many different voices were heard in several places together.

    Source:
        Z. Bar-Yossef et al., "Counting Distinct Elements in a Data Stream", RANDOM 2002: of
        ``n`` even numbers below 1 the k-th smallest lies at about k / n.
    """
    smallest = sorted(set(chain.from_iterable(several)))[:SKETCH_SIZE]
    if len(smallest) < SKETCH_SIZE:
        return len(smallest)
    return round((SKETCH_SIZE - 1) * _ALL / smallest[-1])


def pack(heard: Sequence[int]) -> bytes:
    """Return the voices as a table keeps them."""
    return b"".join(number.to_bytes(_BYTES) for number in heard)


def unpack(packed: bytes) -> list[int]:
    """Return the voices that a table keeps."""
    return [int.from_bytes(packed[at : at + _BYTES]) for at in range(0, len(packed), _BYTES)]
