"""The port to the bytes of pictures: a folder and a bucket keep the same promises."""

from typing import Any

import pytest

from services.intake.media.folder import MediaFiles, MediaStorageError
from services.intake.media.library import open_media_files
from services.intake.settings import MediaSettings

pytestmark = pytest.mark.integration

ID, OTHER = "a" * 32, "b" * 32


@pytest.fixture
def files(storage: dict[str, Any]) -> MediaFiles:
    return opened(storage)


def opened(storage: dict[str, Any]) -> MediaFiles:
    return open_media_files(MediaSettings(**storage))


async def listed(files: MediaFiles, age_s: float) -> list[str]:
    return sorted([one async for portion in files.older_than(age_s) for one in portion])


async def test_what_is_written_is_read_until_it_is_deleted(files: MediaFiles) -> None:
    assert await files.read(ID) is None
    await files.write(ID, b"picture")
    await files.write(OTHER, b"another")
    assert (await files.read(ID), await files.read(OTHER)) == (b"picture", b"another")

    await files.delete(ID)

    assert (await files.read(ID), await files.read(OTHER)) == (None, b"another")


async def test_writing_again_and_deleting_again_change_nothing_more(files: MediaFiles) -> None:
    for _ in range(2):
        await files.write(ID, b"picture")
    assert await files.read(ID) == b"picture"
    for _ in range(2):
        await files.delete(ID)
    assert await listed(files, -60) == []


async def test_a_picture_of_the_largest_size_comes_back(files: MediaFiles) -> None:
    large = bytes(range(256)) * (32 * 1024)  # 8 MiB, more than a part of a multipart upload
    await files.write(ID, large)

    assert await files.read(ID) == large


async def test_pictures_are_listed_by_age(files: MediaFiles) -> None:
    for media_id in (ID, OTHER):
        await files.write(media_id, b"picture")

    assert await listed(files, -60) == [ID, OTHER]
    assert await listed(files, 3_600) == []


@pytest.mark.parametrize("name", ["../" + "a" * 29, "A" * 32, "a" * 31, ""])
async def test_what_is_no_id_is_nothing_to_write_read_or_delete(
    files: MediaFiles, name: str
) -> None:
    for call in (files.write(name, b"x"), files.read(name), files.delete(name)):
        with pytest.raises(ValueError, match="not an id"):
            await call


async def test_storage_that_fails_says_so_without_names_or_keys(
    files: MediaFiles, broken_storage: dict[str, Any]
) -> None:
    await files.write(ID, b"picture")
    broken = opened(broken_storage)

    for call in (broken.write(OTHER, b"x"), broken.read(ID), broken.delete(ID)):
        with pytest.raises(MediaStorageError) as failed:
            await call
        assert not any(str(value) in str(failed.value) for value in broken_storage.values())

    assert await files.read(ID) == b"picture"
