"""Uploads of pictures, and what is kept of them."""

from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp

from shared.runtime.database import open_database
from tests.conftest import Database
from tests.integration.intake.http_client import ADAPTER, Response, call


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
