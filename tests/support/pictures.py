"""Pictures, good and hostile, made as needed."""

import struct
import zlib
from io import BytesIO
from typing import Any

import pillow_heif
from PIL import Image

pillow_heif.register_heif_opener(thumbnails=False)

END_OF_JPEG = b"\xff\xd9"
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def quarters(width: int = 64, height: int = 48, mode: str = "RGB") -> Image.Image:
    """A picture whose quarters are red and green above, blue and white below."""
    image = Image.new("RGB", (width, height), "white")
    left, top = width // 2, height // 2
    image.paste(RED, (0, 0, left, top))
    image.paste(GREEN, (left, 0, width, top))
    image.paste(BLUE, (0, top, left, height))
    return image.convert(mode)


def encoded(image: Image.Image | None = None, kind: str = "JPEG", **options: Any) -> bytes:
    content = BytesIO()
    (image or quarters()).save(content, kind, **options)
    return content.getvalue()


def opened(content: bytes) -> Image.Image:
    image = Image.open(BytesIO(content))
    image.load()
    return image


def corners(image: Image.Image) -> list[str]:
    """The colours of the quarters, by the largest channel: from top left, row by row."""
    rgb = image.convert("RGB")
    at = [(x, y) for y in (0.25, 0.75) for x in (0.25, 0.75)]
    pixels = [rgb.getpixel((int(rgb.width * x), int(rgb.height * y))) for x, y in at]
    return [_name(pixel) for pixel in pixels]


def _name(pixel: Any) -> str:
    names = {RED: "red", GREEN: "green", BLUE: "blue", (255, 255, 255): "white"}
    for colour, name in names.items():
        if all(abs(a - b) <= 30 for a, b in zip(pixel, colour, strict=True)):
            return name
    return str(pixel)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_of(width: int, height: int, *more: bytes) -> bytes:
    """A PNG whose head claims a size; its pixels are missing unless they are given."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + chunk(b"IEND", b"")


def webp_of(width: int, height: int) -> bytes:
    """A WebP whose extended head claims a size."""
    sizes = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + sizes
    return b"RIFF" + struct.pack("<I", len(body)) + body


def scans_of(jpeg: bytes) -> list[bytes]:
    """The scans of a JPEG without other segments that hold such a marker; the last has its end."""
    return [b"\xff\xda" + scan for scan in jpeg.split(b"\xff\xda")[1:]]


def jpeg_of_scans(count: int, image: Image.Image | None = None) -> bytes:
    """A progressive JPEG that repeats its last scan."""
    whole = encoded(image, progressive=True).removesuffix(END_OF_JPEG)
    last = scans_of(whole)[-1]
    return whole + last * (count - len(scans_of(whole))) + END_OF_JPEG
