"""Pictures over HTTP: upload, download, release, and what is refused."""

import asyncio
from io import BytesIO
from pathlib import Path

import aiohttp
import pytest
from PIL import Image

from tests.integration.intake.conftest import BUREAU, OPERATOR, Running
from tests.support.databases import Database
from tests.support.intake.http_client import ADAPTER, call
from tests.support.intake.media import fetch, files, path_of, upload
from tests.support.locks import locked
from tests.support.pictures import corners, encoded, opened, png_of, quarters

pytestmark = pytest.mark.integration

MIB = 1024 * 1024
UNKNOWN = "/v1/media/" + "0" * 32


def form(**fields: bytes) -> aiohttp.FormData:
    data = aiohttp.FormData()
    for name, value in fields.items():
        data.add_field(name, BytesIO(value), filename="x.jpg", content_type="text/plain")
    return data


async def test_a_picture_is_kept_and_shown_to_whoever_has_its_id(
    running: Running, tmp_path: Path
) -> None:
    async with running() as client:
        answer = await upload(client, encoded(quarters(4_000, 3_000), "PNG"))
        shown = await call(client, "GET", path_of(answer))

    told = answer.json
    assert answer.status == 201
    assert len(told["media_id"]) == 32
    assert told == {
        "media_id": told["media_id"],
        "url": f"https://311.example.org/v1/media/{told['media_id']}",
        "media_type": "image/jpeg",
        "width": 2_048,
        "height": 1_536,
        "bytes": len(shown.body),
    }
    assert answer.headers["Location"] == told["url"]
    assert (shown.status, shown.headers["Content-Type"]) == (200, "image/jpeg")
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Cache-Control"] == "no-store"
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert corners(opened(shown.body)) == ["red", "green", "blue", "white"]
    [file] = files(tmp_path)
    assert file.read_bytes() == shown.body
    for path in (tmp_path / "media", file.parent):
        assert path.stat().st_mode & 0o777 == 0o700
    assert file.stat().st_mode & 0o777 == 0o600


async def test_a_form_gives_its_field_file(client: aiohttp.ClientSession) -> None:
    kept = await upload(client, form(file=encoded()))
    more = await upload(client, form(note=b"x" * 1_000, file=encoded(), other=b"more"))
    without = await upload(client, form(picture=encoded()))
    large = await upload(client, form(file=encoded() + b"\0" * 10 * MIB))
    other = await call(
        client,
        "POST",
        "/v1/media",
        ADAPTER,
        data=encoded(),
        headers={"Content-Type": "multipart/form-data"},
    )
    cut = await call(
        client,
        "POST",
        "/v1/media",
        ADAPTER,
        data=b"no boundary",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )

    assert kept.status == 201
    assert (more.status, [one["field"] for one in more.json["errors"]]) == (422, ["note", "other"])
    assert (without.status, without.json["errors"][0]["code"]) == (422, "missing_file")
    assert (large.status, large.json["code"]) == (413, "too_many_bytes")
    assert (other.status, cut.status) == (400, 400)


async def test_two_uploads_of_one_picture_have_two_ids(client: aiohttp.ClientSession) -> None:
    one, two = await asyncio.gather(*(upload(client, encoded()) for _ in range(2)))

    assert one.json["media_id"] != two.json["media_id"]


@pytest.mark.parametrize("content_type", ["text/html", "image/gif", "application/json"])
async def test_the_bytes_decide_and_not_the_content_type(
    client: aiohttp.ClientSession, content_type: str
) -> None:
    headers = {"Content-Type": content_type}
    kept = await call(
        client, "POST", "/v1/media", ADAPTER, data=encoded(kind="HEIF"), headers=headers
    )

    assert (kept.status, kept.json["media_type"]) == (201, "image/jpeg")


REFUSED: dict[str, tuple[int, str, bytes]] = {
    "nothing": (415, "unsupported_picture", b""),
    "SVG": (415, "unsupported_picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
    "GIF": (415, "unsupported_picture", encoded(kind="GIF")),
    "cut off": (415, "damaged_picture", encoded()[:-40]),
    "pixels": (413, "too_many_pixels", png_of(100_000, 100_000)),
    "bytes": (413, "too_many_bytes", encoded().ljust(10 * MIB + 1, b"\0")),
    "many bytes": (413, "too_many_bytes", b"\0" * 12 * MIB),
}


async def test_what_is_refused_is_a_problem_and_nothing_is_kept(
    running: Running, database: Database, tmp_path: Path
) -> None:
    async with running() as client:
        answers = {name: await upload(client, body) for name, (*_, body) in REFUSED.items()}

    assert {name: (a.status, a.json["code"]) for name, a in answers.items()} == {
        name: (status, code) for name, (status, code, _) in REFUSED.items()
    }
    for answer in answers.values():
        assert answer.headers["Content-Type"].startswith("application/problem+json")
        assert answer.json["detail"].endswith(".")
    assert files(tmp_path) == []
    assert await fetch(database, "SELECT FROM intake.media") == []


async def test_ten_mib_are_taken(client: aiohttp.ClientSession) -> None:
    assert (await upload(client, encoded().ljust(10 * MIB, b"\0"))).status == 201


async def test_bureaus_upload_like_adapters_and_see_every_picture_by_its_id(
    running: Running, database: Database
) -> None:
    async with running() as client:
        proof, photo = await upload(client, encoded(), BUREAU), await upload(client, encoded())
        shown = [await call(client, "GET", path_of(one), BUREAU) for one in (proof, photo)]

    assert [one.status for one in (proof, photo, *shown)] == [201, 201, 200, 200]
    uploaded = await fetch(database, "SELECT uploaded_by FROM intake.media ORDER BY uploaded_at")
    assert [row["uploaded_by"] for row in uploaded] == ["bureau:STREETS", "adapter:demo"]


async def test_a_bureau_has_a_limit_of_its_own(running: Running) -> None:
    async with running(bureau_per_second=1) as client:
        bureau = await asyncio.gather(*(upload(client, b"", BUREAU) for _ in range(8)))
        adapter = [await upload(client, b"") for _ in range(3)]

    assert {one.status for one in bureau} == {415, 429}
    assert {one.status for one in adapter} == {415}


async def test_no_others_upload_and_only_operators_release(client: aiohttp.ClientSession) -> None:
    kept = await upload(client, encoded())
    uploads = [await upload(client, encoded(), key) for key in ("", "x", OPERATOR)]
    releases = [
        await call(client, "POST", f"{path_of(kept)}/{word}", key)
        for word in ("release", "withhold")
        for key in (None, "x", BUREAU, ADAPTER)
    ]

    assert [a.status for a in uploads] == [401, 401, 403]
    assert [a.status for a in releases] == [401, 401, 403, 403] * 2
    assert all("WWW-Authenticate" in a.headers for a in uploads + releases if a.status == 401)


async def test_an_unknown_picture_is_404(client: aiohttp.ClientSession) -> None:
    looked = [
        await call(client, "GET", path)
        for path in (UNKNOWN, "/v1/media/x", f"/v1/media/{'A' * 32}", "/v1/media/..%2f..%2fx")
    ]
    released = await call(client, "POST", f"{UNKNOWN}/release", OPERATOR)

    assert {a.status for a in [*looked, released]} == {404}


async def test_an_upload_counts_for_the_rate_of_its_key(running: Running) -> None:
    async with running(key_per_second=1) as client:
        answers = await asyncio.gather(*(upload(client, b"") for _ in range(8)))

    assert {a.status for a in answers} == {415, 429}
    assert {a.headers.get("Retry-After") for a in answers} == {None, "1"}


async def test_while_the_database_hangs_the_answer_is_503(
    running: Running, database: Database
) -> None:
    async with running() as client:
        kept = await upload(client, encoded())
        async with locked(database, "intake.media"):
            looked = await call(client, "GET", path_of(kept))

    assert looked.status == 503
    assert looked.headers["Retry-After"]


async def test_a_full_disk_is_a_503(running: Running, tmp_path: Path, database: Database) -> None:
    async with running() as client:
        media = tmp_path / "media"
        media.rmdir()
        media.write_text("no folder")
        answer = await upload(client, encoded())
        media.unlink()
        media.mkdir()

    assert answer.status == 503
    assert await fetch(database, "SELECT FROM intake.media") == []


async def test_pictures_never_keep_other_callers_waiting(running: Running) -> None:
    """The event loop answers while pictures are decoded."""
    heavy = encoded(Image.new("RGB", (8_000, 5_000)), "PNG")
    async with running() as client:
        uploads = asyncio.gather(*(upload(client, heavy) for _ in range(3)))
        looked_up = 0
        while not uploads.done():
            assert (await call(client, "GET", "/v1/media/x")).status == 404
            looked_up += 1
            await asyncio.wait([uploads], timeout=0.1)
        answers = await uploads

    assert [a.status for a in answers] == [201] * 3
    assert looked_up > 3
