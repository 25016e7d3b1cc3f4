"""Pictures of the work, which bureaus add to their updates: who sees them, and how they go."""

from datetime import timedelta
from typing import Any

import pytest

from services.intake.public_status.store import PostgresPublicStatuses
from services.intake.records.public import WorkPictures
from services.intake.workers import Retention
from shared.contract.events import CaseClosed, CaseClosing, CaseOpened
from shared.runtime.clock import utc_now
from shared.runtime.http.api_keys import store_keys
from shared.runtime.postgres import Pool, transaction
from tests.integration.intake.conftest import BUREAU, OPERATOR, Running
from tests.support.builders import case_with_request
from tests.support.databases import Database
from tests.support.intake.browser import Page, visit
from tests.support.intake.http_client import call
from tests.support.intake.media import fetch, path_of, reported, upload
from tests.support.pictures import encoded
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

CASE = "0197a1b2-c3d4-7000-8000-000000000001"
KEPT = timedelta(days=400)


async def test_residents_see_the_crews_photo_once_it_is_released_and_none_of_elsewhere(
    running: Running, topic_log: TopicLog
) -> None:
    async with running() as client:
        request = await reported(client)
        photo = await upload(client, encoded(), BUREAU)
        number = request["tracking_number"]
        case = case_with_request(request_id=request["request_id"], tracking_number=number)
        media = [{"url": photo.json["url"]}, {"url": "https://elsewhere.example.org/x.jpg"}]
        done = case.model_dump() | {
            "version": 2,
            "status": "completed",
            "previous_status": "open",
            "public_note": "Filled it",
            "media": media,
        }
        await topic_log.publish(
            CaseOpened.of(case, now=utc_now()),
            CaseClosed.of(CaseClosing(**done, closed_at=utc_now()), now=utc_now()),
        )

        async def completed() -> Page | None:
            page = await visit(client, f"/track/{number}")
            return page if page.status == 200 and "Filled it" in page.text else None

        before = await eventually(completed)
        answer = await call(client, "POST", f"{path_of(photo)}/release", OPERATOR)
        after = await visit(client, f"/track/{number}")

    assert before
    assert answer.status == 200
    assert before.tree.xpath("//img/@src") == []
    assert after.tree.xpath("//div[@class='note']//img/@src") == [path_of(photo)]
    assert len(after.tree.xpath("//img[@alt='Photo from the team']")) == 1
    assert "elsewhere" not in after.text


async def test_a_bureau_publishes_its_own_pictures_alone_and_an_operator_has_the_last_word(
    running: Running, pool: Pool
) -> None:
    async with running() as client:
        own, other = await upload(client, encoded(), BUREAU), await upload(client, encoded())
        ids = (own.json["media_id"], other.json["media_id"], "f" * 32)

        async def say(version: int) -> None:
            async with transaction(pool) as db:
                pictures = [WorkPictures(CASE, version, ids, "STREETS")]
                await PostgresPublicStatuses(db).save_pictures(pictures)

        async def public() -> Any:
            rows = await pool.fetch("SELECT media_id, released_by FROM media ORDER BY uploaded_at")
            return [(row["media_id"].hex, row["released_by"]) for row in rows]

        await say(2)
        assert await public() == [(ids[0], "bureau:STREETS"), (ids[1], None)]
        await call(client, "POST", f"{path_of(own)}/withhold", OPERATOR)
        for version in (2, 3):
            await say(version)
            assert await public() == [(ids[0], None), (ids[1], None)]


async def test_an_adapter_named_like_a_bureau_publishes_nothing(
    running: Running, pool: Pool, database: Database
) -> None:
    key = "key of an adapter named like a bureau"
    await store_keys(database.admin_dsn, "intake", [("STREETS", "adapter", key)])
    async with running() as client:
        taken = await upload(client, encoded(), key)
    async with transaction(pool) as db:
        pictures = [WorkPictures(CASE, 2, (taken.json["media_id"],), "STREETS")]
        await PostgresPublicStatuses(db).save_pictures(pictures)

    assert await pool.fetchval("SELECT attached AND released_by IS NULL FROM media")


async def test_pictures_of_the_work_are_kept_as_long_as_others(
    running: Running, pool: Pool, database: Database
) -> None:
    async with running() as client:
        photo = await upload(client, encoded(), BUREAU)
    async with transaction(pool) as db:
        pictures = [WorkPictures(CASE, 2, (photo.json["media_id"],))]
        await PostgresPublicStatuses(db).save_pictures(pictures)

    async def sweep(days: int) -> int:
        return await Retention(pool, lambda: utc_now() + timedelta(days), KEPT).sweep_media()

    assert await sweep(401) == 0
    await fetch(
        database,
        "INSERT INTO intake.case_steps VALUES ($1::text::uuid, 2, 'completed', now(), 'PBOT')",
        CASE,
    )
    assert [await sweep(399), await sweep(401), await sweep(401)] == [0, 1, 0]
