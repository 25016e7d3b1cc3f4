"""What a case is called."""

from hashlib import sha256

from uuid_utils import UUID

_TIME_BYTES = 6  # the first six bytes of a UUIDv7 are its moment in milliseconds (RFC 9562)


def case_opened_by(request_id: str) -> str:
    """Return the id of the case that a request opens: a UUIDv7 of the request's own moment.

    The same request always opens the same case, so a triage that lost its tables and reads the
    log again calls the cases as it did before.

    Raises:
        ValueError: ``request_id`` is no UUID.
    """
    request = UUID(request_id).bytes
    made = bytearray(request[:_TIME_BYTES] + sha256(b"case of " + request).digest()[:10])
    made[6] = made[6] & 0x0F | 0x70  # version 7
    made[8] = made[8] & 0x3F | 0x80  # the variant of RFC 9562
    return str(UUID(bytes=bytes(made)))
