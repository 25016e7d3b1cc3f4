"""MIME parsing under limits of headers, parts and nesting."""

from email import message_from_bytes
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import Policy, compat32

from typing_extensions import override

_MAX_HEADERS = 1_000
# Characters of the value of a header; what is behind them is not read.
_MAX_HEADER = 10_000
# Characters of a ``Content-…`` header: its parameters take quadratic time.
_MAX_STRUCTURED = 2_000
# Bytes of a head that is read without its body.
_MAX_HEAD = 1_000_000
_MAX_PARTS = 1_000
_MAX_DEPTH = 20


class MimeLimitError(ValueError):
    """A message with more parts, or deeper nesting, than people and their programs send."""


class BoundedMessage(Message):
    """A message or part with bounded headers and nesting."""

    depth = 0

    @override
    def set_raw(self, name: str, value: str) -> None:
        """Add a header as the parser read it; excess headers and characters are left out."""
        if len(self) < _MAX_HEADERS:
            most = _MAX_STRUCTURED if name.lower().startswith("content-") else _MAX_HEADER
            super().set_raw(name, value[:most])

    @override
    def attach(self, payload: "BoundedMessage") -> None:  # type: ignore[override]
        """Add a part."""
        payload.depth = self.depth + 1
        if payload.depth > _MAX_DEPTH:
            raise MimeLimitError
        super().attach(payload)


def parse(content: bytes) -> Message:
    """Return a message with its parts."""
    return message_from_bytes(content, _CountedParts(), policy=compat32)


def parse_head(content: bytes) -> Message:
    """Return a message without its body."""
    return BytesHeaderParser(BoundedMessage, policy=compat32).parsebytes(content[:_MAX_HEAD])


class _CountedParts:
    def __init__(self) -> None:
        self._left = _MAX_PARTS

    def __call__(self, policy: "Policy[Message]" = compat32) -> BoundedMessage:
        self._left -= 1
        if self._left < 0:
            raise MimeLimitError
        return BoundedMessage(policy)
