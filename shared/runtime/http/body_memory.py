"""Memory for the bodies of callers without a valid key: shared fairly by address."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from shared.runtime.http.addresses import address_of
from shared.runtime.http.authentication import RefusedError
from shared.runtime.http.connections import HTTP_LIMITS
from shared.runtime.http.refusals import BODIES_FULL

_MAX_BYTES = 24 * 1024 * 1024


class BodyBuffer:
    """The bytes of one body, dropped when other addresses need the memory.

    Every method but ``drop`` raises RefusedError once the body was dropped.

    Attributes:
        content: The bytes so far; empty once they were taken.
        size: Bytes that count in the memory.
        is_kept: True once the bytes can no longer be dropped.
    """

    __slots__ = ("_is_dropped", "_memory", "address", "content", "is_kept", "size")

    def __init__(self, memory: "BodyMemory", address: str) -> None:
        self._memory, self.address = memory, address
        self.content, self.size = bytearray(), 0
        self.is_kept = self._is_dropped = False

    def extend(self, more: bytes) -> None:
        """Add the next bytes."""
        if not self._is_dropped:
            self.content += more
            self.size += len(more)
            self._memory.count(len(more))
        self.require_held()

    def keep(self) -> None:
        """Protect the bytes from being dropped."""
        self.require_held()
        self.is_kept = True

    def take(self) -> bytes:
        """Return the bytes, which count in the memory until the end of the request."""
        self.keep()
        content = bytes(self.content)
        self.content.clear()
        return content

    def drop(self) -> None:
        """Release the bytes."""
        given_up, self.size, self._is_dropped = self.size, 0, True
        self.content.clear()
        self._memory.count(-given_up)

    def require_held(self) -> None:
        """Check that the body was not dropped."""
        if self._is_dropped:
            raise RefusedError(BODIES_FULL.response())


class BodyMemory:
    """A limit of the bytes of all bodies, by max-min fairness between addresses.

    A slow body holds the bytes that arrived, and no slot. When the memory is full, the address with
    the most bytes loses its largest body that is not kept. So an address that holds less than the
    n-th part loses nothing to n - 1 others while their bodies are not kept.
    """

    def __init__(self, max_bytes: int = _MAX_BYTES) -> None:
        self._max_bytes, self.held = max_bytes, 0
        self._bodies: set[BodyBuffer] = set()

    def begin(self, address: str) -> BodyBuffer:
        """Return the buffer of a new body from this address."""
        buffer = BodyBuffer(self, address)
        self._bodies.add(buffer)
        return buffer

    def end(self, buffer: BodyBuffer) -> None:
        """Release a body."""
        self._bodies.remove(buffer)
        buffer.drop()

    @contextmanager
    def body(self, address: str) -> Iterator[BodyBuffer]:
        """Hold the memory of a body from this address."""
        buffer = self.begin(address)
        try:
            yield buffer
        finally:
            self.end(buffer)

    def count(self, more: int) -> None:
        """Count added or released bytes; drop bodies while there are too many."""
        self.held += more
        while self.held > self._max_bytes:
            held: Counter[str] = Counter()
            for one in self._bodies:
                held[one.address] += one.size
            able = (one for one in self._bodies if one.size and not one.is_kept)
            max(able, key=lambda one: (held[one.address], one.size)).drop()


BODY_MEMORY = web.AppKey("BODY_MEMORY", BodyMemory)
_BODY = web.RequestKey("BODY", BodyBuffer)


def begin_body(request: web.Request) -> BodyBuffer:
    """Return a buffer for the body of a stranger's request, held until the response."""
    address = address_of(request, request.app[HTTP_LIMITS].proxies)
    buffer = request[_BODY] = request.app[BODY_MEMORY].begin(address)
    return buffer


def end_body(request: web.Request) -> None:
    """Release the buffer of a request's body."""
    if buffer := request.get(_BODY):
        request.app[BODY_MEMORY].end(buffer)
