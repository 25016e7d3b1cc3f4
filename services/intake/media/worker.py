"""Re-encode one picture, in a process that does nothing else and may open nothing.

The picture comes on standard input. On standard output go a line of JSON, either ``refused`` or
what is known of the new picture, and then the new picture.
"""

import json
import re
import resource
import struct
import sys
from contextlib import suppress
from io import BytesIO
from math import ceil

import pillow_heif
from PIL import (
    Image,
    ImageCms,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from services.intake.pictures import (
    KEPT_MEDIA_TYPE,
    MAX_BYTES,
    MAX_PIXELS,
    MAX_SCANS,
    MAX_SIDE,
    PictureFault,
    ReencodedPicture,
    RefusedPictureError,
)
from shared.runtime.confined.worker import limit_resources, step_back

# Address space; 40 megapixels take at most two thirds of it.
_MEMORY_BYTES = 1536 * 1024 * 1024
# The dearest photo, 10 MiB of HEIC with 40 megapixels, takes 3 s.
_CPU_S = 4
_STANDARD_STREAMS = 3

_FORMATS = ("JPEG", "PNG", WebPImagePlugin.WebPImageFile.format, "HEIF")
_QUALITY = 85
_ORIENTATION = 0x0112
# Imported before the process may open no file any more: Pillow would do it at the first EXIF.
_READ_EXIF = (TiffImagePlugin, MpoImagePlugin)
_TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# A marker and the length of its segment. Those of restarts and escaped bytes have none.
_SEGMENT = re.compile(rb"\xff([\x02-\xcf\xd9-\xfe])(.{0,2})", re.DOTALL)
_START_OF_SCAN, _END_OF_IMAGE = b"\xda", b"\xd9"
_TO_8_BITS = 1 / 257
_SRGB = ImageCms.createProfile("sRGB")


def main() -> None:
    """Confine the process, then re-encode the picture on standard input."""
    confine()
    picture = sys.stdin.buffer.read(MAX_BYTES + 1)
    head, content = _answer(picture)
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + content)


def confine() -> None:
    """Give up files, sockets, child processes, and memory and time beyond the limits."""
    step_back()
    Image.preinit()
    limit_resources(
        {
            resource.RLIMIT_AS: _MEMORY_BYTES,
            resource.RLIMIT_CPU: _CPU_S,
            resource.RLIMIT_CORE: 0,
            resource.RLIMIT_FSIZE: 0,
            resource.RLIMIT_NPROC: 0,
            resource.RLIMIT_NOFILE: _STANDARD_STREAMS,
        }
    )


def _answer(picture: bytes) -> tuple[dict[str, object], bytes]:
    try:
        new = reencode(picture)
    except RefusedPictureError as refused:
        return {"refused": refused.fault}, b""
    head = {"media_type": new.media_type, "width": new.width, "height": new.height}
    return head, new.content


def reencode(picture: bytes) -> ReencodedPicture:
    """Return the first frame as a JPEG: upright, in sRGB, without metadata, 2,048 px at most.

    Transparent pixels become white. Raises ``RefusedPictureError``.
    """
    fault: PictureFault = "unsupported_picture"
    try:
        _require_pixels(*_webp_size(picture))
        _require_few_scans(picture)
        with Image.open(BytesIO(picture), formats=_FORMATS) as image:
            fault = "damaged_picture"
            _require_pixels(*image.size)
            _require_end(image, picture)
            return _encoded(_normalized(image))
    except UnidentifiedImageError:
        raise RefusedPictureError(fault) from None
    except RefusedPictureError:
        raise
    except Exception as error:  # decoders raise almost anything
        raise RefusedPictureError("damaged_picture") from error


def _require_pixels(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise RefusedPictureError("too_many_pixels")


def _webp_size(picture: bytes) -> tuple[int, int]:
    """Return the size in the head of a WebP file: Pillow would allocate the canvas to read it."""
    if picture[:4] != b"RIFF" or picture[8:12] != b"WEBP":
        return 0, 0
    head = picture[20:30].ljust(10, b"\0")
    match picture[12:16]:
        case b"VP8X":
            sizes = int.from_bytes(head[4:7], "little"), int.from_bytes(head[7:10], "little")
            return sizes[0] + 1, sizes[1] + 1
        case b"VP8L":
            bits = int.from_bytes(head[1:5], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case _:
            width, height = struct.unpack("<HH", head[6:10])
            return width & 0x3FFF, height & 0x3FFF


def _require_few_scans(picture: bytes) -> None:
    """Count the scans of the first image of a JPEG by its markers, in linear time."""
    at, scans = 2, 0
    while picture.startswith(b"\xff\xd8") and (found := _SEGMENT.search(picture, at)):
        scans += found[1] == _START_OF_SCAN
        if scans > MAX_SCANS:
            raise RefusedPictureError("too_complex")
        if found[1] == _END_OF_IMAGE:
            return
        at = found.start(2) + max(2, int.from_bytes(found[2]))


def _require_end(image: Image.Image, picture: bytes) -> None:
    """Refuse a file without its last bytes, where the decoder would not miss them."""
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        is_whole = b"\xff\xd9" in picture[image.fp.tell() if image.fp else 0 :]
    elif isinstance(image, PngImagePlugin.PngImageFile):
        is_whole = b"IEND\xae\x42\x60\x82" in picture
    else:
        is_whole = True
    if not is_whole:
        raise RefusedPictureError("damaged_picture")


def _normalized(image: Image.Image) -> Image.Image:
    scale = min(1.0, MAX_SIDE / max(image.size))
    image.draft(None, (ceil(image.width * scale), ceil(image.height * scale)))
    image.load()
    orientation = _orientation(image)
    profile = image.info.get("icc_profile")
    small = _readable(image)
    small.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS, reducing_gap=None)
    if small.mode == "RGBA":
        white = Image.new("RGBA", small.size, "white")
        small = Image.alpha_composite(white, small).convert("RGB")
    if orientation in _TRANSPOSE:
        small = small.transpose(_TRANSPOSE[orientation])
    return _in_srgb(small, profile)


def _orientation(image: Image.Image) -> int:
    with suppress(Exception):  # a picture with damaged metadata is still a picture
        return int(image.getexif().get(_ORIENTATION, 1))
    return 1


def _readable(image: Image.Image) -> Image.Image:
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value * _TO_8_BITS).convert("L")
    return image if image.mode in {"L", "RGB", "CMYK"} else image.convert("RGB")


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile:
        with suppress(ImageCms.PyCMSError, OSError):  # of a damaged profile, or of another mode
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, _SRGB, outputMode="RGB")
            return converted or image
    return image.convert("RGB")


def _encoded(image: Image.Image) -> ReencodedPicture:
    image.info = {}  # a comment would be written again
    content = BytesIO()
    image.save(content, "JPEG", quality=_QUALITY)
    return ReencodedPicture(KEPT_MEDIA_TYPE, image.width, image.height, content.getvalue())


pillow_heif.options.DECODE_THREADS = 1
pillow_heif.register_heif_opener(thumbnails=False)
Image.MAX_IMAGE_PIXELS = None  # our own limit is lower, and an error and no warning

if __name__ == "__main__":
    main()
