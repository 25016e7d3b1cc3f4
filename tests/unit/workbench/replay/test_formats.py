import gzip
import json
from itertools import islice
from pathlib import Path

import pytest

from shared.catalogue import load_catalogue
from shared.contract.events import Submission
from shared.csv_text import open_text
from tests.support.paths import DATA
from workbench.replay.formats import format_of, read_rows
from workbench.replay.rows import Row, Sendable, UnreadableFileError, Unsendable

CATALOGUE = load_catalogue()
BOSTON = (
    "case_enquiry_id,open_dt,type,latitude,longitude,location,case_title,source\n"
    "1,2011-07-01 01:32:33,Street Light Outages,42.2715,-71.0772,Groveland St  Mattapan,"
    "Street Light Outages,Constituent Call\n"
)
CAMPS = "lon,lat,inc_date,inc_id,is_vehicle\n-122.69,45.53,2026-07-23,26-150147,Yes\n"


SF = (
    "CaseID,Opened,Closed,Status,Responsible Agency,Category,Request Type,Request Details,Address,"
    "Latitude,Longitude,Source\n"
    "17700001,01/31/2024 11:58:00 PM,,Open,DPW,Street and Sidewalk Cleaning,Bulky Items,Mattress,"
    '"100 MAIN ST, SAN FRANCISCO, CA",37.79,-122.39,Mobile/Open311\n'
)
SF_API = (
    '"service_request_id","requested_datetime","service_name","service_subtype","lat","long"\n'
    '"17700001","2024-01-31T23:58:00.000","Graffiti","Graffiti on Pole","37.79","-122.39"\n'
)
NYC = (
    "Unique Key,Created Date,Agency,Complaint Type,Descriptor,Incident Address,Latitude,Longitude\n"
    "601,01/31/2024 11:58:00 PM,DOT,Street Condition,Pothole,10 BROADWAY,40.70,-74.01\n"
)
CHICAGO = (
    "SR_NUMBER,SR_TYPE,SR_SHORT_CODE,ORIGIN,CREATED_DATE,STREET_ADDRESS,DUPLICATE,"
    "PARENT_SR_NUMBER,LATITUDE,LONGITUDE\n"
    "SR24-1,Tree Emergency,SEL,Phone Call,01/31/2024 11:58:00 PM,1 N STATE ST,false,,41.88,-87.62\n"
)
OPEN311 = {
    "service_request_id": "26-1",
    "requested_datetime": "2026-03-02T12:00:00-08:00",
    "service_name": "Pothole",
    "service_code": "ROW-POTHOLE",
    "description": None,
    "address": None,
    "lat": 45.5,
    "long": -122.6,
}
XML = (
    '<?xml version="1.0" encoding="utf-8"?>\n<service_requests><request>'
    + "".join(f"<{name}>{value or ''}</{name}>" for name, value in OPEN311.items())
    + "</request></service_requests>"
)
BULK = (
    "service_request_id,requested_datetime,updated_datetime,status_description,status_notes,"
    "service_name,address,lat,long\n"
    "26-1,2026-03-02T12:00:00-08:00,,open,,Pothole,,45.5,-122.6\n"
)


def rows(text: str, name: str, folder: Path, city: str | None = None) -> list[Row]:
    file = folder / "export"
    file.write_text(text)
    with open_text(file, errors="replace") as read:
        return list(read_rows(read, name, CATALOGUE, city))


def test_a_boston_row_keeps_its_id_and_bostons_time(tmp_path: Path) -> None:
    [row] = rows(BOSTON, "boston", tmp_path)

    assert isinstance(row, Sendable)
    assert (row.event.id, row.event.source) == ("1", "/replay/boston")
    assert row.event.time == "2011-07-01T01:32:33-04:00"
    said = Submission.model_validate(row.event.data)
    assert (said.jurisdiction, said.channel) == ("boston.gov", "phone")
    assert row.unmapped is None


def described(row: Row) -> tuple[str | None, ...]:
    assert isinstance(row, Sendable)
    said = Submission.model_validate(row.event.data)
    assert said.location is not None
    event = row.event
    return (event.id, event.source, event.time, said.jurisdiction, said.service_code, said.channel)


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        (SF, "sf", ("17700001", "-08:00", "sf.gov", "SF-DUMPING", "app")),
        (SF_API, "sf", ("17700001", "-08:00", "sf.gov", "SF-GRAFFITI", "web")),
        (NYC, "nyc", ("601", "-05:00", "nyc.gov", "NYC-POTHOLE", "web")),
        (NYC.replace("Pothole", "Rough"), "nyc", ("601", "-05:00", "nyc.gov", "NYC-STREET", "web")),
        (CHICAGO, "chicago", ("SR24-1", "-06:00", "chicago.gov", "CHI-TREE-DOWN", "phone")),
    ],
)
def test_a_citys_row_keeps_its_id_and_time_and_gets_a_kind_of_that_city(
    text: str, name: str, expected: tuple[str, ...], tmp_path: Path
) -> None:
    [row] = rows(text, name, tmp_path)

    id_, offset, *rest = expected
    moment = f"2024-01-31T23:58:00{offset}"
    assert described(row) == (id_, f"/replay/{name}", moment, *rest)


def test_the_columns_of_the_portals_api_count_as_those_of_its_files(tmp_path: Path) -> None:
    titles, row = NYC.split("\n", 1)
    api = (
        titles.lower().replace(" ", "_")
        + "\n"
        + row.replace("01/31/2024 11:58:00 PM", "2024-01-31T23:58:00.000")
    )

    assert rows(api, "nyc", tmp_path) == rows(NYC, "nyc", tmp_path)


def test_words_of_a_row_are_its_details_else_its_type(tmp_path: Path) -> None:
    sent = _sendable([*rows(SF, "sf", tmp_path), *rows(NYC, "nyc", tmp_path)])

    words = [row.event.data["description"] for row in sent]
    assert words == ["Mattress", "Street Condition: Pothole"]


@pytest.mark.parametrize("text", [json.dumps([OPEN311]), XML, BULK])
def test_an_open311_answer_is_read_in_json_xml_and_csv(text: str, tmp_path: Path) -> None:
    [row] = rows(text, "open311", tmp_path)

    moment = "2026-03-02T12:00:00-08:00"
    assert described(row) == (
        "26-1",
        "/replay/open311",
        moment,
        "portland.gov",
        "ROW-POTHOLE",
        "open311",
    )


def test_an_open311_answer_belongs_to_the_city_that_is_named(tmp_path: Path) -> None:
    [row] = _sendable(rows(XML.replace("Pothole", "Moon Repair"), "open311", tmp_path, "nyc.gov"))

    assert (row.unmapped, row.event.data["jurisdiction"]) == ("Moon Repair", "nyc.gov")
    assert row.event.data["service_code"] == "NYC-OTHER"


@pytest.mark.parametrize("text", ["[1]", "[", "<a", '["a"]'])
def test_a_file_that_is_no_open311_answer_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="the file is no"):
        rows(text, "open311", tmp_path)


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
    [
        (BOSTON, "boston"),
        (SF, "sf"),
        (SF_API, "sf"),
        (NYC, "nyc"),
        (CHICAGO, "chicago"),
        (CAMPS, "portland-campsites"),
        (json.dumps([OPEN311]), "open311"),
        (XML, "open311"),
        (BULK, "open311"),
        ('{"a": 1}\n', "submissions"),
    ],
)
def test_the_first_line_gives_the_format_away(text: str, name: str, tmp_path: Path) -> None:
    plain, packed = tmp_path / "plain", tmp_path / "packed"
    plain.write_text(text)
    packed.write_bytes(gzip.compress(text.encode()))

    assert format_of(plain) == format_of(packed) == name


def test_an_unknown_file_says_which_formats_there_are(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")

    with pytest.raises(
        UnreadableFileError, match="boston/sf/nyc/chicago/portland-campsites/open311/submissions"
    ):
        format_of(tmp_path / "x.csv")


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="open_dt"):
        rows(BOSTON.replace("open_dt", "opened"), "boston", tmp_path)


def test_every_row_of_bostons_export_can_be_sent_and_has_a_kind() -> None:
    file = DATA / "boston_2011q3" / "requests.csv.gz"
    if not file.exists():
        pytest.skip("Boston's export is not beside this clone")
    with open_text(file, errors="replace") as read:
        found = list(islice(read_rows(read, "boston", CATALOGUE), 5_000))

    assert len(_sendable(found)) == len(found)
    assert not [row for row in _sendable(found) if row.unmapped]


@pytest.mark.parametrize(
    ("file", "city", "mapped"),
    [
        ("san_francisco_requests.xml", "sf.gov", 41),
        ("sf_requests_2011_dashboard_500.json", "sf.gov", 439),
        ("chicago_open311_requests_2014_extended.json", "chicago.gov", 50),
        ("bloomington_requests.json", "boston.gov", 0),
    ],
)
def test_every_recorded_request_is_sent_and_each_unknown_type_is_named(
    file: str, city: str, mapped: int
) -> None:
    path = DATA / "open311_recorded" / file
    if not path.exists():
        pytest.skip("the recorded answers are not beside this clone")
    with open_text(path, errors="replace") as read:
        found = list(read_rows(read, format_of(path), CATALOGUE, city))

    other = CATALOGUE.jurisdictions[city].other_code
    sent = _sendable(found)
    assert len(sent) == len(found)
    assert sum(row.unmapped is None for row in sent) == mapped
    assert all(row.event.data["service_code"] == other for row in sent if row.unmapped)
