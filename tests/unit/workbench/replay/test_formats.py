import gzip
import json
from itertools import islice
from pathlib import Path

import pytest

from shared.catalogue import load_catalogue
from shared.contract.events import Submission
from shared.csv_text import open_text
from tests.support.paths import DATA
from workbench.replay.formats import FORMATS, format_of
from workbench.replay.rows import Row, Sendable, UnreadableFileError, Unsendable

CATALOGUE = load_catalogue()
BOSTON = (
    "case_enquiry_id,open_dt,type,latitude,longitude,location,case_title,source\n"
    "1,2011-07-01 01:32:33,Street Light Outages,42.2715,-71.0772,Groveland St  Mattapan,"
    "Street Light Outages,Constituent Call\n"
)
CAMPS = "lon,lat,inc_date,inc_id,is_vehicle\n-122.69,45.53,2026-07-23,26-150147,Yes\n"


def rows(text: str, name: str, folder: Path) -> list[Row]:
    file = folder / "export"
    file.write_text(text)
    with open_text(file, errors="replace") as read:
        return list(FORMATS[name](read, CATALOGUE))


def test_a_boston_row_keeps_its_id_and_bostons_time(tmp_path: Path) -> None:
    [row] = rows(BOSTON, "boston", tmp_path)

    assert isinstance(row, Sendable)
    assert (row.event.id, row.event.source) == ("1", "/replay/boston")
    assert row.event.time == "2011-07-01T01:32:33-04:00"
    said = Submission.model_validate(row.event.data)
    assert (said.jurisdiction, said.channel) == ("boston.gov", "phone")
    assert row.unmapped is None


def test_a_type_without_a_kind_is_sent_as_other_and_named(tmp_path: Path) -> None:
    [row] = rows(BOSTON.replace("Street Light Outages", "Moon Repair"), "boston", tmp_path)

    assert isinstance(row, Sendable)
    assert row.unmapped == "Moon Repair"
    assert row.event.data["service_code"] == CATALOGUE.jurisdictions["boston.gov"].other_code


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("42.2715", "north", "latitude: no number"),
        ("2011-07-01 01:32:33", "yesterday", "open_dt: no time"),
        ("1,2011", ",2011", "the row has no id"),
    ],
)
def test_a_row_that_cannot_be_sent_says_why_without_what_it_holds(
    before: str, after: str, reason: str, tmp_path: Path
) -> None:
    [row] = rows(BOSTON.replace(before, after), "boston", tmp_path)

    assert isinstance(row, Unsendable)
    assert row.reason == reason


def test_a_vehicle_at_a_camp_is_another_kind_than_a_camp(tmp_path: Path) -> None:
    text = CAMPS + CAMPS.splitlines()[1].replace("Yes", "No").replace("150147", "150146") + "\n"

    kinds = [row.event.data["service_code"] for row in _sendable(rows(text, *_camps(tmp_path)))]

    assert kinds == ["VEH-CAMP", "CAMP-REPORT"]


def _camps(folder: Path) -> tuple[str, Path]:
    return "portland-campsites", folder


def _sendable(found: list[Row]) -> list[Sendable]:
    return [row for row in found if isinstance(row, Sendable)]


def test_data_alone_gets_the_same_id_at_every_replay(tmp_path: Path) -> None:
    line = json.dumps({"jurisdiction": "portland.gov", "time": "2026-03-02T12:00:00Z"})

    [first] = _sendable(rows(line, "submissions", tmp_path))
    [again] = _sendable(rows(line, "submissions", tmp_path))

    assert first == again
    assert first.event.time == "2026-03-02T12:00:00Z"


def test_a_cloudevent_is_sent_as_it_is(tmp_path: Path) -> None:
    event = {
        "specversion": "1.0",
        "id": "a",
        "source": "/adapter/x",
        "type": "route311.submission.v1",
        "data": {"jurisdiction": "portland.gov"},
    }

    [row] = _sendable(rows(json.dumps(event), "submissions", tmp_path))

    assert (row.event.id, row.event.source, row.event.data) == ("a", "/adapter/x", event["data"])


@pytest.mark.parametrize("line", ["not json", "[]", '{"specversion": "1.0", "data": {}}'])
def test_a_line_that_is_no_submission_is_kept_with_a_reason(line: str, tmp_path: Path) -> None:
    [row] = rows(line, "submissions", tmp_path)

    assert isinstance(row, Unsendable)
    assert row.raw == line


@pytest.mark.parametrize(
    ("text", "name"),
    [(BOSTON, "boston"), (CAMPS, "portland-campsites"), ('{"a": 1}\n', "submissions")],
)
def test_the_first_line_gives_the_format_away(text: str, name: str, tmp_path: Path) -> None:
    plain, packed = tmp_path / "plain", tmp_path / "packed"
    plain.write_text(text)
    packed.write_bytes(gzip.compress(text.encode()))

    assert format_of(plain) == format_of(packed) == name


def test_an_unknown_file_says_which_formats_there_are(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")

    with pytest.raises(UnreadableFileError, match="boston/portland-campsites/submissions"):
        format_of(tmp_path / "x.csv")


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="open_dt"):
        rows(BOSTON.replace("open_dt", "opened"), "boston", tmp_path)


def test_every_row_of_bostons_export_can_be_sent_and_has_a_kind() -> None:
    file = DATA / "boston_2011q3" / "requests.csv.gz"
    if not file.exists():
        pytest.skip("Boston's export is not beside this clone")
    with open_text(file, errors="replace") as read:
        found = list(islice(FORMATS["boston"](read, CATALOGUE), 5_000))

    assert len(_sendable(found)) == len(found)
    assert not [row for row in _sendable(found) if row.unmapped]
