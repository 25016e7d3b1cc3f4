"""Pictures by Open311: in a form or by an address, and when the public sees them."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from shared.contract.events import Event, NoteAdded
from shared.contract.topics import INTAKE_REQUESTS
from tests.integration.intake.conftest import BUREAU, OPERATOR, Running
from tests.support.databases import Database
from tests.support.intake.http_client import ADAPTER, call
from tests.support.intake.media import fetch, files, upload
from tests.support.intake.open311_calls import (
    BASE,
    Answer,
    form,
    number_of,
    public_id_of,
    read,
    send,
)
from tests.support.pictures import encoded
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

PUBLIC = "https://311.example.org"
ELSEWHERE = "https://photos.example.org/1.jpg"


async def send_form(  # noqa: PLR0913 - all that a form may differ in
    client: aiohttp.ClientSession,
    *pictures: bytes,
    name: str = "media",
    path: str = "requests.json",
    pictures_first: bool = False,
    headers: dict[str, str] | None = None,
    fields: Mapping[str, str] | None = None,
) -> Answer:
    """Post a form with pictures, as browsers and apps do."""
    more = {"filename": "x.jpg", "content_type": "image/jpeg"}

    async def answered() -> Answer | None:
        data = aiohttp.FormData(default_to_multipart=True)
        parts: list[Any] = [(key, str(value), {}) for key, value in form(**fields or {}).items()]
        files: list[Any] = [(name, BytesIO(picture), more) for picture in pictures]
        for key, value, details in [*files, *parts] if pictures_first else [*parts, *files]:
            data.add_field(key, value, **details)
        async with client.post(f"{BASE}/{path}", data=data, headers=headers) as response:
            answer = await Answer.of(response)
        return None if answer.status == HTTPStatus.SERVICE_UNAVAILABLE else answer

    answer = await eventually(answered)  # a busy machine may miss the deadline
    assert answer
    return answer


def urls(event: Event) -> list[str]:
    return [medium.url for medium in event.data.media]


@asynccontextmanager
async def half_a_form(
    client: aiohttp.ClientSession, headers: Mapping[str, str]
) -> AsyncGenerator[None]:
    """Begin to send a form with pictures, and no more."""
    base = client._base_url  # noqa: SLF001 - the port is known to the client alone
    assert base
    _, writer = await asyncio.open_connection(base.host, base.port)
    more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(
        f"POST {BASE}/requests.json HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n{more}"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n".encode()
    )
    yield
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def refusal(
    client: aiohttp.ClientSession, headers: dict[str, str], half_sent: AsyncExitStack
) -> Answer:
    """Begin forms and send whole ones until one is refused."""

    async def refused() -> Answer | None:
        for _ in range(8):  # on a busy machine the deadline of earlier ones may have passed
            await half_sent.enter_async_context(half_a_form(client, headers))
        answer = await send_form(client, encoded(), headers=headers)
        return answer if answer.status == HTTPStatus.TOO_MANY_REQUESTS else None

    answer = await eventually(refused)
    assert answer
    return answer


async def released(client: aiohttp.ClientSession, url: str, word: str = "release") -> None:
    answer = await call(client, "POST", f"{url.removeprefix(PUBLIC)}/{word}", OPERATOR)
    assert answer.status == 200


async def media_url(client: aiohttp.ClientSession, number: str) -> Any:
    """What lists, the single request and XML say alike."""
    [listed] = (await read(client, "requests.json")).json
    [alone] = (await read(client, f"requests/{number}.json")).json
    xml = (await read(client, f"requests/{number}.xml")).xml
    assert listed["media_url"] == alone["media_url"] == (xml.findtext("request/media_url") or None)
    return listed["media_url"]


@pytest.mark.parametrize("name", ["media", "media[]"])
@pytest.mark.parametrize("pictures_first", [False, True])
async def test_pictures_of_a_form_are_kept_and_go_to_the_bureau(
    running: Running, topic_log: TopicLog, name: str, pictures_first: bool
) -> None:
    async with running() as client:
        answer = await send_form(
            client,
            encoded(),
            encoded(kind="PNG"),
            name=name,
            pictures_first=pictures_first,
            fields={"media_url": ELSEWHERE, "attribute[size]": "small"},
        )
        assert answer.status == 200, answer.body
        [request] = await topic_log.at_least(1, INTAKE_REQUESTS)
        other, *ours = urls(request)
        shown = [await call(client, "GET", url.removeprefix(PUBLIC)) for url in ours]

    assert other == ELSEWHERE
    assert len(ours) == 2
    assert all(url.startswith(f"{PUBLIC}/v1/media/") for url in ours)
    assert [(one.status, one.headers["Content-Type"]) for one in shown] == [(200, "image/jpeg")] * 2
    assert request.data.attributes == {"size": "small"}


async def test_a_form_without_a_picture_is_a_form_and_an_empty_file_is_none(
    running: Running, topic_log: TopicLog, tmp_path: Path
) -> None:
    async with running() as client:
        answers = [await send_form(client), await send_form(client, b"")]
        requests = await topic_log.at_least(2, INTAKE_REQUESTS)

    assert [answer.status for answer in answers] == [200, 200]
    assert [urls(request) for request in requests] == [[], []]
    assert files(tmp_path) == []


async def test_an_update_may_bring_a_picture(running: Running, topic_log: TopicLog) -> None:
    async with running() as client:
        number = await number_of(client)
        taken = await send_form(
            client,
            encoded(),
            path="servicerequestupdates.json",
            fields={"service_request_id": number, "description": "It is larger now"},
        )
        _, note = await topic_log.at_least(2, INTAKE_REQUESTS)

    assert taken.status == 200, taken.body
    assert isinstance(note, NoteAdded)
    assert [url.startswith(f"{PUBLIC}/v1/media/") for url in urls(note)] == [True]


async def test_a_repeat_with_the_same_pictures_is_one_request_and_keeps_them_once(
    running: Running, topic_log: TopicLog, tmp_path: Path
) -> None:
    key = {"Idempotency-Key": "17"}
    async with running() as client:
        first, again = [await send_form(client, encoded(), headers=key) for _ in range(2)]
        other = await send_form(client, encoded(kind="PNG"), headers=key)
        more = [await send_form(client, encoded()) for _ in range(2)]
        requests = await topic_log.at_least(3, INTAKE_REQUESTS)

    assert first.body == again.body
    assert (other.status, [one.status for one in more]) == (400, [200, 200])
    assert "Idempotency-Key" in other.description
    assert len({url for request in requests for url in urls(request)}) == len(requests) == 3
    assert len(files(tmp_path)) == 4


async def test_without_an_adapters_key_no_picture_is_kept(
    running: Running, tmp_path: Path, database: Database
) -> None:
    async with running() as client:
        in_form = [
            await send_form(client, encoded(), fields={"api_key": key}) for key in ("", "x", BUREAU)
        ]
        headers = {"Authorization": "Bearer x"}
        in_header = await send_form(client, encoded(), headers=headers)

    assert {answer.status for answer in [*in_form, in_header]} == {403}
    assert files(tmp_path) == []
    assert await fetch(database, "SELECT FROM intake.media") == []


async def test_what_is_no_such_picture_is_named_and_nothing_is_handed_in(
    running: Running, topic_log: TopicLog
) -> None:
    async with running() as client:
        gif = await send_form(client, encoded(kind="GIF"))
        many = await send_form(client, *[encoded()] * 6)
        large = await send_form(client, encoded() + b"\0" * 10 * 1024 * 1024)
        xml = await send_form(client, b"no picture", path="requests.xml")
        binary = await send_form(client, encoded(), name="photo")
        cut = await send(
            client, b"no boundary", headers={"Content-Type": "multipart/form-data; boundary=x"}
        )
        nested = await send(
            client,
            b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y--\r\n--x--\r\n",
            headers={"Content-Type": "multipart/form-data; boundary=x"},
        )
        before = await send_form(client, encoded(), fields={"service_code": "NO-SUCH"})

    assert [one.status for one in (gif, many, large, xml, binary, cut, nested, before)] == [
        *(400, 400, 413, 400, 400, 400, 400, 404),
    ]
    assert gif.description.startswith("Send a JPEG, PNG, WebP or HEIC picture")
    assert many.description == "media: send at most 5 pictures."
    assert large.description == "Send a picture of at most 10 MiB."
    assert xml.xml.findtext("error/description", "").startswith("Send a JPEG")
    assert binary.description == "Send texts in UTF-8, and pictures in the field media."
    assert not await topic_log.records(INTAKE_REQUESTS)


async def test_an_adapter_with_its_key_in_a_header_has_slots_of_its_own(running: Running) -> None:
    known = {"Authorization": f"Bearer {ADAPTER}"}
    async with running() as client, AsyncExitStack() as half_sent:
        refused = await refusal(client, known, half_sent)
        taken = await send_form(client, encoded())
        kept = await upload(client, encoded(), BUREAU)

    assert (refused.status, taken.status, kept.status) == (429, 200, 201)
    assert refused.headers["Retry-After"] == "1"


async def test_our_own_address_is_attached_and_shown_while_a_person_releases_it(
    running: Running, database: Database
) -> None:
    async with running() as client:
        own = (await upload(client, encoded())).json["url"]
        number = await public_id_of(client, media_url=own)
        seen = [await media_url(client, number)]
        for word in ("release", "withhold", "release"):
            await released(client, own, word)
            seen.append(await media_url(client, number))
        [[attached]] = await fetch(database, "SELECT count(*) FROM intake.request_media")

    assert seen == [None, own, None, own]
    assert attached == 1


async def test_an_address_of_elsewhere_is_kept_as_text_and_never_shown(
    running: Running, topic_log: TopicLog
) -> None:
    async with running() as client:
        number = await public_id_of(client, media_url=ELSEWHERE)
        [request] = await topic_log.at_least(1, INTAKE_REQUESTS)
        shown = await media_url(client, number)

    assert urls(request) == [ELSEWHERE]
    assert shown is None


async def test_a_released_picture_of_a_private_kind_is_shown_nowhere(
    running: Running, topic_log: TopicLog
) -> None:
    async with running() as client:
        private = {"service_code": "CAMP-ADA", "phone": "503-555-0100"}
        taken = await send_form(client, encoded(), fields=private)
        public_id = taken.json[0]["service_request_id"]
        [request] = await topic_log.at_least(1, INTAKE_REQUESTS)
        await released(client, urls(request)[0])
        listed = await read(client, "requests.json")
        alone = await read(client, f"requests/{public_id}.json")
        status = await call(client, "GET", f"/v1/requests/{request.data.tracking_number}")

    assert (listed.json, alone.status, status.json["media"]) == ([], 404, [])
