"""Open data of what the tables hold."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import which

import pytest

from services.intake.channels.open_data.package import OpenDataFolder, export_open_data
from shared.catalogue import load_catalogue
from shared.contract.events import new_id
from shared.runtime.postgres import Database as OwnDatabase
from shared.runtime.postgres import open_database
from tests.integration.intake.conftest import Running
from tests.support.databases import Database
from tests.support.paths import REPOSITORY
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

CITIES = [load_catalogue().jurisdictions["portland.gov"]]
# February in Portland, March in UTC
LAST_OF_FEBRUARY = datetime(2026, 3, 1, 7, 59, tzinfo=UTC)
FIRST_OF_MARCH = datetime(2026, 3, 1, 8, tzinfo=UTC)
REQUEST = """
    INSERT INTO requests (request_id, tracking_number, public_id, jurisdiction, service_code,
                          submitted_at, case_id)
    VALUES ($1, $2, $2, 'portland.gov', 'ROW-POTHOLE', $3, $4)
"""
LISTED = """
    INSERT INTO listed_requests (request_id, jurisdiction, service_code, submitted_at, updated_at,
                                 is_open, case_id, description, latitude, longitude)
    VALUES ($1, 'portland.gov', 'ROW-POTHOLE', $2, $2, false, $3, 'Deep hole', 45.5, -122.6)
"""
CLOSED = """
    INSERT INTO case_steps (case_id, version, status, taken_at, bureau, note)
    VALUES ($1, 2, 'completed', $2, 'PBOT-MAINT', 'Filled')
"""
GUIDE = REPOSITORY / "docs" / "open-data.md"
SAID = {
    "pandas": r"Pothole\s+2\b",
    "duckdb": r"Pothole\W+2\W+03:00:00\b",
    "gdal": r"(?s)Geometry: Point.*Feature Count: 3\b",
}
HELD = (
    "INSERT INTO reviewed_texts (text_id, request_id, status, findings) VALUES ($1, $1, $2, '[]')"
)


@pytest.fixture
async def db(database: Database) -> AsyncGenerator[OwnDatabase]:
    async with open_database(database.dsn("intake"), "intake") as db:
        yield db


async def add(
    db: OwnDatabase, name: str, at: datetime, case: str | None = None, *, is_listed: bool = True
) -> str:
    request = new_id()
    await db.execute(REQUEST, request, name, at, case)
    if is_listed:
        await db.execute(LISTED, request, at, case)
    return request


def features(folder: Path, month: str) -> dict[str, dict[str, object]]:
    found = json.loads((folder / f"portland.gov-{month}.geojson").read_text())["features"]
    return {feature["id"]: feature["properties"] for feature in found}


async def test_public_requests_are_written_by_month_of_the_city(
    db: OwnDatabase, tmp_path: Path
) -> None:
    case = new_id()
    await add(db, "req_first", LAST_OF_FEBRUARY, case)
    await add(db, "req_second", FIRST_OF_MARCH, case)
    await add(db, "req_alone", FIRST_OF_MARCH)
    await add(db, "req_private", FIRST_OF_MARCH, is_listed=False)
    await db.execute(CLOSED, case, FIRST_OF_MARCH)

    count = await export_open_data(db, CITIES, OpenDataFolder(tmp_path))

    february, march = (features(tmp_path, month) for month in ("2026-02", "2026-03"))
    assert count == 3
    assert february.keys() == {"req_first"}
    assert march.keys() == {"req_second", "req_alone"}
    assert [one["parent_id"] for one in (february["req_first"], march["req_second"])] == [
        None,
        "req_first",
    ]
    assert march["req_alone"]["parent_id"] is None
    assert march["req_second"]["closed_date"] == "2026-03-01T08:00:00Z"


@pytest.mark.parametrize(
    ("title", "program"), [("pandas", sys.executable), ("duckdb", sys.executable), ("gdal", "sh")]
)
async def test_the_files_are_read_as_the_guide_says(
    db: OwnDatabase, tmp_path: Path, title: str, program: str
) -> None:
    if title == "gdal" and not which("ogrinfo"):
        pytest.skip("GDAL's tools are not installed")
    case = new_id()
    await add(db, "req_first", FIRST_OF_MARCH, case)
    await add(db, "req_second", FIRST_OF_MARCH + timedelta(hours=1), case)
    await add(db, "req_alone", FIRST_OF_MARCH)
    await db.execute(CLOSED, case, FIRST_OF_MARCH + timedelta(hours=3))
    await export_open_data(db, CITIES, OpenDataFolder(tmp_path))
    found = re.search(
        rf'^```\w+ title="{title}"\n(.*?)^```$', GUIDE.read_text(), re.MULTILINE | re.DOTALL
    )
    assert found

    example = found[1].replace("https://311.example.org/open-data", str(tmp_path))
    reading = await asyncio.create_subprocess_exec(
        program, "-c", example, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await reading.communicate()

    assert reading.returncode == 0
    assert re.search(SAID[title], said.decode()), said.decode()


async def test_a_held_text_and_an_erased_one_leave_the_files(
    db: OwnDatabase, tmp_path: Path
) -> None:
    request = await add(db, "req_a", FIRST_OF_MARCH)
    await export_open_data(db, CITIES, OpenDataFolder(tmp_path))
    assert features(tmp_path, "2026-03")["req_a"]["description"] == "Deep hole"

    await db.execute(HELD, request, "held")
    await export_open_data(db, CITIES, OpenDataFolder(tmp_path), "2026-02")
    assert features(tmp_path, "2026-03")["req_a"]["description"] == "Deep hole"  # another month
    await export_open_data(db, CITIES, OpenDataFolder(tmp_path), "2026-03")
    assert features(tmp_path, "2026-03")["req_a"]["description"] == ""

    await db.execute("UPDATE reviewed_texts SET status = 'released'")
    await db.execute("UPDATE listed_requests SET description = ''")
    await export_open_data(db, CITIES, OpenDataFolder(tmp_path))
    assert features(tmp_path, "2026-03")["req_a"]["description"] == ""


async def test_a_new_folder_is_written_at_the_first_start(running: Running, tmp_path: Path) -> None:
    async with running(open_data_folder=tmp_path / "open-data") as client:

        async def served() -> bool:
            async with client.get("/open-data/") as response:
                return response.status == 200

        await eventually(served)
