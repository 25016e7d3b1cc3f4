"""Pictures: their limits, ids and addresses."""

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, TypeAlias

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 40_000_000
# Pixels of the longer side of a picture that is kept.
MAX_SIDE = 2_048
# Scans of a JPEG. libjpeg writes 10 for a progressive photo, 18 for one in four inks; a camera 3.
# Each costs up to 0.1 s of CPU at 40 megapixels, however few bytes it has.
MAX_SCANS = 32
PATH = "/v1/media"
KEPT_MEDIA_TYPE = "image/jpeg"

PictureFault: TypeAlias = Literal[
    "unsupported_picture", "damaged_picture", "too_many_bytes", "too_many_pixels", "too_complex"
]

_ID = re.compile(r"[0-9a-f]{32}")
_ID_BYTES = 16


class RefusedPictureError(Exception):
    """A picture that is not kept."""

    def __init__(self, fault: PictureFault) -> None:
        super().__init__(fault)
        self.fault: PictureFault = fault


@dataclass(frozen=True, slots=True)
class ReencodedPicture:
    """A picture as it is kept."""

    media_type: str
    width: int
    height: int
    content: bytes


def is_media_id(text: str) -> bool:
    """Return True for an id in the form that ours have: 128 bits in hexadecimal."""
    return _ID.fullmatch(text) is not None


def media_key(media_id: str) -> str:
    """Return an id as it names a stored picture, or raise ``ValueError`` for another text."""
    if not is_media_id(media_id):
        raise ValueError("not an id of a picture")
    return media_id


def derived_media_id(key: bytes, picture: bytes | bytearray, *call: str) -> str:
    """Return a keyed id of 128 bits: the same for the same picture of the same call."""
    named = "".join(f"{len(part)} {part} " for part in call)
    content = f"media {named}{sha256(picture).hexdigest()}"
    return hmac.digest(key, content.encode(), "sha256")[:_ID_BYTES].hex()


def media_url(public_url: str, media_id: str) -> str:
    """Return the address of a picture."""
    return f"{public_url}{PATH}/{media_id}"


def media_id_of(url: str, public_url: str) -> str | None:
    """Return the id of a picture of ours from its address; None for any other address."""
    prefix = media_url(public_url, "")
    media_id = url.removeprefix(prefix)
    return media_id if url.startswith(prefix) and is_media_id(media_id) else None


def media_ids_of(urls: Iterable[str], public_url: str) -> tuple[str, ...]:
    """Return the ids of those pictures among addresses that are ours, in order."""
    return tuple(filter(None, (media_id_of(url, public_url) for url in urls)))
