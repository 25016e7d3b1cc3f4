"""Pictures that bureaus upload at dispatch, which intake keeps."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from functools import partial
from io import BytesIO
from typing import Any

import pytest
from aiohttp import web

from services.dispatch.channels.bureau_api.media import MAX_UPLOADS, MAX_UPLOADS_OF_BUREAU
from services.dispatch.settings import DispatchSettings
from tests.support.databases import Database
from tests.support.dispatch.http_access import KEYS, OPERATOR, add_keys, serving_dispatch
from tests.support.dispatch.sinkholes import INFORMED, LEAD
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration


class Intake:
    """A server that keeps what it got; it answers a picture only when it may."""

    def __init__(self) -> None:
        self.got: list[tuple[Mapping[str, str], bytes]] = []
        self.may_answer = asyncio.Event()

    async def upload(self, request: web.Request) -> web.Response:
        self.got.append((request.headers, await request.clone(client_max_size=2**30).read()))
        await self.may_answer.wait()
        headers = {"Location": "https://311.example.org/v1/media/5"}
        return web.json_response({"media_id": "5"}, status=201, headers=headers)


@asynccontextmanager
async def serving_intake(intake: Intake) -> AsyncGenerator[str]:
    app = web.Application()
    app.router.add_post("/v1/media", intake.upload)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def uploading(
    intake: Intake, settings: DispatchSettings
) -> AsyncGenerator[Callable[[str, bytes], Coroutine[Any, Any, tuple[int, Mapping[str, str]]]]]:
    """Dispatch in front of an intake; yields the upload of a picture with a key."""
    async with serving_intake(intake) as url:
        with_intake = settings.model_copy(update={"intake_url": url})
        async with serving_dispatch(with_intake) as client:

            async def upload(key: str, body: bytes) -> tuple[int, Mapping[str, str]]:
                headers = {"Authorization": f"Bearer {key}", "Content-Type": "image/png"}
                async with client.post("/v1/media", data=BytesIO(body), headers=headers) as answer:
                    await answer.read()
                    return answer.status, answer.headers

            yield upload


async def has_got(intake: Intake, count: int) -> bool:
    return len(intake.got) == count


async def test_a_bureaus_picture_is_passed_on_to_intake_and_nobody_elses(
    settings: DispatchSettings, database: Database
) -> None:
    await add_keys(database)
    intake, picture = Intake(), b"a picture " * 200_000
    intake.may_answer.set()
    async with uploading(intake, settings) as upload:
        refused = [await upload("a wrong key", picture), await upload(OPERATOR, picture)]
        refused.append(await upload(KEYS[LEAD], bytes(12 * 1024 * 1024)))
        assert ([status for status, _ in refused], intake.got) == ([401, 403, 413], [])

        status, answered = await upload(KEYS[LEAD], picture)
    assert (status, answered["Location"]) == (201, "https://311.example.org/v1/media/5")
    headers, body = intake.got[0]
    assert body == picture
    assert headers["Authorization"] == f"Bearer {KEYS[LEAD]}"
    assert headers["Content-Type"] == "image/png"


async def test_a_bureau_holds_two_uploads_at_a_time_and_leaves_the_other_slots_to_others(
    settings: DispatchSettings, database: Database
) -> None:
    await add_keys(database)
    intake, (other, third) = Intake(), INFORMED[:2]
    async with uploading(intake, settings) as upload, asyncio.TaskGroup() as group:

        async def hold(bureau: str, count: int) -> list[asyncio.Task[tuple[int, Any]]]:
            """Begin uploads that intake does not answer yet."""
            awaited = len(intake.got) + count
            tasks = [group.create_task(upload(KEYS[bureau], b"a picture")) for _ in range(count)]
            await eventually(partial(has_got, intake, awaited))
            return tasks

        held = await hold(LEAD, MAX_UPLOADS_OF_BUREAU)
        above, _ = await upload(KEYS[LEAD], b"a picture")
        held += await hold(other, MAX_UPLOADS - MAX_UPLOADS_OF_BUREAU)
        full, _ = await upload(KEYS[third], b"a picture")
        intake.may_answer.set()
        answers = await asyncio.gather(*held)
        after, _ = await upload(KEYS[LEAD], b"a picture")

    assert (above, full, after) == (429, 503, 201)
    assert [status for status, _ in answers] == [201] * MAX_UPLOADS
