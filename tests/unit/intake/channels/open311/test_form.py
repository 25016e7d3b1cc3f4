"""Forms with pictures, as a server reads them from a connection."""

import asyncio
from collections.abc import AsyncGenerator
from io import BytesIO

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from services.intake.channels.open311.form import read_form
from services.intake.channels.open311.responses import Open311Error
from services.intake.pictures import RefusedPictureError
from shared.runtime.http.server import serve_http

pytestmark = pytest.mark.asyncio(loop_scope="module")

MULTIPART = {"Content-Type": "multipart/form-data; boundary=x"}
MIB = 1024 * 1024


async def read(request: web.Request) -> web.Response:
    try:
        form = await read_form(request)
    except Open311Error as error:
        return web.json_response(error.descriptions, status=error.status)
    except RefusedPictureError as refused:
        return web.json_response([refused.fault], status=413)
    return web.json_response([list(form.fields), [len(picture) for picture in form.pictures]])


async def nothing_missing() -> str | None:
    return None


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client() -> AsyncGenerator[aiohttp.ClientSession]:
    stopping = asyncio.Event()
    routes = [web.post("/", read)]
    async with (
        serve_http("127.0.0.1", 0, routes=routes, check=nothing_missing, stopping=stopping) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
    ):
        yield session  # of all tests: it lingers 2 s at its end for each body that it refused


def part(name: str, content: bytes, more: bytes = b"") -> bytes:
    head = f'--x\r\nContent-Disposition: form-data; name="{name}"{more.decode()}\r\n\r\n'
    return head.encode() + content + b"\r\n"


END = b"--x--\r\n"
FILE = b'; filename="x.jpg"'


async def sent(client: aiohttp.ClientSession, body: bytes) -> tuple[int, list[object]]:
    async with client.post("/", data=BytesIO(body), headers=MULTIPART) as response:
        return response.status, await response.json()


async def test_fields_and_pictures_are_told_apart_whatever_their_order(
    client: aiohttp.ClientSession,
) -> None:
    body = part("media", b"12345", FILE) + part("attribute[A][]", "ä".encode())
    body += part("media[]", b"123", FILE) + part("attribute[A][]", b"b") + END

    assert await sent(client, body) == (
        *(200, [[["attribute[A][]", "ä"], ["attribute[A][]", "b"]], [5, 3]]),
    )


async def test_an_empty_file_counts_as_not_sent(client: aiohttp.ClientSession) -> None:
    assert await sent(client, part("media", b"", FILE) + END) == (200, [[], []])


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        pytest.param(part("media", b"1", FILE) * 6 + END, 400, "media: send at most 5", id="six"),
        pytest.param(part("a", b"1") * 501 + END, 400, "at most 500 fields", id="many fields"),
        pytest.param(part("photo", b"\xff\xd8", FILE) + END, 400, "in the field media", id="name"),
        pytest.param(b"no boundary", 400, "with a boundary", id="no form"),
        pytest.param(part("media", b"12345", FILE)[:-4], 400, "with a boundary", id="cut off"),
        pytest.param(
            b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y--\r\n" + END,
            *(400, "with a boundary"),
            id="a form in a form",
        ),
        pytest.param(
            part("media", b"1" * (10 * MIB + 1), FILE) + END, 413, "too_many_bytes", id="one large"
        ),
        pytest.param(
            (part("media", b"1" * (6 * MIB), FILE) + part("note", b"2" * (5 * MIB)) + END),
            *(413, "too_many_bytes"),
            id="large together",
        ),
    ],
)
async def test_what_is_no_such_form_is_refused(
    client: aiohttp.ClientSession, body: bytes, status: int, told: str
) -> None:
    answered, [description] = await sent(client, body)

    assert (answered, told in str(description)) == (status, True), description
