"""Roles, ways back after the log-in, texts in Spanish."""

from pathlib import Path
from typing import get_args
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest

from console.access import HOME, safe_next
from console.pages import insight
from console.pages.commands import command_of
from console.pages.insight import cases_of
from console.pages.queue import FILTERS
from console.passwords import hashed, is_password
from docs._tools.translations import CONSOLE, faults, read, source_texts
from services.dispatch.channels.operator_api.cases import LIST_CASES
from services.insight.rules import tables
from shared.staff_roles import ROLE_NAMES, Role, role_for, role_of
from shared.vocabulary import CommandName


def test_each_role_includes_the_ones_before_it() -> None:
    assert [role_of(name) for name in ROLE_NAMES] == sorted(Role)
    with pytest.raises(ValueError, match="viewer, agent, dispatcher, supervisor, admin"):
        role_of("root")


def test_an_agent_writes_notes_and_answers_and_gives_no_other_command() -> None:
    allowed = {name for name in get_args(CommandName) if role_for(name) <= Role.AGENT}

    assert allowed == {"note", "answer"}


def test_the_queue_has_the_filters_of_the_operators_api() -> None:
    assert set(FILTERS) == LIST_CASES.query.keys() - {"limit", "counts"}


def test_the_page_of_insight_has_the_dimensions_of_its_reports() -> None:
    assert set(insight.DIMENSIONS) == tables.DIMENSIONS.keys()


def test_a_hold_ends_at_a_time_of_the_city() -> None:
    fields = {"until": "2026-12-01T09:30", "reason": "A crew comes then"}
    zone = ZoneInfo("America/Los_Angeles")

    assert command_of("hold", fields, zone)["until"] == "2026-12-01T09:30:00-08:00"
    assert command_of("hold", {"until": "soon"}, zone)["until"] == "soon"


def test_a_row_of_insight_leads_to_its_cases_in_the_days_of_the_city() -> None:
    zone = ZoneInfo("America/Los_Angeles")
    row = {"kind": "ROW-POTHOLE", "district": "N", "hour": 4, "n": 12}
    period = {"from": "2026-03-07", "to": "2026-03-08"}  # the clock goes forward

    query = dict(parse_qsl(cases_of(row, ["kind", "district"], period, zone)))

    assert query.items() >= {"kind": "ROW-POTHOLE", "district": "N"}.items()
    assert "completed" in query["status"]
    assert query["since"] == "2026-03-07T00:00:00-08:00"
    assert query["until"] == "2026-03-09T00:00:00-07:00"
    assert query.keys() <= set(FILTERS)


def test_a_row_that_no_filter_of_the_queue_means_leads_nowhere() -> None:
    zone = ZoneInfo("America/Los_Angeles")

    assert cases_of({"hour": 4}, ["hour"], {}, zone) == ""
    assert cases_of({"district": None}, ["district"], {}, zone) == ""


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/console", "//evil.example/console", "/track/1", "/console\\@evil", ""],
)
def test_after_the_log_in_nobody_is_led_out_of_the_console(elsewhere: str) -> None:
    assert safe_next(elsewhere) == HOME


def test_after_the_log_in_a_person_goes_on_where_they_were() -> None:
    assert safe_next("/console/cases/1?view=order%3Ddue") == "/console/cases/1?view=order%3Ddue"


async def test_a_password_fits_its_own_hash_alone_and_nobodys_never() -> None:
    password_hash = hashed("correct horse battery")

    assert password_hash.startswith("$argon2id$")
    assert await is_password("correct horse battery", password_hash)
    assert not await is_password("correct horse", password_hash)
    assert not await is_password("correct horse battery", None)
    assert not await is_password("", "no hash")


@pytest.mark.parametrize("path", CONSOLE.paths, ids=lambda path: path.stem)
def test_a_language_has_every_text(path: Path) -> None:
    assert list(faults(read(path), source_texts(path.stem, CONSOLE))) == []
