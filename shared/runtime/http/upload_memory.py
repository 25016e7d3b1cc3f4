"""Memory for the uploads of callers without a key, shared fairly between their addresses."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from shared.runtime.http.callers import RefusedError
from shared.runtime.http.shedding import BUSY

MAX_BYTES = 160 * 1024 * 1024
"""Sixteen of the largest pictures."""


class UploadBuffer:
    """The bytes of one upload. They are dropped when the memory is needed by other addresses.

    Attributes:
        address: The caller's.
        content: The bytes so far.
        is_arriving: True until the upload is complete or dropped.
    """

    __slots__ = ("_memory", "address", "content", "is_arriving")

    def __init__(self, memory: "UploadMemory", address: str) -> None:
        """Begin an upload.

        Args:
            memory: The memory that its bytes count in.
            address: The caller's.
        """
        self._memory, self.address = memory, address
        self.content, self.is_arriving = bytearray(), True

    def extend(self, more: bytes) -> None:
        """Add the next bytes.

        Raises:
            RefusedError: The upload was dropped.
        """
        if self.is_arriving:
            self.content += more
            self._memory.count(len(more))
        self._require_kept()

    def complete(self) -> None:
        """Keep the bytes to the end of the block.

        Raises:
            RefusedError: The upload was dropped.
        """
        self._require_kept()
        self.is_arriving = False

    def drop(self) -> None:
        """Give up the bytes."""
        self._memory.count(-len(self.content))
        self.content.clear()
        self.is_arriving = False

    def _require_kept(self) -> None:
        if not self.is_arriving:
            raise RefusedError(BUSY.response())


class UploadMemory:
    """A limit of the bytes that uploads hold, by max-min fairness between addresses.

    A slow upload holds the bytes that arrived, and no slot. When the memory is full, the address
    that holds the most loses its largest upload that still arrives. So an address that holds less
    than the n-th part loses nothing to n - 1 others while their uploads arrive.

    Attributes:
        held: Bytes of all uploads.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        """Share so many bytes."""
        self._max_bytes, self.held = max_bytes, 0
        self._uploads: set[UploadBuffer] = set()

    @contextmanager
    def upload(self, address: str) -> Iterator[UploadBuffer]:
        """Hold the memory of an upload from this address."""
        buffer = UploadBuffer(self, address)
        self._uploads.add(buffer)
        try:
            yield buffer
        finally:
            self._uploads.remove(buffer)
            buffer.drop()

    def count(self, more: int) -> None:
        """Count bytes that an upload took or gave up; drop uploads while there are too many."""
        self.held += more
        while self.held > self._max_bytes:
            held: Counter[str] = Counter()
            for one in self._uploads:
                held[one.address] += len(one.content)
            arriving = (one for one in self._uploads if one.is_arriving and one.content)
            max(arriving, key=lambda one: (held[one.address], len(one.content))).drop()
