"""The content of a message: read as SMTP's DATA transfers it, within a budget of memory."""

import sys
from asyncio import StreamReader
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

MAX_BYTES = 26_214_400
_END = b"\r\n.\r\n"
_LINE_END = b"\r\n"


class RefusedContentError(Exception):
    """A message that is too large, or too large for now."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


@dataclass(slots=True)
class MemoryBudget:
    """The bytes that all messages in transfer may hold together."""

    free: int = 3 * MAX_BYTES

    @contextmanager
    def reservation(self) -> "Generator[Reservation]":
        """Yield a reservation of nothing, and give back in the end what it took."""
        reservation = Reservation(self)
        try:
            yield reservation
        finally:
            reservation.release()


@dataclass(slots=True)
class Reservation:
    """The part of a budget that one message holds."""

    budget: MemoryBudget
    held: int = 0

    def try_grow(self, size: int) -> bool:
        """Take bytes; return False when fewer are free."""
        if size > self.budget.free:
            return False
        self.budget.free -= size
        self.held += size
        return True

    def release(self) -> None:
        """Give everything back."""
        self.budget.free += self.held
        self.held = 0


async def read_content(reader: StreamReader, memory: Reservation) -> bytes:
    """Return a message without what SMTP added to it.

    It is one run of bytes, since lines as objects would take fifty times the memory. A line of any
    length is taken, and a bare LF never ends one. A refused message is read to its end.

    Args:
        reader: The connection, behind the answer to DATA.

    Raises:
        RefusedContentError: The message is too large, or the budget is spent.
        ConnectionResetError: The connection ended before the message.
    """
    content, refusal, searched = bytearray(_LINE_END), "", 0  # the line end of DATA itself
    while (end := content.find(_END, searched)) < 0:
        searched = max(0, len(content) - len(_END) + 1)
        chunk = await reader.read(sys.maxsize)
        if not chunk:
            raise ConnectionResetError
        if not refusal and (refusal := _refusal(len(content) + len(chunk), len(chunk), memory)):
            memory.release()
        if refusal:
            del content[:searched]
            searched = 0
        content += chunk
    if behind := bytes(content[end + len(_END) :]):
        reader.feed_data(behind)  # nothing else waits in the reader: all was read
    if refusal:
        raise RefusedContentError(refusal)
    del content[end + len(_LINE_END) :]
    if b"\r\n." in content:
        content = content.replace(b"\r\n.", _LINE_END)
    return bytes(memoryview(content)[len(_LINE_END) :])


def _refusal(size: int, more: int, memory: Reservation) -> str:
    """Return the answer to a message that has grown too large; empty for none."""
    if size > MAX_BYTES + len(_LINE_END) + len(_END):
        return "552 5.3.4 Message too large"
    if not memory.try_grow(more):
        return "452 4.3.1 Too much mail is in transfer; try again later"
    return ""
