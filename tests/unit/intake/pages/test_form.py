"""Forms of the pages as a server reads them from a connection, with and without a photo."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import ExitStack
from functools import partial
from io import BytesIO

import aiohttp
import pytest
from aiohttp import web

from services.intake.http.admission import AdmissionControl
from services.intake.pages.form import read_form
from services.intake.pages.photos import PhotoIntake
from services.intake.rules.media import (
    MAX_BYTES,
    RefusedPictureError,
    derived_media_id,
    is_media_id,
)
from shared.errors import SystemicError
from shared.runtime.http.body_budget import hold_bytes
from shared.runtime.http.callers import RefusedError
from shared.runtime.http.rate_limits import TokenBucket
from shared.runtime.http.server import serve_http

MULTIPART = "multipart/form-data; boundary=x"
URLENCODED = "application/x-www-form-urlencoded"
END = b"--x--\r\n"
PHOTO_ID = derived_media_id(b"key", b"a picture", "web", "form")


class NoDatabaseError(SystemicError):
    code = "no_database"


class Library:
    """Keeps pictures but those that begin with what is wrong with them."""

    def __init__(self) -> None:
        self.kept: list[bytes] = []

    async def add_once(self, media_id: str, picture: bytes, uploaded_by: str) -> None:
        assert is_media_id(media_id)
        assert uploaded_by == "web"
        if picture.startswith(b"no picture"):
            raise RefusedPictureError("unsupported_picture")
        if picture.startswith(b"no database"):
            raise NoDatabaseError
        self.kept.append(picture)


def slots(count: int) -> AdmissionControl:
    return AdmissionControl(lambda: count, TokenBucket(100), caller_share=1)


def part(name: str, content: bytes, filename: str | None = None) -> bytes:
    more = "" if filename is None else f'; filename="{filename}"'
    head = f'--x\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
    return head.encode() + content + b"\r\n"


@pytest.fixture
def library() -> Library:
    return Library()


@pytest.fixture
def admission() -> AdmissionControl:
    return slots(1)


@pytest.fixture
async def client(
    library: Library, admission: AdmissionControl
) -> AsyncGenerator[aiohttp.ClientSession]:
    async def read(request: web.Request) -> web.Response:
        with ExitStack() as slot:
            hold = partial(hold_bytes, request)
            photo = PhotoIntake(library, admission, "127.0.0.1", hold, slot)  # type: ignore[arg-type] # what it uses of one
            try:
                form = await read_form(request, photo.take)
            except RefusedError as refused:
                return refused.response
            photo_id = await photo.keep(b"key", "form")
        return web.json_response([dict(form.values), photo_id, photo.fault])

    async def nothing_missing() -> str | None:
        return None

    async with (
        serve_http(
            "127.0.0.1",
            0,
            routes=[web.post("/", read)],
            check=nothing_missing,
            stopping=asyncio.Event(),
        ) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
    ):
        yield session


async def sent(
    client: aiohttp.ClientSession, body: bytes, content_type: str = MULTIPART
) -> tuple[int, list[object]]:
    headers = {"Content-Type": content_type}
    async with client.post("/", data=BytesIO(body), headers=headers) as response:
        answer = await response.json()
        return response.status, answer if isinstance(answer, list) else [answer["title"]]


async def test_fields_and_the_photo_are_told_apart(
    client: aiohttp.ClientSession, library: Library
) -> None:
    body = (
        part("description", "Ein größeres Loch".encode())
        + part("photo", b"a picture", "p.jpg")
        + part("attribute[size]", b"a")
        + part("attribute[size]", b"b")
        + part("name", b"  ")
        + END
    )

    status, answer = await sent(client, body)

    fields = {"description": ["Ein größeres Loch"], "attribute[size]": ["a", "b"]}
    assert (status, answer) == (200, [fields, PHOTO_ID, None])
    assert library.kept == [b"a picture"]


async def test_a_form_without_files_is_read_as_well(client: aiohttp.ClientSession) -> None:
    answer = await sent(client, b"a=1&b=%C3%A9+&c=", URLENCODED)

    assert answer == (200, [{"a": ["1"], "b": ["é"]}, None, None])


@pytest.mark.parametrize(
    ("photo", "fault"),
    [
        (b"no picture", "unsupported_picture"),
        (b"no database", "photo_busy"),
        (b"x" * (MAX_BYTES + 1), "too_many_bytes"),
    ],
)
async def test_a_photo_that_cannot_be_kept_leaves_the_fields(
    client: aiohttp.ClientSession, library: Library, photo: bytes, fault: str
) -> None:
    body = part("photo", photo, "p.jpg") + part("description", b"A hole") + END

    assert await sent(client, body) == (200, [{"description": ["A hole"]}, None, fault])
    assert library.kept == []


async def test_the_largest_photo_is_kept(client: aiohttp.ClientSession, library: Library) -> None:
    await sent(client, part("photo", b"x" * MAX_BYTES, "p.jpg") + END)

    assert [len(picture) for picture in library.kept] == [MAX_BYTES]


async def test_a_field_for_a_photo_without_one_needs_no_slot(
    client: aiohttp.ClientSession, admission: AdmissionControl
) -> None:
    assert admission.try_acquire("127.0.0.1") is None
    none = await sent(client, part("photo", b"", "") + END)
    busy = await sent(client, part("photo", b"a picture", "p.jpg") + END)
    admission.release("127.0.0.1")
    taken = [await sent(client, part("photo", b"a picture", "p.jpg") + END) for _ in range(2)]

    assert none == (200, [{}, None, None])
    assert busy == (200, [{}, None, "photo_busy"])
    assert taken == [(200, [{}, PHOTO_ID, None])] * 2


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        pytest.param(b"a=%FF", URLENCODED, 400, id="no UTF-8"),
        pytest.param(b"&".join([b"a=1"] * 501), URLENCODED, 400, id="too many fields"),
        pytest.param(part("a", b"\xff") + END, MULTIPART, 400, id="no UTF-8 in a part"),
        pytest.param(part("a", b"1"), MULTIPART, 400, id="cut off"),
        pytest.param(b"text", MULTIPART, 400, id="no parts"),
        pytest.param(b"text", "multipart/form-data", 400, id="no boundary"),
        pytest.param(part("a", b"1") * 501 + END, MULTIPART, 400, id="too many parts"),
        pytest.param(part("a", b"1" * 300_000) + END, MULTIPART, 413, id="too much text"),
    ],
)
async def test_what_is_no_form_is_refused(
    client: aiohttp.ClientSession, body: bytes, content_type: str, status: int
) -> None:
    assert (await sent(client, body, content_type))[0] == status
