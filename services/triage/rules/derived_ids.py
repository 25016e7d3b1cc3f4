"""Deterministic UUIDv7 identifiers, so that a replay of the log creates the same ids."""

from hashlib import sha256

from uuid_utils import UUID

TIME_BYTES = 6  # the first bytes of a UUIDv7: milliseconds since 1970 (RFC 9562)


def derived_uuid7(time: bytes, name: bytes) -> str:
    """Return the UUIDv7 of a time that is derived from a name instead of random bits.

    Args:
        time: Milliseconds since 1970, ``TIME_BYTES`` long, big-endian.
    """
    octets = bytearray(time + sha256(name).digest()[:10])
    octets[6] = octets[6] & 0x0F | 0x70  # version 7
    octets[8] = octets[8] & 0x3F | 0x80  # the variant of RFC 9562
    return str(UUID(bytes=bytes(octets)))
