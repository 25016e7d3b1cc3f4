"""Pictures of at most 10 MiB and 40 megapixels that cost their reader as much as they can."""

import struct
import zlib
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from PIL import Image

from tests.support.heif_files import HeifFile, Item, grid, overlay, rotated_heif, size
from tests.support.pictures import chunk, encoded, jpeg_of_scans

MAX_BYTES = 10 * 1024 * 1024
_ROOM = 10_000
_SIZE = (8_000, 5_000)
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2))


def full_of(part: bytes) -> bytes:
    """So many copies that a picture with them has 10 MiB."""
    return part * ((MAX_BYTES - _ROOM) // len(part))


def segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def jpeg_with(part: bytes) -> bytes:
    """A small JPEG with this behind its first marker."""
    whole = encoded()
    return whole[:2] + part + whole[2:]


def scans_alone(count: int, frame: int) -> bytes:
    """A JPEG of 40 megapixels in three colours whose scans have no data.

    Args:
        count: The number of scans.
        frame: 0xC0 for a sequential one by Huffman, 0xCA for a progressive arithmetic one.
    """
    ends = b"\0\x3f\0" if frame == 0xC0 else b"\0\0\0"
    return b"".join(
        (
            b"\xff\xd8",
            segment(0xDB, b"\0" + b"\1" * 64),
            segment(frame, struct.pack(">BHHB", 8, *_SIZE[::-1], 3) + b"\1\x11\0\2\x11\0\3\x11\0"),
            segment(0xC4, b"\0\1\1" + bytes(14) + b"\0\1"),
            segment(0xC4, b"\x10\1\1" + bytes(14) + b"\0\1"),
            segment(0xDA, b"\3\1\0\2\0\3\0" + ends) * count,
            b"\xff\xd9",
        )
    )


def exif_in_circles() -> bytes:
    """Directories that each say that they are the next one, and the one within."""
    pointers = b"".join(struct.pack("<HHII", tag, 4, 1, 8) for tag in (0x8769, 0x8825, 0xA005))
    directory = struct.pack("<H", 3) + pointers + struct.pack("<I", 8)
    return jpeg_with(segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0" + directory))


def restarts() -> bytes:
    """A restart after each of 625,000 blocks, and none in its turn."""
    gray = encoded(Image.new("L", _SIZE), restart_marker_blocks=1)
    scan = gray.rindex(b"\xff\xda")
    return gray[: scan + 10] + full_of(b"\x3f\xff\xd3")


def many_frames() -> bytes:
    frames = [Image.new("RGB", (16, 16))] * 600
    return encoded(frames[0], "MPO", save_all=True, append_images=frames[1:])


def png(head: tuple[int, int, int, int, int], *more: bytes) -> bytes:
    """A PNG of width, height, bits, kind of colour and interlace."""
    width, height, bits, colour, interlace = head
    first = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, interlace)
    parts = (chunk(b"IHDR", first), *more, chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def black(rows: int, row_bytes: int) -> bytes:
    return chunk(b"IDAT", zlib.compress(bytes(rows * (1 + row_bytes)), 9))


def interlaced(bits: int) -> bytes:
    """Black pixels in the seven passes of 40 megapixels."""
    passes = (*_ADAM7, (0, 1, 1, 2))
    sizes = ((-(-(_SIZE[0] - x) // dx), -(-(_SIZE[1] - y) // dy)) for x, y, dx, dy in passes)
    return chunk(b"IDAT", zlib.compress(bytes(sum(h * (1 - -w * bits // 8) for w, h in sizes)), 9))


def png_with(part: bytes) -> bytes:
    """A small PNG with this before its pixels."""
    return png((8, 8, 8, 0, 0), part, black(8, 8))


def packed(name: bytes, head: bytes, unpacked: int = 900_000) -> bytes:
    return chunk(name, head + zlib.compress(bytes(unpacked), 9))


def apng() -> bytes:
    """100,000 frames."""
    control = partial(struct.pack, ">IIIIIHHBB")
    frame = zlib.compress(bytes(72))
    frames = b"".join(
        chunk(b"fcTL", control(2 * n + 1, 8, 8, 0, 0, 1, 10, 0, 0))
        + chunk(b"fdAT", struct.pack(">I", 2 * n + 2) + frame)
        for n in range(100_000)
    )
    first = chunk(b"acTL", struct.pack(">II", 100_001, 0))
    first += chunk(b"fcTL", control(0, 8, 8, 0, 0, 1, 10, 0, 0))
    return png((8, 8, 8, 0, 0), first, black(8, 8), frames)


def riff(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def webp(*parts: bytes) -> bytes:
    """A WebP of 40 megapixels with transparency, animated."""
    sides = b"".join((side - 1).to_bytes(3, "little") for side in _SIZE)
    return riff(b"RIFF", b"WEBP", riff(b"VP8X", b"\x12\0\0\0", sides), *parts)


def webp_frames(picture: Image.Image) -> bytes:
    """As many frames of this picture as fit, in its corner."""
    pixels = encoded(picture, "WEBP", lossless=True)
    sides = b"".join((side - 1).to_bytes(3, "little") for side in picture.size)
    frame = riff(b"ANMF", bytes(6), sides, b"\1\0\0\0", pixels[12:])
    return webp(riff(b"ANIM", bytes(6)), full_of(frame)[: len(frame) * 200_000])


def heif_grid(rows: int, columns: int, tiles: int) -> bytes:
    """A grid whose cells are a few items again and again."""
    file = HeifFile()
    file.items *= tiles
    width, height = columns * 64, rows * 64
    cells = [1 + n % tiles for n in range(rows * columns)]
    file.properties.append(size(width, height))
    file.items.append(Item(b"grid", grid(rows, columns, width, height), [3], cells))
    return file.content()


def heif_overlay(count: int) -> bytes:
    """One tile over the other."""
    file = HeifFile()
    file.properties.append(size(*_SIZE))
    file.items.append(Item(b"iovl", overlay(*_SIZE, count), [3], [1] * count))
    return file.content()


def heif_nested(depth: int, kind: bytes, times: int) -> bytes:
    """Each item is derived from the one before, so many times."""
    file = HeifFile()
    data = overlay(800, 500, times) if kind == b"iovl" else b""
    for n in range(depth):
        file.items.append(Item(kind, data, [2], [1 + n] * times))
    return file.content()


def heif_parts(count: int) -> bytes:
    """Items that are made of the same bytes again and again."""
    file = HeifFile(extents=count)
    file.items.append(Item(b"hvc1", bytes(9_000_000), (1, 2)))
    return file.content()


BOMBS: Mapping[str, Callable[[], bytes]] = MappingProxyType(
    {
        "JPEG, 400 scans": lambda: jpeg_of_scans(400, Image.new("RGB", _SIZE)),
        "JPEG, 400 scans without data": lambda: scans_alone(400, 0xC0),
        "JPEG, 32 arithmetic scans": lambda: scans_alone(32, 0xCA),
        "JPEG, APPn without end": lambda: jpeg_with(full_of(b"\xff\xe5\0\2")),
        "JPEG, padding without end": lambda: jpeg_with(full_of(b"\xff")),
        "JPEG, restarts": restarts,
        "JPEG, 600 frames": many_frames,
        "JPEG, EXIF in circles": exif_in_circles,
        "JPEG, 150 EXIF": lambda: jpeg_with(segment(0xE1, b"Exif\0\0II*\0" + bytes(65_000)) * 150),
        "JPEG, 10 MB of profile": lambda: jpeg_with(
            segment(0xE2, b"ICC_PROFILE\0\1\1" + bytes(65_000)) * 150
        ),
        "PNG, iCCP": lambda: png_with(full_of(packed(b"iCCP", b"a\0\0"))),
        "PNG, zTXt": lambda: png_with(full_of(packed(b"zTXt", b"a\0\0"))),
        "PNG, iTXt": lambda: png_with(full_of(packed(b"iTXt", b"a\0\1\0\0\0"))),
        "PNG, iCCP of 1 GB": lambda: png_with(packed(b"iCCP", b"a\0\0", 2**30)),
        "PNG, empty IDAT": lambda: png_with(full_of(chunk(b"IDAT", b""))),
        "PNG, unknown chunks": lambda: png_with(full_of(chunk(b"aaAa", b""))),
        "PNG, 1 bit interlaced": lambda: png((*_SIZE, 1, 0, 1), interlaced(1)),
        "PNG, 64 bits interlaced": lambda: png((*_SIZE, 16, 6, 1), interlaced(64)),
        "PNG, a column": lambda: png((1, 40_000_000, 1, 0, 0), black(40_000_000, 1)),
        "PNG, 100,000 frames": apng,
        "WebP, 40 MP in 34 bytes": lambda: encoded(
            Image.new("RGBA", _SIZE), "WEBP", lossless=True, quality=0, method=0
        ),
        "WebP, tiny frames": lambda: webp_frames(Image.new("RGBA", (1, 1))),
        "WebP, unknown chunks": lambda: webp(full_of(riff(b"aaaa"))),
        "HEIF, turned 250 times": rotated_heif,
        "HEIF, grid of 10,000 cells": lambda: heif_grid(100, 97, 1),
        "HEIF, grid of 900 items": lambda: heif_grid(30, 30, 900),
        "HEIF, 1,000 layers": lambda: heif_overlay(1_000),
        "HEIF, 60,000 layers": lambda: heif_overlay(60_000),
        "HEIF, doubled 30 times": lambda: heif_nested(30, b"iovl", 2),
        "HEIF, derived 900 times": lambda: heif_nested(900, b"iden", 1),
        "HEIF, 30,000 x 9 MB": lambda: heif_parts(30_000),
    }
)
"""By name; each is built when it is asked for."""
