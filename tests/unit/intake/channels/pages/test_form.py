"""Forms of the pages as a server reads them from a connection, with and without photos."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from io import BytesIO

import aiohttp
import pytest
from aiohttp import web

from services.intake.channels.pages.form import read_form
from services.intake.channels.pages.photos import PhotoIntake
from services.intake.pictures import MAX_BYTES, RefusedPictureError, derived_media_id
from services.intake.ports import IntakePorts
from services.intake.records.submissions import Uploader
from shared.errors import SystemicError
from shared.runtime.http.authentication import RefusedError
from shared.runtime.http.body_memory import BodyMemory
from shared.runtime.http.server import serve_http
from tests.support.waiting import eventually

MULTIPART = "multipart/form-data; boundary=x"
URLENCODED = "application/x-www-form-urlencoded"
ADDRESS = "127.0.0.1"
END = b"--x--\r\n"


def photo_id(content: bytes) -> str:
    return derived_media_id(b"key", content, "web", "form")


PHOTO_ID = photo_id(b"a picture")


class NoDatabaseError(SystemicError):
    code = "no_database"


class Library:
    """Keeps pictures but those that begin with what is wrong with them."""

    def __init__(self) -> None:
        self.kept: list[bytes] = []

    async def keep_picture(
        self, content: bytes, uploader: Uploader, *call: str, take: Callable[[], bytes]
    ) -> str:
        assert uploader == Uploader("web", ADDRESS)
        media_id, picture = derived_media_id(b"key", content, *call), take()
        if picture.startswith(b"no picture"):
            raise RefusedPictureError("unsupported_picture")
        if picture.startswith(b"no database"):
            raise NoDatabaseError
        if picture.startswith(b"slow"):
            await asyncio.Event().wait()
        self.kept.append(picture)
        return media_id


def part(name: str, content: bytes, filename: str | None = None) -> bytes:
    more = "" if filename is None else f'; filename="{filename}"'
    head = f'--x\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
    return head.encode() + content + b"\r\n"


@pytest.fixture
def library() -> Library:
    return Library()


@pytest.fixture
def memory() -> BodyMemory:
    return BodyMemory(2 * MAX_BYTES)


@pytest.fixture
async def client(library: Library, memory: BodyMemory) -> AsyncGenerator[aiohttp.ClientSession]:
    async def read(request: web.Request) -> web.Response:
        core: IntakePorts = library  # type: ignore[assignment] # what it uses of one
        with PhotoIntake(core, memory, ADDRESS, within_s=2) as photos:
            try:
                form = await read_form(request, photos.take)
            except RefusedError as refused:
                return refused.response
            photo_ids = await photos.keep("form", request.query.getall("before", []))
        faults = [[one.number, one.code] for one in photos.faults]
        return web.json_response([dict(form.values), photo_ids, faults])

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
    client: aiohttp.ClientSession, body: bytes, content_type: str = MULTIPART, path: str = "/"
) -> tuple[int, list[object]]:
    headers = {"Content-Type": content_type}
    async with client.post(path, data=BytesIO(body), headers=headers) as response:
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
    assert (status, answer) == (200, [fields, [PHOTO_ID], []])
    assert library.kept == [b"a picture"]


async def test_a_form_without_files_is_read_as_well(client: aiohttp.ClientSession) -> None:
    answer = await sent(client, b"a=1&b=%C3%A9+&c=", URLENCODED)

    assert answer == (200, [{"a": ["1"], "b": ["é"]}, [], []])


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

    assert await sent(client, body) == (200, [{"description": ["A hole"]}, [], [[None, fault]]])
    assert library.kept == []


async def test_the_largest_photo_is_kept(client: aiohttp.ClientSession, library: Library) -> None:
    await sent(client, part("photo", b"x" * MAX_BYTES, "p.jpg") + END)

    assert [len(picture) for picture in library.kept] == [MAX_BYTES]


async def test_what_is_wrong_is_told_by_photo_and_the_others_are_kept(
    client: aiohttp.ClientSession, memory: BodyMemory
) -> None:
    photos = (b"one", b"no picture", b"", b"x" * (MAX_BYTES + 1), b"two")
    body = b"".join(part("photo", photo, "p.jpg") for photo in photos) + END

    _, answer = await sent(client, body)

    kept = [photo_id(b"one"), photo_id(b"two")]
    assert answer == [{}, kept, [[2, "unsupported_picture"], [3, "too_many_bytes"]]]
    assert memory.held == 0


async def test_a_photo_that_was_kept_leaves_the_memory_to_others(
    client: aiohttp.ClientSession, memory: BodyMemory
) -> None:
    body = part("photo", b"one", "p.jpg") + part("photo", b"slow", "p.jpg") + END

    answer = asyncio.create_task(sent(client, body))

    assert await eventually(lambda: held(memory, len(b"slow")))
    await answer


async def test_photos_that_take_too_long_do_not_hold_up_the_form(
    client: aiohttp.ClientSession,
) -> None:
    body = b"".join(part("photo", photo, "p.jpg") for photo in (b"one", b"slow", b"slower")) + END

    _, answer = await sent(client, body)

    assert answer == [{}, [photo_id(b"one")], [[2, "photo_busy"], [3, "photo_busy"]]]


@pytest.mark.parametrize("chosen", [6, 7])
async def test_the_first_five_photos_are_kept(
    client: aiohttp.ClientSession, library: Library, chosen: int
) -> None:
    photos = [str(one).encode() for one in range(chosen)]
    body = b"".join(part("photo", photo, "p.jpg") for photo in photos) + END

    _, answer = await sent(client, body)

    assert answer == [{}, [photo_id(one) for one in photos[:5]], [[None, "too_many_photos"]]]
    assert library.kept == photos[:5]


async def test_more_photos_come_after_those_before_each_once(
    client: aiohttp.ClientSession,
) -> None:
    again = part("photo", b"a picture", "p.jpg") + part("photo", b"new", "p.jpg") + END

    _, more = await sent(client, again, path=f"/?before=1&before={PHOTO_ID}")
    _, full = await sent(
        client, again, path=f"/?before=1&before=2&before=3&before=4&before={PHOTO_ID}"
    )

    assert more == [{}, ["1", PHOTO_ID, photo_id(b"new")], []]
    assert full == [{}, ["1", "2", "3", "4", PHOTO_ID], [[None, "too_many_photos"]]]


async def test_while_the_memory_is_full_a_form_comes_without_its_photo(
    client: aiohttp.ClientSession, memory: BodyMemory
) -> None:
    with memory.body("192.0.2.1") as other:
        other.extend(bytes(2 * MAX_BYTES))
        other.keep()
        none = await sent(client, part("photo", b"", "") + END)
        busy = await sent(client, part("photo", b"a picture", "p.jpg") + END)
    taken = [await sent(client, part("photo", b"a picture", "p.jpg") + END) for _ in range(2)]

    assert none == (200, [{}, [], []])
    assert busy == (200, [{}, [], [[None, "photo_busy"]]])
    assert taken == [(200, [{}, [PHOTO_ID], []])] * 2


async def test_a_photo_that_is_dropped_once_it_came_is_named(
    client: aiohttp.ClientSession, memory: BodyMemory
) -> None:
    """While the fields behind it arrive others need the memory."""

    async def body() -> AsyncGenerator[bytes]:
        yield part("photo", b"x" * MAX_BYTES, "p.jpg")
        await eventually(lambda: held(memory, MAX_BYTES))
        with memory.body("192.0.2.1") as complete, memory.body("192.0.2.2") as new:
            complete.extend(bytes(MAX_BYTES))
            complete.keep()
            new.extend(b"x")
        yield part("description", b"A hole") + END

    headers = {"Content-Type": MULTIPART}
    async with client.post("/", data=body(), headers=headers) as response:
        answer = await response.json()
    assert answer == [{"description": ["A hole"]}, [], [[None, "photo_busy"]]]


async def held(memory: BodyMemory, size: int) -> bool:
    return memory.held == size


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
