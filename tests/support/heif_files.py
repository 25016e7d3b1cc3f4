"""HEIF files that no camera makes: boxes of ISO 23008-12, put together by hand."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from PIL import Image

from tests.support.pictures import encoded

TILE = (800, 500)


def box(name: bytes, *parts: bytes) -> bytes:
    """A box; its name may be followed by version and flags."""
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), name) + body


def full_box(name: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return box(name, struct.pack(">I", version << 24 | flags), *parts)


def size(width: int, height: int) -> bytes:
    """The property that states a size."""
    return full_box(b"ispe", 0, 0, struct.pack(">II", width, height))


def grid(rows: int, columns: int, width: int, height: int) -> bytes:
    """The data of an item that lays its references side by side."""
    return b"\0\1" + bytes([rows - 1, columns - 1]) + struct.pack(">II", width, height)


def overlay(width: int, height: int, count: int) -> bytes:
    """The data of an item that lays its references over each other."""
    return b"\0\0" + b"\0\0\xff\xff" * 2 + struct.pack(">HH", width, height) + b"\0" * 4 * count


ROTATION = box(b"irot", b"\1")


class Item(NamedTuple):
    """An item of a file.

    Attributes:
        kind: Four letters.
        data: Its bytes.
        properties: Positions of its properties among those of the file, from 1.
        references: Ids of the items that it is derived from.
    """

    kind: bytes
    data: bytes
    properties: Sequence[int]
    references: Sequence[int] = ()


@cache
def coded_tile() -> tuple[bytes, bytes]:
    """The configuration and the bytes of a picture as big as a tile."""
    whole = encoded(Image.new("RGB", TILE, "red"), "HEIF", quality=1)
    return _find(whole, b"meta", b"iprp", b"ipco", b"hvcC"), _find(whole, b"mdat")


@dataclass
class HeifFile:
    """A file whose items have ids from 1 on; the last is the picture.

    Attributes:
        items: The items.
        properties: The first two are those of a tile.
        extents: Parts of which the bytes of each item are stored; each part is all of them.
    """

    items: list[Item] = field(default_factory=lambda: [Item(b"hvc1", coded_tile()[1], (1, 2))])
    properties: list[bytes] = field(
        default_factory=lambda: [box(b"hvcC", coded_tile()[0]), size(*TILE)]
    )
    extents: int = 1

    def content(self) -> bytes:
        head = box(b"ftyp", b"heic", b"\0\0\0\0", b"mif1heic")
        at = len(head) + len(self._meta(0)) + 8
        return head + self._meta(at) + box(b"mdat", *(item.data for item in self.items))

    def _meta(self, at: int) -> bytes:
        ids = range(1, 1 + len(self.items))
        infos, places, uses, references = [], [], [], []
        for id_, item in zip(ids, self.items, strict=True):
            infos.append(full_box(b"infe", 2, 0, struct.pack(">HH", id_, 0), item.kind, b"\0"))
            extent = struct.pack(">II", at, len(item.data))
            places.append(struct.pack(">HHH", id_, 0, self.extents) + extent * self.extents)
            at += len(item.data)
            used = item.properties
            uses.append(struct.pack(f">HB{len(used)}H", id_, len(used), *used))
            if to := item.references:
                references.append(box(b"dimg", struct.pack(f">HH{len(to)}H", id_, len(to), *to)))
        return full_box(
            b"meta",
            0,
            0,
            full_box(b"hdlr", 0, 0, b"\0\0\0\0pict" + b"\0" * 13),
            full_box(b"pitm", 0, 0, struct.pack(">H", ids[-1])),
            full_box(b"iloc", 0, 0, b"\x44\0", struct.pack(">H", len(ids)), *places),
            full_box(b"iinf", 0, 0, struct.pack(">H", len(ids)), *infos),
            full_box(b"iref", 0, 0, *references),
            box(
                b"iprp",
                box(b"ipco", *self.properties),
                full_box(b"ipma", 0, 1, struct.pack(">I", len(ids)), *uses),
            ),
        )


def rotated_heif(times: int = 250) -> bytes:
    """A picture of 40 megapixels and a few kB that is turned so often: half a minute of CPU."""
    file = HeifFile()
    file.properties += [size(8_000, 5_000), ROTATION]
    file.items.append(Item(b"grid", grid(10, 10, 8_000, 5_000), [3] + [4] * times, [1] * 100))
    return file.content()


def _boxes(content: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while at < end:
        length, name = struct.unpack(">I4s", content[at : at + 8])
        yield name, at + 8, at + length
        at += length


def _find(content: bytes, *path: bytes) -> bytes:
    """The body of the first box at a path."""
    at, end = 0, len(content)
    for name in path:
        at, end = next((a, e) for found, a, e in _boxes(content, at, end) if found == name)
        at += 4 if name == b"meta" else 0
    return content[at:end]
