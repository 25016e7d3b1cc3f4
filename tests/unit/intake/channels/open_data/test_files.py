"""The files of open data, as the programs of others read them."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from services.intake.channels.open_data.channel import seconds_until
from services.intake.channels.open_data.formats import csv as to_csv
from services.intake.channels.open_data.formats import geojson, geoparquet
from services.intake.channels.open_data.package import OpenDataFolder
from services.intake.channels.open_data.rows import OpenRequest, open_request
from shared.catalogue import load_catalogue
from tests.support.builders import NOON

REQUIRED = {
    "service_request_id",
    "requested_datetime",
    "updated_datetime",
    "status_description",
    "status_notes",
    "service_name",
    "address",
    "lat",
    "long",
}
PORTLAND = load_catalogue().jurisdictions["portland.gov"]
CITY = "portland.gov"


def stored(**changes: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "public_id": "req_7k4m92hdx",
        "service_code": "ROW-POTHOLE",
        "submitted_at": NOON,
        "updated_at": NOON + timedelta(hours=2),
        "is_open": False,
        "description": "Deep hole, a “crater”",
        "address": "100 block of SW 4th Ave",
        "latitude": 45.51891234,
        "longitude": -122.67931234,
        "text_status": "public",
        "outcome": "new",
        "referral_name": None,
        "was_moved": False,
        "status": "completed",
        "taken_at": NOON + timedelta(hours=2),
        "bureau": "PBOT-MAINT",
        "note": "Filled",
        "parent_id": None,
    }
    return fields | changes


def row(**changes: Any) -> OpenRequest:
    return open_request(stored(**changes), PORTLAND)


def test_csv_has_the_columns_of_georeport_bulk() -> None:
    [read] = csv.DictReader(io.StringIO(to_csv([row()]).decode()))

    assert read.keys() >= REQUIRED
    assert read["service_request_id"] == "req_7k4m92hdx"
    assert read["requested_datetime"] == "2026-03-02T12:00:00Z"
    assert read["closed_date"] == "2026-03-02T14:00:00Z"
    assert read["status_description"] == "closed"
    assert read["status_notes"].endswith("Filled")
    assert read["service_name"] == PORTLAND.services["ROW-POTHOLE"].name.en
    assert read["agency_responsible"] == PORTLAND.bureaus["PBOT-MAINT"].name
    assert (read["lat"], read["long"]) == ("45.518912", "-122.679312")


@pytest.mark.parametrize(
    ("status", "shown"),
    [("public", True), ("released", True), ("held", False), ("withheld", False)],
)
def test_a_text_that_the_public_may_not_read_leaves_an_empty_cell(status: str, shown: bool) -> None:
    assert row(text_status=status).description == ("Deep hole, a “crater”" if shown else "")


def test_an_open_request_has_no_date_of_closing() -> None:
    found = row(is_open=True, status="in_progress")

    assert (found.status_description, found.closed_date) == ("open", None)


def test_a_cell_is_no_formula() -> None:
    [read] = csv.DictReader(io.StringIO(to_csv([row(description="=1+1")]).decode()))

    assert read["description"] == "'=1+1"


def test_geojson_has_a_point_for_each_request_that_has_one() -> None:
    found = json.loads(geojson([row(), row(latitude=None, longitude=None, parent_id="req_a")]))

    first, second = found["features"]
    assert found["type"] == "FeatureCollection"
    assert first["geometry"] == {"type": "Point", "coordinates": [-122.679312, 45.518912]}
    assert second["geometry"] is None
    assert second["properties"]["parent_id"] == "req_a"


def test_geoparquet_has_times_points_and_its_metadata() -> None:
    table = parquet.read_table(io.BytesIO(geoparquet([row(), row(latitude=None)])))

    geo = json.loads(table.schema.metadata[b"geo"])
    first, second = table.to_pylist()
    assert geo["columns"]["geometry"] == {"encoding": "WKB", "geometry_types": ["Point"]}
    assert geo["version"] == "1.1.0"
    assert first["requested_datetime"] == NOON
    assert first["geometry"][:5] == b"\x01\x01\x00\x00\x00"
    assert second["geometry"] is None
    assert parquet.read_table(io.BytesIO(geoparquet([]))).num_rows == 0


def package(folder: Path) -> dict[str, Any]:
    found = json.loads((folder / "datapackage.json").read_text())
    return {one["path"]: one for one in found["resources"]}


def export(folder: Path, *rows: OpenRequest, months: tuple[str, ...] = ("2026-03",)) -> None:
    data = OpenDataFolder(folder, "CC0-1.0")
    for month in months:
        data.write_month(CITY, month, rows)
    data.remove_others(CITY, months)
    data.finish()


def test_the_package_describes_each_file(tmp_path: Path) -> None:
    export(tmp_path, row(), row(public_id="req_b"))

    found = package(tmp_path)
    assert found.keys() == {f"portland.gov-2026-03.{e}" for e in ("csv", "geojson", "parquet")}
    for path, one in found.items():
        content = (tmp_path / path).read_bytes()
        assert one["hash"] == f"sha256:{sha256(content).hexdigest()}"
        assert (one["bytes"], one["rows"], one["version"]) == (len(content), 2, 1)
    assert json.loads((tmp_path / "datapackage.json").read_text())["licenses"] == [
        {"name": "CC0-1.0"}
    ]


def test_an_erasure_changes_the_files_of_its_month_alone(tmp_path: Path) -> None:
    months = ("2026-03", "2026-04")
    data = OpenDataFolder(tmp_path)
    for month in months:
        data.write_month(CITY, month, [row()])
    data.finish()
    export_again = OpenDataFolder(tmp_path)
    export_again.write_month(CITY, "2026-03", [row(description="")])
    export_again.write_month(CITY, "2026-04", [row()])
    export_again.finish()

    versions = {path: one["version"] for path, one in package(tmp_path).items()}
    assert {versions[f"portland.gov-2026-03.{e}"] for e in ("csv", "geojson", "parquet")} == {2}
    assert {versions[f"portland.gov-2026-04.{e}"] for e in ("csv", "geojson", "parquet")} == {1}
    for path in tmp_path.glob("*-2026-03.*"):
        assert b"crater" not in path.read_bytes()


def test_a_month_without_requests_has_no_files_any_more(tmp_path: Path) -> None:
    export(tmp_path, row(), months=("2026-03", "2026-04"))
    export(tmp_path, row(), months=("2026-04",))

    assert {path.name for path in tmp_path.glob("*.csv")} == {"portland.gov-2026-04.csv"}
    assert all("2026-04" in path for path in package(tmp_path))


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        pytest.param(datetime(2026, 3, 2, 9, tzinfo=UTC), 1, id="today"),
        pytest.param(datetime(2026, 3, 2, 10, tzinfo=UTC), 24, id="a day after the last"),
        pytest.param(datetime(2026, 3, 2, 22, tzinfo=UTC), 12, id="tomorrow"),
    ],
)
def test_the_next_night_begins_at_ten_in_utc(now: datetime, hours: int) -> None:
    assert seconds_until(10, now) == hours * 3600
