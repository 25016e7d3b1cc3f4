import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from shared.catalogue import load_catalogue
from tests.support.triage.factories import CATALOGUE
from tests.unit.workbench.evaluation.factories import CITY, as_csv, row, write
from workbench.evaluation.exports import UnreadableRowsError, read_pairs, read_requests

ALL = load_catalogue()


@pytest.mark.parametrize("packed", [False, True])
def test_csv_and_json_lines_plain_or_packed_say_the_same(tmp_path: Path, *, packed: bool) -> None:
    rows = [row("b", reported_at="2026-09-02T12:00:00"), row("a", address="12 Oak St")]
    table = write(tmp_path / "a", as_csv(*rows), packed=packed)
    lines = write(tmp_path / "b", "\n".join(map(json.dumps, rows)), packed=packed)

    read = read_requests(table, CATALOGUE, CITY).rows

    assert [found.request_id for found in read] == ["a", "b"]
    assert read == read_requests(lines, CATALOGUE, CITY).rows


def test_boston_is_known_by_its_columns_and_its_times_are_its_own(tmp_path: Path) -> None:
    text = (
        "case_enquiry_id,open_dt,type,latitude,longitude,location,case_title\n"
        "1,2011-07-01 01:32:33,Street Light Outages,42.2,-71.0,1 A St,Dark\n"
    )

    past = read_requests(write(tmp_path / "a", text), ALL)

    [found] = past.rows
    assert past.city.id == "boston.gov"
    assert found.kind == "BOS-STREET-LIGHT-OUTAGES"
    assert found.reported_at == datetime(2011, 7, 1, 1, 32, 33, tzinfo=ZoneInfo("America/New_York"))


def test_portlands_camps_are_known_by_their_columns(tmp_path: Path) -> None:
    text = "lon,lat,inc_date,inc_id,is_vehicle\n-122.6,45.5,2026-07-23,26-2,Yes\n"

    past = read_requests(write(tmp_path / "a", text), ALL)

    [found] = past.rows
    assert (past.city.id, found.kind, found.latitude) == ("portland.gov", "VEH-CAMP", 45.5)
    assert found.reported_at == datetime(2026, 7, 23, tzinfo=ZoneInfo("America/Los_Angeles"))


def test_a_kind_that_the_city_lacks_counts_as_other(tmp_path: Path) -> None:
    path = write(tmp_path / "a", as_csv(row("a", service_code="Moon dust")))

    [found] = read_requests(path, CATALOGUE, CITY).rows

    assert (found.kind, found.unmapped) == ("OTHER", "Moon dust")


@pytest.mark.parametrize(
    ("cell", "value"), [("reported_at", "noon"), ("latitude", "north"), ("request_id", "")]
)
def test_a_cell_that_cannot_be_read_is_named_by_its_line(
    tmp_path: Path, cell: str, value: str
) -> None:
    path = write(tmp_path / "a", as_csv(row("a"), row("b") | {cell: value}))

    with pytest.raises(UnreadableRowsError, match="line 3"):
        read_requests(path, CATALOGUE, CITY)


@pytest.mark.parametrize("head", ["request_id,duplicate_of", "duplicate_id,parent_id,more"])
def test_pairs_are_read_in_both_spellings(tmp_path: Path, head: str) -> None:
    assert read_pairs(write(tmp_path / "a", f"{head}\nb,a,x\n")) == [("b", "a")]


def test_pairs_without_their_columns_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableRowsError):
        read_pairs(write(tmp_path / "a", "one,two\nb,a\n"))
