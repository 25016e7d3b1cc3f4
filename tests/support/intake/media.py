"""Uploads of pictures, what is kept of them, and how they are erased."""

from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp

from services.intake.store.erasure import erase_contacts
from shared.runtime.postgres import open_database, open_pool, transaction
from tests.support.databases import Database
from tests.support.intake.http_client import ADAPTER, Response, call, plain, post


async def upload(client: aiohttp.ClientSession, picture: Any, key: str = ADAPTER) -> Response:
    data = BytesIO(picture) if isinstance(picture, bytes) else picture
    return await call(client, "POST", "/v1/media", key, data=data)


def path_of(response: Response) -> str:
    return f"/v1/media/{response.json['media_id']}"


def files(folder: Path) -> list[Path]:
    return [file for file in (folder / "media").rglob("*") if file.is_file()]


async def fetch(database: Database, sql: str, *values: Any) -> list[Any]:
    async with open_database(database.admin_dsn) as db:
        return list(await db.fetch(sql, *values))


async def reported(client: aiohttp.ClientSession, *urls: str, **more: Any) -> Any:
    answer = await post(client, plain(media=[{"url": url} for url in urls], **more))
    assert answer.status == 201
    return answer.json


async def erase(database: Database, *request_ids: str) -> None:
    async with open_pool(database.dsn("intake")) as pool, transaction(pool) as db:
        await erase_contacts(db, request_ids)
