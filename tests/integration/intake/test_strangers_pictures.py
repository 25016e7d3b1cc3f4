"""Pictures of callers without a key: slow ones and dear ones keep nobody else from theirs."""

import asyncio
import os
import socket
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from io import BytesIO
from pathlib import Path

import aiohttp
import pytest
from PIL import Image

from services.intake.media.folder import MediaFolder
from services.intake.media.library import MediaHousekeeping
from shared.runtime.postgres import Pool
from tests.integration.intake.conftest import Running
from tests.support.heif_files import rotated_heif
from tests.support.intake.browser import visit
from tests.support.intake.http_client import call
from tests.support.intake.media import files, path_of, reported, upload
from tests.support.intake.open311_calls import BASE
from tests.support.intake.open311_calls import form as open311_form
from tests.support.pictures import encoded

pytestmark = pytest.mark.integration

POTHOLE = {"description": "A small pothole", "address": "1221 SW 4th Ave"}
PAGE, OPEN311 = "/report", f"{BASE}/requests.json"
PHOTO_MIB = 4
_OK = b"HTTP/1.1 200 OK"
ONE_ADDRESS = ["127.0.0.2"]
ADDRESSES = [f"127.0.0.{number}" for number in range(2, 62)]


def photo_form(path: str, photo: bytes) -> aiohttp.FormData:
    """The form of a stranger, or of an adapter that names its key in the form."""
    fields = {"step": "1"} if path == PAGE else open311_form()
    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in fields.items():
        form.add_field(name, str(value))
    form.add_field("photo" if path == PAGE else "media", BytesIO(photo), filename="p.jpg")
    return form


@asynccontextmanager
async def slow_photos(
    client: aiohttp.ClientSession, path: str, addresses: Sequence[str]
) -> AsyncGenerator[None]:
    """Hold an upload open from each address, of which some megabytes came and no more do."""
    base = client._base_url  # noqa: SLF001 - the port is known to the client alone
    assert base
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
        'Content-Disposition: form-data; name="photo"; filename="p.jpg"\r\n\r\n'
    )

    async def begin(address: str) -> asyncio.StreamWriter:
        _, writer = await asyncio.open_connection(base.host, base.port, local_addr=(address, 0))
        writer.write(head.encode() + bytes(PHOTO_MIB * 1024 * 1024))
        await writer.drain()
        return writer

    writers = await asyncio.gather(*map(begin, addresses))
    yield
    for writer in writers:
        writer.transport.abort()


@pytest.mark.parametrize("path", [PAGE, OPEN311])
@pytest.mark.parametrize(
    "addresses",
    [
        pytest.param(ONE_ADDRESS * 16, id="16 of one address"),
        pytest.param(ONE_ADDRESS * 60, id="60 of one address"),
        pytest.param(ADDRESSES[:16], id="16 addresses"),
        pytest.param(ADDRESSES, id="60 addresses"),
    ],
)
async def test_slow_photos_keep_nobody_else_from_theirs(
    running: Running, path: str, addresses: Sequence[str]
) -> None:
    """60 of them are more than the memory of all."""
    async with running() as client, slow_photos(client, path, addresses):
        kind = await (await visit(client, PAGE)).submit({**POTHOLE, "photo": encoded()})
        before = await visit(client, f"{kind.url.rpartition('/')[0]}/what")
        async with client.post(OPEN311, data=photo_form(OPEN311, encoded())) as answer:
            with_key_in_form = answer.status
        of_adapter = await upload(client, encoded())

    assert (kind.status, len(before.tree.xpath("//figure[@class='photo']/img"))) == (200, 1)
    assert (with_key_in_form, of_adapter.status) == (200, 201)


async def test_pictures_of_strangers_that_take_all_their_cpu_leave_a_turn_to_adapters(
    running: Running,
) -> None:
    async with running() as client, AsyncExitStack() as open_clients:

        async def send(address: str) -> int:
            connector = aiohttp.TCPConnector(local_addr=(address, 0))
            stranger = await open_clients.enter_async_context(
                aiohttp.ClientSession(client._base_url, connector=connector)  # noqa: SLF001 - as above
            )
            async with stranger.post(PAGE, data=photo_form(PAGE, rotated_heif())) as answer:
                return answer.status

        sent = [asyncio.create_task(send(address)) for address in ADDRESSES[:4] * 2]
        uploads = [await upload(client, encoded()) for _ in range(5)]
        began = sum(not task.done() for task in sent)
        answers = await asyncio.gather(*sent)

    assert [one.status for one in uploads] == [201] * 5
    assert began > 0
    assert set(answers) == {422}


async def test_callers_that_do_not_read_pictures_hold_one_each_and_keep_nobody_from_theirs(
    running: Running,
) -> None:
    loop, noise = asyncio.get_running_loop(), os.urandom(2_048 * 2_048 * 3)
    picture = encoded(Image.frombytes("RGB", (2_048, 2_048), noise), quality=90)
    async with running() as client, AsyncExitStack() as open_sockets:
        base = client._base_url  # noqa: SLF001 - as above
        assert base
        path = path_of(await upload(client, picture))

        async def ask(address: str) -> bytes:
            """Ask for the picture, and read nothing but the first line of the response."""
            asking = open_sockets.enter_context(socket.socket())
            asking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            asking.setblocking(False)  # noqa: FBT003 - of the standard library
            asking.bind((address, 0))
            await loop.sock_connect(asking, (base.host, base.port))
            await loop.sock_sendall(asking, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            return await loop.sock_recv(asking, len(_OK))

        asked = [asyncio.create_task(ask(address)) for address in ADDRESSES[:3] * 10]
        done, waiting = await asyncio.wait(asked, timeout=1)
        other = await call(client, "GET", path)
        for task in waiting:
            task.cancel()
        await asyncio.wait(asked)

    assert [task.result() for task in done] == [_OK] * 3
    assert other.status == 200


async def test_of_photos_without_a_report_the_newest_are_kept(
    running: Running, pool: Pool, tmp_path: Path
) -> None:
    """A stranger may fill the first step of a form for ever; what was sent stays."""
    housekeeping = MediaHousekeeping(pool, MediaFolder(tmp_path / "media"), max_unused=2)
    async with running() as client:
        await reported(client, (await upload(client, encoded())).json["url"])
        waiting = await upload(client, encoded())
        drafts = [await draft(client, colour) for colour in ("red", "green", "blue", "white")]
        await housekeeping.erase_surplus()
        await housekeeping.delete_erased()
        shown = [await call(client, "GET", photo) for photo in [path_of(waiting), *drafts]]

    assert [one.status for one in shown] == [200, 410, 410, 200, 200]
    assert len(files(tmp_path)) == 4


async def draft(client: aiohttp.ClientSession, colour: str) -> str:
    """Send the first step of a report with a photo; return the photo's path."""
    photo = encoded(Image.new("RGB", (64, 48), colour))
    kind = await (await visit(client, PAGE)).submit({**POTHOLE, "photo": photo})
    back = await kind.submit(button=("to", "back"))
    [path] = back.tree.xpath("//main//img/@src")
    return str(path)
