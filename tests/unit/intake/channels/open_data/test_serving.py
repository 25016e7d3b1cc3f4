from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from services.intake.channels.open_data.channel import open_data_routes
from shared.runtime.http.authentication import RefusedError
from shared.runtime.http.refusals import ADDRESS_RATE

NAME = "portland.gov-2026-03.csv"


def charge(request: web.Request) -> None:
    """The limit of an address, which is above it where the query says so."""
    if "refused" in request.query:
        raise RefusedError(ADDRESS_RATE.response())


@pytest.fixture
async def client(
    tmp_path: Path,
) -> AsyncGenerator[TestClient[web.Request, web.Application]]:
    folder = tmp_path / "open-data"
    folder.mkdir()
    (folder / NAME).write_text("service_request_id\nreq_a\n")
    (folder / "datapackage.json").write_text("{}")
    (folder / ".half.csv.new").write_text("half")
    (folder / ".hidden.csv").write_text("hidden")
    (folder / "notes.txt").write_text("ours")
    (tmp_path / "secret.csv").write_text("secret")
    app = web.Application()
    app.add_routes(open_data_routes(folder, charge))
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_a_file_is_served_with_etag_and_ranges(
    client: TestClient[web.Request, web.Application],
) -> None:
    whole = await client.get(f"/open-data/{NAME}")
    part = await client.get(f"/open-data/{NAME}", headers={"Range": "bytes=0-6"})
    again = await client.get(f"/open-data/{NAME}", headers={"If-None-Match": whole.headers["ETag"]})

    assert (whole.status, whole.content_type) == (200, "text/csv")
    assert whole.headers["X-Content-Type-Options"] == "nosniff"
    assert (part.status, await part.text()) == (206, "service")
    assert again.status == 304


async def test_the_folder_itself_is_its_list(
    client: TestClient[web.Request, web.Application],
) -> None:
    found = await client.get("/open-data/")

    assert (found.status, found.content_type) == (200, "application/json")


@pytest.mark.parametrize(
    "path", ["nothing.csv", ".hidden.csv", ".half.csv.new", "notes.txt", "..%2Fsecret.csv"]
)
async def test_nothing_else_is_served(
    client: TestClient[web.Request, web.Application], path: str
) -> None:
    assert (await client.get(f"/open-data/{path}")).status == 404


async def test_an_address_that_calls_too_often_is_refused(
    client: TestClient[web.Request, web.Application],
) -> None:
    refused = await client.get(f"/open-data/{NAME}?refused")

    assert refused.status == 429
    assert refused.headers["Retry-After"]
