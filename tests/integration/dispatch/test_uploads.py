"""Pictures that bureaus upload at dispatch, which intake keeps."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from io import BytesIO

import pytest
from aiohttp import web

from services.dispatch.channels.bureau_api.media import MAX_UPLOADS
from services.dispatch.settings import DispatchSettings
from tests.integration.dispatch.http_access import KEYS, OPERATOR, add_keys, serving_dispatch
from tests.integration.dispatch.sinkholes import LEAD
from tests.support.databases import Database

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


async def test_a_bureaus_picture_is_passed_on_to_intake_and_nobody_elses(
    settings: DispatchSettings, database: Database
) -> None:
    await add_keys(database)
    intake, picture = Intake(), b"a picture " * 200_000

    async def upload(key: str, body: bytes = picture) -> tuple[int, Mapping[str, str]]:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "image/png"}
        async with client.post("/v1/media", data=BytesIO(body), headers=headers) as answer:
            await answer.read()
            return answer.status, answer.headers

    async with serving_intake(intake) as url:
        with_intake = settings.model_copy(update={"intake_url": url})
        async with serving_dispatch(with_intake) as client:
            refused = [await upload("a wrong key"), await upload(OPERATOR)]
            refused.append(await upload(KEYS[LEAD], bytes(12 * 1024 * 1024)))
            assert ([status for status, _ in refused], intake.got) == ([401, 403, 413], [])

            full = [asyncio.create_task(upload(KEYS[LEAD])) for _ in range(MAX_UPLOADS + 1)]
            done, _ = await asyncio.wait(full, return_when=asyncio.FIRST_COMPLETED)
            assert [task.result()[0] for task in done] == [503]  # no more in memory
            intake.may_answer.set()
            answers = await asyncio.gather(*full)
            assert sorted(status for status, _ in answers) == [201] * MAX_UPLOADS + [503]
            [location] = {headers["Location"] for status, headers in answers if status == 201}
            assert location == "https://311.example.org/v1/media/5"
    headers, body = intake.got[0]
    assert body == picture
    assert headers["Authorization"] == f"Bearer {KEYS[LEAD]}"
    assert headers["Content-Type"] == "image/png"
