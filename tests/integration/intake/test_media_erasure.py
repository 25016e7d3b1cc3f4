"""Pictures of requests: whose they are, when they are public, and how they go."""

import asyncio
import os
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.intake.media.folder import MediaFolder
from services.intake.media.library import MediaHousekeeping
from services.intake.workers import Retention
from shared.runtime.clock import utc_now
from shared.runtime.postgres import Pool, open_pool
from tests.integration.intake.conftest import OPERATOR, Running
from tests.support.databases import Database
from tests.support.intake.http_client import call
from tests.support.intake.media import erase, fetch, files, path_of, reported, upload
from tests.support.pictures import encoded
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

KEPT = timedelta(days=400)


def housekeeping(pool: Pool, folder: Path) -> MediaHousekeeping:
    return MediaHousekeeping(pool, MediaFolder(folder / "media"))


async def sweep(pool: Pool, at: datetime) -> int:
    return await Retention(pool, lambda: at, KEPT).sweep_media()


async def test_with_its_request_a_picture_is_erased_and_its_file_goes(
    running: Running, database: Database, tmp_path: Path
) -> None:
    async with running() as client:
        gone, kept = await upload(client, encoded()), await upload(client, encoded())
        request = await reported(client, gone.json["url"])
        await reported(client, kept.json["url"])
        assert (await call(client, "GET", path_of(gone))).status == 200

        await erase(database, request["request_id"])

        looked = await call(client, "GET", path_of(gone))
        decided = await call(client, "POST", f"{path_of(gone)}/release", OPERATOR)
        assert (looked.status, decided.status) == (410, 410)
        assert looked.headers["Content-Type"].startswith("application/problem+json")
        assert (await call(client, "GET", path_of(kept))).status == 200

        async def one_file() -> bool:
            return len(files(tmp_path)) == 1

        await eventually(one_file)
    assert files(tmp_path)[0].name == kept.json["media_id"]


async def test_an_address_of_ours_goes_to_bureaus_as_it_is_and_one_of_elsewhere_as_text(
    running: Running, database: Database
) -> None:
    elsewhere = "http://127.0.0.1:9/v1/media/" + "1" * 32
    unknown = "https://311.example.org/v1/media/" + "5" * 32
    async with running() as client:
        url = (await upload(client, encoded())).json["url"]
        request = await reported(client, url, elsewhere, unknown, description="A hole")

    rows = await fetch(database, "SELECT request_id::text, media_id FROM intake.request_media")
    assert [(row[0], row[1].hex) for row in rows] == [(request["request_id"], url[-32:])]
    [row] = await fetch(
        database, "SELECT value FROM intake.outbox WHERE topic LIKE 'intake-requests%'"
    )
    for address in (url, elsewhere, unknown):
        assert address.encode() in row["value"]


async def test_the_public_sees_a_picture_only_while_it_is_released(running: Running) -> None:
    async with running() as client:
        kept = await upload(client, encoded())
        request = await reported(client, kept.json["url"], "https://elsewhere.example.org/x.jpg")
        path = f"/v1/requests/{request['tracking_number']}"

        async def seen() -> Any:
            return (await call(client, "GET", path)).json["media"]

        async def downloaded() -> list[int]:
            """Return what a stranger and an operator get."""
            return [
                (await call(client, "GET", path_of(kept), one)).status for one in (None, OPERATOR)
            ]

        before = await seen(), await downloaded()
        for _ in range(2):
            answer = await call(client, "POST", f"{path_of(kept)}/release", OPERATOR)
            assert (answer.status, answer.json["released"]) == (200, True)
        released = await seen(), await downloaded()
        answer = await call(client, "POST", f"{path_of(kept)}/withhold", OPERATOR)
        withheld = await seen(), await downloaded()
        await call(client, "POST", f"{path_of(kept)}/release", OPERATOR)
        again = await downloaded()

    assert (answer.status, answer.json["released"]) == (200, False)
    assert before == ([], [200, 200])
    assert released == ([{"url": path_of(kept)}], [200, 200])
    assert withheld == ([], [404, 200])
    assert again == [200, 200]


async def test_a_file_without_a_row_is_deleted_and_no_other(
    running: Running, database: Database, tmp_path: Path
) -> None:
    """A crash between file and row, and one before the file had its name."""
    async with running() as client:
        kept = await upload(client, encoded())
    folder = MediaFolder(tmp_path / "media")
    await folder.write("f" * 32, b"of an upload that had no row")
    await folder.write("e" * 32, b"the same, a moment ago")
    shard = tmp_path / "media" / "ff"
    (shard / f".{'f' * 32}.new").write_bytes(b"half")
    for file in files(tmp_path):
        if file.name != "e" * 32:
            os.utime(file, (time.time() - 7_200,) * 2)

    async with open_pool(database.dsn("intake")) as pool:
        assert await housekeeping(pool, tmp_path).delete_orphans() == 1
        assert await housekeeping(pool, tmp_path).delete_orphans() == 0

    assert {file.name for file in files(tmp_path)} == {kept.json["media_id"], "e" * 32}


async def test_a_damaged_subfolder_keeps_no_erased_picture(
    running: Running, database: Database, tmp_path: Path
) -> None:
    async with running() as client:
        gone = await upload(client, encoded())
        request = await reported(client, gone.json["url"])
    await erase(database, request["request_id"])
    [file] = files(tmp_path)
    damaged = tmp_path / "media" / ("00" if file.parent.name != "00" else "01")
    damaged.write_bytes(b"no folder")

    async def no_file() -> bool:
        return not file.exists()

    stopping = asyncio.Event()
    async with open_pool(database.dsn("intake")) as pool, asyncio.TaskGroup() as tasks:
        tasks.create_task(housekeeping(pool, tmp_path).run(stopping))
        try:
            await eventually(no_file)
        finally:
            stopping.set()


async def test_a_picture_that_no_request_shows_goes_after_30_days(
    running: Running, database: Database
) -> None:
    async with running() as client:
        unused, used = await upload(client, encoded()), await upload(client, encoded())
        await reported(client, used.json["url"])
        async with open_pool(database.dsn("intake")) as pool:
            almost = utc_now() + timedelta(days=29, hours=23)
            assert await sweep(pool, almost) == 0
            later = utc_now() + timedelta(days=30, hours=1)
            assert await sweep(pool, later) == 1
        looked = [(await call(client, "GET", path_of(one))).status for one in (unused, used)]

    assert looked == [410, 200]


@pytest.mark.parametrize(
    ("statuses", "goes"),
    [
        pytest.param(["open"], False, id="open"),
        pytest.param(["open", "completed"], True, id="closed"),
        pytest.param(["completed", "open"], False, id="open again"),
    ],
)
async def test_pictures_of_a_case_go_with_the_term_of_contacts_also_without_a_contact(
    running: Running, database: Database, statuses: list[str], goes: bool
) -> None:
    async with running() as client:
        kept = await upload(client, encoded())
        request = await reported(client, kept.json["url"])
        sql = "UPDATE intake.requests SET case_id = request_id WHERE request_id = $1::text::uuid"
        await fetch(database, sql, request["request_id"])
        for version, status in enumerate(statuses, 1):
            await fetch(
                database,
                "INSERT INTO intake.case_steps VALUES ($1::text::uuid, $2, $3, now(), 'PBOT')",
                request["request_id"],
                version,
                status,
            )
        async with open_pool(database.dsn("intake")) as pool:
            for days, expected in ((399, 0), (401, int(goes))):
                at = utc_now() + timedelta(days=days)
                found = await sweep(pool, at)
                assert found == expected


async def test_a_picture_whose_file_is_lost_is_404(running: Running, tmp_path: Path) -> None:
    async with running() as client:
        kept = await upload(client, encoded())
        files(tmp_path)[0].unlink()

        assert (await call(client, "GET", path_of(kept))).status == 404
