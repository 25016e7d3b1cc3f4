"""The picture in a form, over HTTP: found by the boundaries, whatever else the form holds."""

import asyncio
from collections.abc import AsyncGenerator
from io import BytesIO

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from services.intake.channels.api.media import read_picture
from services.intake.pictures import MAX_BYTES, RefusedPictureError
from shared.runtime.http.authentication import RefusedError
from shared.runtime.http.server import serve_http

pytestmark = pytest.mark.asyncio(loop_scope="module")

MIB = 1024 * 1024
HEADERS = {"Content-Type": "multipart/form-data; boundary=x"}
PICTURE = b"\xff\xd8\r\n-\r\n--y\r\n\r\n"
"""Lines and boundaries that are not the form's."""


def form(*fields: bytes, end: bytes = b"--x--\r\n") -> bytes:
    """A form; each field is its head, an empty line, and its content."""
    return b"".join(b"--x\r\n%s\r\n" % field for field in fields) + end


def field(name: bytes, content: bytes = b"") -> bytes:
    return b'Content-Disposition: form-data; name="%s"\r\n\r\n%s' % (name, content)


async def nothing_missing() -> str | None:
    return None


async def echo(request: web.Request) -> web.Response:
    """Answer with the picture."""
    try:
        return web.Response(body=await read_picture(request))
    except RefusedError as refused:
        return refused.response
    except RefusedPictureError as refused:
        return web.Response(status=413, text=refused.fault)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client() -> AsyncGenerator[aiohttp.ClientSession]:
    async with (
        serve_http(
            "127.0.0.1",
            0,
            routes=[web.post("/", echo)],
            check=nothing_missing,
            stopping=asyncio.Event(),
        ) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}", headers=HEADERS) as session,
    ):
        yield session  # of all tests: it lingers 2 s at its end for each body that it refused


async def sent(client: aiohttp.ClientSession, body: bytes) -> tuple[int, bytes]:
    async with client.post("/", data=BytesIO(body)) as response:
        return response.status, await response.read()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(form(field(b"file", PICTURE)), id="alone"),
        pytest.param(form(field(b"note", b"x"), field(b"file", PICTURE)), id="after another"),
        pytest.param(form(*[field(b"a")] * 19, field(b"file", PICTURE)), id="the 20th field"),
        pytest.param(form(field(b"file", PICTURE), field(b"a")), id="before another"),
        pytest.param(
            form(
                'content-disposition: form-data; filename="a;фото.jpg"; name=file\r\n'
                "Content-Type: image/jpeg\r\n\r\n".encode()
                + PICTURE
            ),
            id="a file's name in any script",
        ),
    ],
)
async def test_the_first_field_file_is_the_picture(
    client: aiohttp.ClientSession, body: bytes
) -> None:
    assert await sent(client, body) == (200, PICTURE)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(form(field(b"picture", PICTURE)), 422, id="no field file"),
        pytest.param(b"--x--\r\n", 422, id="no field"),
        pytest.param(b"", 400, id="nothing"),
        pytest.param(form(*[field(b"a")] * 20, field(b"file", PICTURE)), 400, id="21 fields"),
        pytest.param(form(*[field(b"a")] * 190_000), 400, id="190,000 fields"),
        pytest.param(form(field(b"file", PICTURE), end=b"")[:-2], 400, id="cut off"),
        pytest.param(form(b"Content-Disposition: form-data; name=file"), 400, id="no empty line"),
        pytest.param(form(b"X: y\r\n" * 1_000 + field(b"file", PICTURE)), 400, id="a long head"),
        pytest.param(form(field(b"file", b"x" * (MAX_BYTES + 1))), 413, id="too large a picture"),
        pytest.param(form(field(b"a", b"x" * 11 * MIB)), 413, id="too large another field"),
    ],
)
async def test_what_is_no_such_form_is_refused(
    client: aiohttp.ClientSession, body: bytes, status: int
) -> None:
    assert (await sent(client, body))[0] == status


async def test_a_form_without_a_length_ends_at_the_limit(client: aiohttp.ClientSession) -> None:
    async def endless() -> AsyncGenerator[bytes]:
        yield b"--x\r\n" + field(b"a")
        while True:
            yield b"\r\n" * MIB

    async with client.post("/", data=endless()) as response:
        assert response.status == 413


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary="])
async def test_a_form_has_a_boundary(client: aiohttp.ClientSession, content_type: str) -> None:
    headers = {"Content-Type": content_type}
    async with client.post("/", data=BytesIO(b"--\r\n"), headers=headers) as response:
        assert response.status == 400
