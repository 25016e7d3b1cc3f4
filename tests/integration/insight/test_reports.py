"""The reports over HTTP, from events on the topics."""

import csv
import io
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from services.insight.policy import InsightPolicy
from shared.catalogue import load_catalogue
from shared.contract.events import Event, new_id
from tests.integration.insight.conftest import BUREAU
from tests.support.builders import NOON, feedback_given, priority
from tests.support.insight.events import asked, attached, closed, moved, opened, reopened, triaged
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def story(number: int, district: str) -> list[Event]:
    """A case of two reports, acknowledged after 2 h; two of four are completed after 10 h."""
    first, second, case = new_id(), new_id(), new_id()
    events: list[Event] = [
        triaged(first, case, district=district, reporter="ana"),
        triaged(second, case, NOON + 5 * HOUR, district=district, outcome="duplicate"),
        opened(first, case),
        moved(case, 2, "acknowledged", NOON + 2 * HOUR),
        attached(second, case, 3, NOON + 5 * HOUR),
    ]
    if number % 4 < 2:
        events += [
            closed(case, 4, NOON + 10 * HOUR),
            asked(first, case),
            feedback_given(first, case, fixed=False),
        ]
    return events


async def report(client: aiohttp.ClientSession, path: str) -> dict[str, Any]:
    async with client.get(f"/v1/insight/{path}") as response:
        assert response.status == 200, await response.text()
        found: dict[str, Any] = await response.json()
        return found


async def rows_of(client: aiohttp.ClientSession, path: str, count: int) -> Sequence[dict[str, Any]]:
    """Wait until a report counts so many."""

    async def enough() -> Sequence[dict[str, Any]]:
        rows = (await report(client, path))["rows"]
        return rows if sum(row["n"] or 0 for row in rows) == count else []

    return await eventually(enough)


@pytest.fixture
async def city(client: aiohttp.ClientSession, topic_log: TopicLog) -> aiohttp.ClientSession:
    """Twenty-four cases of two reports each, half of them in each of two districts."""
    events = [e for n in range(24) for e in story(n, "north" if n % 2 else "south")]
    await topic_log.publish(*events)
    await rows_of(client, "volumes", 48)
    await rows_of(client, "times", 24)

    async def told() -> bool:
        rows = (await report(client, "feedback"))["rows"]
        return bool(rows[0]["asked"] == rows[0]["answered"] == 12)

    await eventually(told)
    return client


async def test_each_report_has_its_figures_beside_their_number(
    city: aiohttp.ClientSession,
) -> None:
    wanted: dict[str, dict[str, Any]] = {
        "volumes": {"n": 48},
        "times": {
            "n": 24,
            "acknowledge": {"median_hours": 2.0, "p90_hours": 2.0},
            "complete": {"median_hours": 10.0, "p90_hours": None},
        },
        "promises": {"n": 24, "kept": 0, "missed": 0, "open_past_due": 0},
        "duplicates": {"n": 48, "joined": 24, "median_hours": 5.0},
        "feedback": {"n": 48, "asked": 12, "answered": 12, "not_fixed": 12},
        "reopened": {"n": 24, "completed": 12, "reopened": 0},
        "triage": {"n": 48, "corrected": 0, "alarms": 0, "unsure": 0},
        "desk": {},
    }

    for name, figures in wanted.items():
        found = await report(city, name)
        assert found == {
            "report": name,
            "by": [],
            "from": None,
            "to": None,
            "rows": [figures] if figures else [],
        }


async def test_reporting_compares_districts_by_later_reports(city: aiohttp.ClientSession) -> None:
    north, south = (await report(city, "reporting?by=district"))["rows"]

    assert (north["district"], north["n"], north["observed"]) == ("north", 12, 12)
    # both have the same kind and nearly the same days, so that each expects half of 24 reports
    assert north["expected"] == pytest.approx(12, abs=1)
    assert north["ratio"] == pytest.approx(20 / (8 + north["expected"]), abs=1e-4)
    assert north["low"] < north["ratio"] < north["high"]
    assert north["expected"] + south["expected"] == pytest.approx(24)


async def test_small_cells_are_suppressed_with_a_complement(
    city: aiohttp.ClientSession, topic_log: TopicLog
) -> None:
    lonely = new_id()
    await topic_log.publish(triaged(lonely, None, district="west", outcome="answered"))

    rows = await rows_of(city, "volumes?by=district", 24)

    hidden = {"n": None, "suppressed": True}
    assert rows == [
        {"district": "north", **hidden},
        {"district": "south", "n": 24},
        {"district": "west", **hidden},
    ]


async def test_days_months_and_hours_are_those_of_the_city(city: aiohttp.ClientSession) -> None:
    """Noon in UTC is four o'clock in Portland, the fifth hour later nine o'clock."""
    assert (await report(city, "volumes?from=2026-03-02&to=2026-03-02"))["rows"] == [{"n": 48}]
    assert (await report(city, "volumes?to=2026-03-01"))["rows"] == []
    hours = (await report(city, "volumes?by=month,hour&jurisdiction=portland.gov"))["rows"]

    assert hours == [
        {"month": "2026-03", "hour": 4, "n": 24},
        {"month": "2026-03", "hour": 9, "n": 24},
    ]


async def test_csv_has_a_column_for_each_figure_also_beside_suppressed_rows(
    city: aiohttp.ClientSession, topic_log: TopicLog
) -> None:
    await topic_log.publish(*story(1, "west"))
    await rows_of(city, "times", 25)
    async with city.get(
        "/v1/insight/times?by=district", headers={"Accept": "text/csv"}
    ) as response:
        assert response.content_type == "text/csv"
        rows = list(csv.DictReader(io.StringIO(await response.text())))

    assert [row["district"] for row in rows] == ["north", "south", "west"]
    assert rows[2] == dict.fromkeys(rows[0], "") | {"district": "west", "suppressed": "True"}
    assert rows[1] == {
        "district": "south",
        "n": "12",
        "suppressed": "",
        "acknowledge_median_hours": "2.0",
        "acknowledge_p90_hours": "2.0",
        "complete_median_hours": "10.0",
        "complete_p90_hours": "",
    }


async def test_a_reopening_takes_the_completion_back(
    city: aiohttp.ClientSession, topic_log: TopicLog
) -> None:
    for _ in range(12):
        request, case = new_id(), new_id()
        await topic_log.publish(
            triaged(request, case, priority=priority("P1", 85)),
            opened(request, case),
            closed(case, 2, NOON + HOUR),
            reopened(case, 3, NOON + DAY),
        )
    await rows_of(city, "times", 36)

    async def reopened_all() -> bool:
        rows = (await report(city, "reopened"))["rows"]
        return bool(rows == [{"n": 36, "completed": 24, "reopened": 12}])

    await eventually(reopened_all)
    assert (await report(city, "times"))["rows"][0]["complete"]["median_hours"] is None
    assert (await report(city, "triage"))["rows"][0]["alarms"] == 12


async def test_the_time_from_a_closing_to_its_reopening_is_not_observed(
    city: aiohttp.ClientSession, topic_log: TopicLog
) -> None:
    """Two districts differ in this alone, so that they expect as many reports as they had days."""
    for number in range(24):
        request, case = new_id(), new_id()
        away = number % 2
        await topic_log.publish(
            triaged(request, case, district="west" if away else "east"),
            opened(request, case),
            *([closed(case, 2, NOON + DAY), reopened(case, 3, NOON + 2 * DAY)] if away else ()),
        )
    await rows_of(city, "times", 48)

    async def all_reopened() -> bool:
        rows = (await report(city, "reopened?by=district"))["rows"]
        return sum(row["reopened"] or 0 for row in rows) == 12

    await eventually(all_reopened)
    rows = (await report(city, "reporting?by=district"))["rows"]
    expected = {row["district"]: row["expected"] for row in rows}
    window = InsightPolicy.of(load_catalogue()).windows["portland.gov", "pavement"]
    whole = window / DAY
    assert expected["west"] / expected["east"] == pytest.approx((whole - 1) / whole, abs=1e-3)


async def test_counts_that_are_small_beside_their_number_are_not_told(
    city: aiohttp.ClientSession, topic_log: TopicLog
) -> None:
    await topic_log.publish(triaged(new_id(), None, outcome="answered", request={"unsure": True}))
    await rows_of(city, "volumes", 49)

    hidden = dict.fromkeys(("corrected", "alarms", "unsure"))
    assert (await report(city, "triage"))["rows"] == [{"n": 49, **hidden}]


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        pytest.param("nothing", 404, None, id="an unknown report"),
        pytest.param("volumes?by=kind,district,hour", 422, "by", id="three dimensions"),
        pytest.param("volumes?by=kind,kind", 422, "by", id="one twice"),
        pytest.param("volumes?by=reporter", 422, "by", id="an unknown dimension"),
        pytest.param("desk?by=kind,district", 422, "by", id="two beside the desk's channels"),
        pytest.param("volumes?from=yesterday", 422, "from", id="no day"),
        pytest.param("volumes?from=2026-03-02&to=2026-03-01", 422, "to", id="days in disorder"),
        pytest.param("volumes?jurisdiction=atlantis.gov", 422, "jurisdiction", id="no city"),
        pytest.param("volumes?colour=red", 422, "colour", id="an unknown parameter"),
    ],
)
async def test_a_wrong_call_names_the_fault(
    client: aiohttp.ClientSession, path: str, status: int, field: str | None
) -> None:
    async with client.get(f"/v1/insight/{path}") as response:
        found = await response.json()

    assert response.status == status
    assert [error["field"] for error in found.get("errors", [])] == (
        [] if field is None else [field]
    )


@pytest.mark.parametrize(
    ("key", "status"), [pytest.param(BUREAU, 403, id="a bureau"), pytest.param("x", 401, id="none")]
)
async def test_operators_alone_read_reports(
    client: aiohttp.ClientSession, key: str, status: int
) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    async with client.get("/v1/insight/volumes", headers=headers) as response:
        assert response.status == status


async def test_everybody_reads_the_figures_of_a_month_without_a_key(
    city: aiohttp.ClientSession,
) -> None:
    async def read(**query: str) -> tuple[int, Any]:
        nobody = {"Authorization": ""}
        async with city.get("/v1/public-figures", params=query, headers=nobody) as response:
            return response.status, await response.json()

    status, figures = await read(jurisdiction="portland.gov")
    by_district = {
        name: (await report(city, f"{name}?by=district"))["rows"]
        for name in ("volumes", "times", "promises")
    }

    assert status == 200
    assert (figures["month"], figures["complete"]) == ("2026-03", True)
    assert figures["months"] == ["2026-03"]
    assert figures["volumes"] == [{"month": "2026-03", "n": 48}]
    assert figures["trends"] == {
        by: [{"month": "2026-03", **row} for row in figures["tables"]["volumes"][by]]
        for by in ("kind", "district")
    }
    assert {name: figures["tables"][name]["district"] for name in by_district} == by_district
    assert [row["n"] for row in figures["tables"]["volumes"]["kind"]] == [48]
    assert figures["totals"] == {
        name: (await report(city, name))["rows"][0] for name in ("times", "promises")
    }
    assert [row["district"] for row in figures["tables"]["reporting"]["district"]] == [
        "north",
        "south",
    ]
    assert (await read(jurisdiction="portland.gov", month="2026-02"))[0] == 404
    assert (await read(jurisdiction="portland.gov", month="march"))[0] == 422
    assert (await read(jurisdiction="atlantis.gov"))[0] == 422


async def test_declined_work_is_never_done(
    client: aiohttp.ClientSession, topic_log: TopicLog
) -> None:
    for number in range(20):
        request, case = new_id(), new_id()
        status = "declined" if number % 2 else "completed"
        await topic_log.publish(
            triaged(request, case), opened(request, case), closed(case, 2, NOON + HOUR, status)
        )
    await rows_of(client, "times", 20)

    [times] = (await report(client, "times"))["rows"]
    assert times["complete"] == {"median_hours": 1.0, "p90_hours": None}
