"""Processes that re-encode: each picture has its own, and no picture harms another."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags, Image

from services.intake.media.reencoding import Reencoder, ReencodingError
from services.intake.pictures import RefusedPictureError
from services.intake.records.submissions import Uploader
from tests.support.heif_files import rotated_heif
from tests.support.pictures import encoded

ADAPTER = Uploader("demo")
CONFINED = """
import resource, signal, sys
from services.intake.media import worker
worker.confine()
{}
"""


def running(code: str, *, within_s: float = 60) -> Reencoder:
    """A reencoder whose processes run this code in place of re-encoding."""
    return Reencoder(1, (sys.executable, "-I", "-c", code), within_s)


async def test_a_picture_is_reencoded_in_a_process() -> None:
    kept = await Reencoder().reencode(encoded(Image.new("RGB", (8_000, 5_000)), "PNG"), ADAPTER)

    assert (kept.media_type, kept.width, kept.height) == ("image/jpeg", 2_048, 1_280)
    assert kept.content.startswith(b"\xff\xd8")


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("JPEG", {}),
        ("PNG", {}),
        ("WEBP", {}),
        ("MPO", {"save_all": True, "append_images": [Image.new("RGB", (64, 48))]}),
    ],
)
async def test_a_picture_of_a_telephone_becomes_upright_in_its_process(
    kind: str, more: dict[str, Any]
) -> None:
    """It says how it was held, which needs more of Pillow than a picture without metadata."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    kept = await Reencoder().reencode(encoded(kind=kind, exif=exif, **more), ADAPTER)

    assert (kept.width, kept.height) == (48, 64)


async def test_the_largest_pictures_fit_into_the_memory_of_the_process() -> None:
    """A WebP with transparency takes the most."""
    kept = await Reencoder().reencode(
        encoded(Image.new("RGBA", (8_000, 5_000)), "WEBP", method=0), ADAPTER
    )

    assert kept.width == 2_048


async def test_a_refusal_comes_out_of_the_process() -> None:
    with pytest.raises(RefusedPictureError, match="unsupported_picture"):
        await Reencoder().reencode(b"no picture", ADAPTER)


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", id="crash"),
        pytest.param("import os; os.abort()", id="abort"),
    ],
)
async def test_a_picture_that_crashes_its_process_is_refused(code: str) -> None:
    with pytest.raises(RefusedPictureError, match="damaged_picture"):
        await running(code).reencode(encoded(), ADAPTER)


async def test_a_picture_that_takes_too_much_cpu_is_refused_for_good() -> None:
    """With the real limit: at a hard one the process is killed, as from outside."""
    with pytest.raises(RefusedPictureError, match="too_complex"):
        await Reencoder(1, within_s=120).reencode(rotated_heif(), ADAPTER)


async def test_a_process_that_hangs_is_killed_and_the_next_picture_has_its_turn(
    tmp_path: Path,
) -> None:
    told = tmp_path / "pid"
    hang = f"echo $$ > {told}; exec sleep 600"  # Python takes long to start on a busy machine
    reencoder = Reencoder(1, ("sh", "-c", hang), within_s=2)

    for _ in range(2):
        with pytest.raises(ReencodingError, match="no answer in time"):
            await reencoder.reencode(encoded(), ADAPTER)
        with pytest.raises(ProcessLookupError):
            os.kill(int(told.read_text()), 0)


async def test_a_process_that_is_killed_from_outside_says_nothing_of_the_picture() -> None:
    kill = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    with pytest.raises(ReencodingError):
        await running(kill).reencode(encoded(), ADAPTER)


async def test_an_answer_without_an_end_is_cut_off() -> None:
    endless = "import sys\nwhile True: sys.stdout.buffer.write(b'x' * 2**20)"
    with pytest.raises(RefusedPictureError):
        await running(endless).reencode(encoded(), ADAPTER)


async def test_a_process_that_talks_and_never_listens_is_killed() -> None:
    """What it said and nobody read must not hold up the news of its end."""
    flood = "import sys\nwhile True: sys.stdout.buffer.write(b'x' * 2**20)"
    with pytest.raises(ReencodingError, match="no answer in time"):
        async with asyncio.timeout(60):
            await running(flood, within_s=2).reencode(bytes(2**20), ADAPTER)


async def test_a_cancelled_call_leaves_no_process(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    hang = f"import os, time; open({str(told)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    call = asyncio.create_task(running(hang).reencode(encoded(), ADAPTER))
    while not (told.exists() and told.read_text()):
        await asyncio.wait([call], timeout=0.05)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call

    with pytest.raises(ProcessLookupError):
        os.kill(int(told.read_text()), 0)


@pytest.mark.parametrize(
    "attempt",
    [
        pytest.param("open('/etc/passwd')", id="a file"),
        pytest.param("import socket; socket.socket()", id="a socket"),
        pytest.param("bytearray(2 * 1024**3)", id="memory"),
        pytest.param("import os; assert not os.environ.get('INTAKE_POSTGRES_DSN')", id="a secret"),
    ],
)
async def test_the_process_may_have_nothing_of_the_machine(
    attempt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers with the name of what stopped it."""
    monkeypatch.setenv("INTAKE_POSTGRES_DSN", "a secret")
    code = f"""
import json
try:
    {attempt}
    sys.stdout.write(json.dumps({{"refused": "got it"}}) + "\\n")
except (OSError, MemoryError) as error:
    sys.stdout.write(json.dumps({{"refused": type(error).__name__}}) + "\\n")
"""
    imports = "import os, socket\n"  # once confined, no module can be read
    with pytest.raises(RefusedPictureError) as refused:
        await running(imports + CONFINED.format(code)).reencode(encoded(), ADAPTER)

    expected = {"bytearray(2 * 1024**3)": "MemoryError"}.get(attempt, "OSError")
    assert refused.value.fault == ("got it" if "environ" in attempt else expected)
