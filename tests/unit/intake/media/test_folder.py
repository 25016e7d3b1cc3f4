"""The folder of pictures beside what others put into it."""

import shutil
from pathlib import Path

import pytest

from services.intake.media.folder import MediaFolder, MediaStorageError


async def test_what_is_no_subfolder_of_ours_is_passed_over(tmp_path: Path) -> None:
    folder = MediaFolder(tmp_path)
    await folder.write("a" * 32, b"picture")
    (tmp_path / "lost+found").mkdir()
    strange = tmp_path / "lost+found" / "file"
    strange.write_bytes(b"of somebody else")
    (tmp_path / "note.txt").write_bytes(b"the same")

    listed = [media_ids async for media_ids in folder.older_than(-60)]

    assert listed == [["a" * 32]]
    assert strange.exists()


async def test_pictures_leave_room_on_their_disk(tmp_path: Path) -> None:
    """A database may share it."""
    free = shutil.disk_usage(tmp_path).free
    full, roomy = (MediaFolder(tmp_path, min_free_bytes=least) for least in (2 * free, 0))
    await roomy.write("a" * 32, b"picture")

    with pytest.raises(MediaStorageError):
        await full.write("b" * 32, b"picture")

    assert await full.read("a" * 32) == b"picture"
    assert await roomy.read("b" * 32) is None
