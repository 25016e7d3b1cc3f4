"""Pictures over HTTP in each storage: kept, erased, swept, and refused when it fails."""

from typing import Any

import pytest

from services.intake.media.library import MediaHousekeeping, open_media_files
from services.intake.settings import MediaSettings
from shared.runtime.postgres import Pool
from tests.integration.intake.conftest import Running
from tests.support.databases import Database
from tests.support.intake.http_client import call
from tests.support.intake.media import erase, fetch, path_of, reported, upload
from tests.support.pictures import encoded
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration


async def test_a_restart_keeps_pictures(running: Running, storage: dict[str, Any]) -> None:
    async with running(**storage) as client:
        answer = await upload(client, encoded())
    async with running(**storage) as client:
        shown = await call(client, "GET", path_of(answer))

    assert (shown.status, len(shown.body)) == (200, answer.json["bytes"])


async def test_an_erased_picture_is_410_for_good_and_its_bytes_go(
    running: Running, storage: dict[str, Any], database: Database
) -> None:
    files = open_media_files(MediaSettings(**storage))
    async with running(**storage) as client:
        gone, kept = await upload(client, encoded()), await upload(client, encoded())
        request = await reported(client, gone.json["url"])
        await erase(database, request["request_id"])
        at_once = await call(client, "GET", path_of(gone))

        async def deleted() -> bool:
            return await files.read(gone.json["media_id"]) is None

        await eventually(deleted)
        afterwards = await call(client, "GET", path_of(gone))
        other = await call(client, "GET", path_of(kept))

    assert (at_once.status, afterwards.status, other.status) == (410, 410, 200)


async def test_bytes_without_a_row_are_deleted_once_they_are_old_and_no_others(
    running: Running, storage: dict[str, Any], pool: Pool
) -> None:
    """A crash between the bytes and their row."""
    files = open_media_files(MediaSettings(**storage))
    orphan = "f" * 32
    async with running(**storage) as client:
        kept = await upload(client, encoded())
    await files.write(orphan, b"of an upload that had no row")

    assert await MediaHousekeeping(pool, files).delete_orphans() == 0
    assert await files.read(orphan)
    assert await MediaHousekeeping(pool, files, orphan_age_s=-60).delete_orphans() == 1
    assert await files.read(orphan) is None
    assert await files.read(kept.json["media_id"])


async def test_while_the_storage_fails_the_answer_is_503_and_nothing_is_kept(
    running: Running,
    storage: dict[str, Any],
    broken_storage: dict[str, Any],
    database: Database,
) -> None:
    async with running(**storage) as client:
        kept = await upload(client, encoded())
    async with running(**broken_storage) as client:
        refused = await upload(client, encoded())
        hidden = await call(client, "GET", path_of(kept))

    assert (refused.status, hidden.status) == (503, 503)
    assert refused.headers["Retry-After"]
    assert refused.headers["Content-Type"].startswith("application/problem+json")
    [[media_id]] = await fetch(database, "SELECT media_id FROM intake.media")
    assert media_id.hex == kept.json["media_id"]
