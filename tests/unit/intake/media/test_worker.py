"""Re-encoding of pictures, in the same process."""

import random
import zlib
from time import process_time
from typing import Any

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from services.intake.media.worker import reencode
from services.intake.pictures import MAX_SCANS, RefusedPictureError
from tests.support.pictures import (
    chunk,
    corners,
    encoded,
    jpeg_of_scans,
    opened,
    png_of,
    quarters,
    scans_of,
    webp_of,
)

SECRET = b"Ana Ruiz, 503-555-0142"
SCANS_IN_A_SEGMENT = b"\xff\xe5\x27\x12" + b"\xff\xda\0\x08" * 2_500
"""As of a thumbnail, or by chance."""
UPRIGHT = ["red", "green", "blue", "white"]


def fault_of(picture: bytes) -> str:
    with pytest.raises(RefusedPictureError) as refused:
        reencode(picture)
    return refused.value.fault


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_each_format_is_kept_as_a_jpeg(kind: str) -> None:
    kept = reencode(encoded(kind=kind))

    image = opened(kept.content)
    assert (kept.media_type, kept.width, kept.height) == ("image/jpeg", 64, 48)
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (64, 48))
    assert corners(image) == UPRIGHT


@pytest.mark.parametrize("mode", ["L", "P", "1", "LA", "RGBA"])
def test_each_mode_becomes_rgb(mode: str) -> None:
    image = opened(reencode(encoded(quarters(mode=mode), "PNG")).content)

    assert image.mode == "RGB"
    assert corners(image)[3] == "white"


def test_16_bits_become_8() -> None:
    kept = reencode(encoded(Image.new("I;16", (8, 8), 128 * 257), "PNG"))

    assert opened(kept.content).getpixel((4, 4)) == (128, 128, 128)


def test_inks_keep_their_colours() -> None:
    assert corners(opened(reencode(encoded(quarters(mode="CMYK"))).content)) == UPRIGHT


def test_what_is_transparent_becomes_white() -> None:
    image = quarters(mode="RGBA")
    image.paste((255, 0, 0, 0), (0, 0, 32, 24))

    assert corners(opened(reencode(encoded(image, "PNG")).content))[0] == "white"


@pytest.mark.parametrize(
    ("width", "height", "kept"),
    [
        pytest.param(2_048, 1_024, (2_048, 1_024), id="as large as is kept"),
        pytest.param(2_049, 1_024, (2_048, 1_024), id="a pixel larger"),
        pytest.param(1_000, 5_000, (410, 2_048), id="high"),
        pytest.param(9_000, 2, (2_048, 1), id="a line"),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_what_is_larger_is_scaled_down(
    kind: str, width: int, height: int, kept: tuple[int, int]
) -> None:
    new = reencode(encoded(Image.new("RGB", (width, height)), kind))

    assert (new.width, new.height) == opened(new.content).size
    assert abs(new.width - kept[0]) <= 1
    assert abs(new.height - kept[1]) <= 1
    assert max(new.width, new.height) == min(2_048, max(width, height))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_kept_upright(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    how = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    stored = quarters() if how is None else quarters().transpose(how)

    kept = reencode(encoded(stored, kind, exif=exif))

    assert (kept.width, kept.height) == (64, 48)
    assert corners(opened(kept.content)) == UPRIGHT


def everything_that_tells() -> list[bytes]:
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif.get_ifd(0x8825).update({1: "N", 2: (45.0, 31.0, 7.0)})
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", SECRET.decode())
    text.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    return [
        encoded(exif=exif, comment=SECRET, xmp=SECRET),
        encoded() + SECRET,
        encoded(kind="PNG", exif=exif, pnginfo=text),
        encoded(kind="PNG") + SECRET,
        encoded(kind="WEBP", exif=exif, xmp=SECRET),
        encoded(kind="HEIF", exif=exif.tobytes(), xmp=SECRET),
        encoded(icc_profile=profile_with(SECRET)),
    ]


def profile_with(text: bytes) -> bytes:
    """The profile of sRGB with a text behind it."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes() + text


@pytest.mark.parametrize("picture", everything_that_tells())
def test_nothing_that_tells_of_a_person_is_kept(picture: bytes) -> None:
    assert SECRET in picture
    kept = reencode(picture).content

    image = opened(kept)
    assert SECRET not in kept
    assert not image.getexif()
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert corners(image) == UPRIGHT


def test_colours_of_a_profile_become_those_of_srgb() -> None:
    """A profile in which red and green change places."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"xXYZ").replace(b"gXYZ", b"rXYZ").replace(b"xXYZ", b"gXYZ")

    kept = reencode(encoded(kind="PNG", icc_profile=swapped))

    assert corners(opened(kept.content)) == ["green", "red", "blue", "white"]


@pytest.mark.parametrize("profile", [b"no profile", b"\0" * 200])
def test_a_damaged_profile_is_left_out(profile: bytes) -> None:
    assert corners(opened(reencode(encoded(icc_profile=profile)).content)) == UPRIGHT


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")  # a line to stderr, which nobody reads
def test_damaged_metadata_do_not_make_a_picture_unreadable() -> None:
    exif = b"Exif\0\0" + b"MM\0*" + b"\xff" * 20

    assert corners(opened(reencode(encoded(exif=exif)).content)) == UPRIGHT


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_kept(kind: str) -> None:
    frames = [Image.new("RGB", (64, 48), "blue"), Image.new("RGB", (64, 48), "white")]

    kept = reencode(encoded(quarters(), kind, save_all=True, append_images=frames))

    assert corners(opened(kept.content)) == UPRIGHT


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
@pytest.mark.parametrize("share", [0, 0.01, 0.3, 0.6, 0.9, "last byte", "last 12 bytes"])
def test_a_picture_without_its_end_is_refused(kind: str, share: float | str) -> None:
    pixels = random.Random(7).randbytes(3 * 200 * 150)
    whole = encoded(Image.frombytes("RGB", (200, 150), pixels), kind)
    cut = {"last byte": len(whole) - 1, "last 12 bytes": len(whole) - 12}
    length = cut[share] if isinstance(share, str) else int(len(whole) * share)

    assert reencode(whole).width == 200
    assert fault_of(whole[:length]) in {"damaged_picture", "unsupported_picture"}


def test_a_progressive_jpeg_without_its_last_scans_is_refused() -> None:
    pixels = random.Random(7).randbytes(3 * 200 * 150)
    whole = encoded(Image.frombytes("RGB", (200, 150), pixels), progressive=True)

    assert fault_of(whole[: whole.rindex(b"\xff\xda")]) == "damaged_picture"


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"no picture", id="text"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", id="SVG"),
        pytest.param(encoded(kind="GIF"), id="GIF"),
        pytest.param(encoded(kind="TIFF"), id="TIFF"),
        pytest.param(encoded(kind="BMP"), id="BMP"),
        pytest.param(encoded(kind="PDF"), id="PDF"),
        pytest.param(encoded(kind="AVIF"), id="AVIF"),
        pytest.param(b"GIF89a" + encoded(), id="a JPEG behind the head of a GIF"),
        pytest.param(b"%!PS-Adobe-3.0 EPSF-3.0\n", id="PostScript"),
    ],
)
def test_what_is_no_such_picture_is_refused(picture: bytes) -> None:
    assert fault_of(picture) == "unsupported_picture"


@pytest.mark.parametrize(
    ("width", "height"),
    [pytest.param(8_000, 5_001, id="a row"), pytest.param(2**31 - 1, 2**31 - 1, id="the most")],
)
def test_too_many_pixels_are_refused_by_the_head_of_a_png(width: int, height: int) -> None:
    assert fault_of(png_of(width, height)) == "too_many_pixels"


@pytest.mark.parametrize(
    ("width", "height"),
    [pytest.param(16_383, 16_383, id="16,383"), pytest.param(2**24, 2**24, id="the most")],
)
def test_too_many_pixels_are_refused_by_the_head_of_a_webp(width: int, height: int) -> None:
    assert fault_of(webp_of(width, height)) == "too_many_pixels"


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        pytest.param("PNG", {}, id="a bomb of a few kB"),
        pytest.param("JPEG", {}, id="JPEG"),
        pytest.param("WEBP", {"method": 0}, id="WebP without metadata"),
        pytest.param("WEBP", {"method": 0, "lossless": True}, id="WebP, lossless"),
        pytest.param("HEIF", {"enc_params": {"preset": "ultrafast"}}, id="HEIC"),
    ],
)
def test_whole_pictures_of_too_many_pixels_are_refused(kind: str, options: dict[str, Any]) -> None:
    picture = encoded(Image.new("L", (8_001, 5_000)), kind, **options)

    assert fault_of(picture) == "too_many_pixels"


def test_forty_megapixels_are_taken() -> None:
    kept = reencode(encoded(Image.new("L", (8_000, 5_000)), "PNG"))

    assert (kept.width, kept.height) == (2_048, 1_280)


def test_text_that_unpacks_to_gigabytes_is_not_unpacked() -> None:
    bomb = encoded(kind="PNG")
    end = bomb.index(b"IDAT") - 4
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"\0" * 2**26))

    assert fault_of(bomb[:end] + text + bomb[end:]) == "damaged_picture"


@pytest.mark.parametrize(("mode", "scans"), [("L", 6), ("RGB", 10), ("CMYK", 18)])
def test_a_progressive_photo_has_far_fewer_scans_than_are_read(mode: str, scans: int) -> None:
    photo = encoded(quarters(mode=mode), progressive=True)

    assert (len(scans_of(photo)), reencode(photo).width) == (scans, 64)
    assert scans < MAX_SCANS


def test_more_scans_than_that_are_refused_before_they_are_decoded() -> None:
    assert reencode(jpeg_of_scans(MAX_SCANS)).width == 64
    assert fault_of(jpeg_of_scans(MAX_SCANS + 1)) == "too_complex"


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        pytest.param(SCANS_IN_A_SEGMENT, b"", id="a segment"),
        pytest.param(b"", b"\xff\xda" * 1_000, id="what follows the picture"),
        pytest.param(b"\xff" * 100, b"", id="padding of a marker, which has none"),
    ],
)
def test_what_looks_like_a_scan_elsewhere_is_none(before: bytes, behind: bytes) -> None:
    whole = encoded(progressive=True)

    assert corners(opened(reencode(whole[:2] + before + whole[2:] + behind).content)) == UPRIGHT


def test_bytes_between_segments_hide_no_scan() -> None:
    """Decoders skip them, such as behind a segment that claims a length of 0."""
    whole = jpeg_of_scans(MAX_SCANS + 1)
    hidden = whole.replace(b"\xff\xda", b"\xff\0\xff\xd0no segment\xff\xff\xda")

    assert fault_of(hidden) == "too_complex"


def test_scans_are_counted_in_linear_time() -> None:
    """CPU seconds of segments without end, and of twice as many."""

    def cpu_s(segments: int) -> float:
        picture = b"\xff\xd8" + (b"\xff\xe5\0\x02" + b"\xff\0" * 50) * segments
        began = process_time()
        fault_of(picture)
        return process_time() - began

    least = [min(cpu_s(count) for _ in range(3)) for count in (10_000, 20_000, 40_000)]
    assert least[2] < 3 * least[1] < 9 * least[0]
