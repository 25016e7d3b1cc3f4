"""The folder of pictures beside what others put into it."""

from pathlib import Path

from services.intake.media.folder import MediaFolder


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
