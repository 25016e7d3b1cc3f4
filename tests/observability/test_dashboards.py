"""The dashboards' files are those of the table, and every panel says what to make of it."""

from typing import Any

import pytest
import yaml

from deploy.observability.dashboards import FOLDER, dashboard_text, dashboards
from tests.contract.test_alerts import NAMES, RECORDED, in_full, offered
from tests.support.paths import REPOSITORY

TABLE: dict[str, Any] = yaml.safe_load(
    (REPOSITORY / "deploy/observability/panels.yaml").read_text()
)


def test_the_files_are_rendered_from_the_table() -> None:
    rendered = {name: dashboard_text(content) for name, content in dashboards()}

    assert {f.name: f.read_text() for f in FOLDER.glob("*.json")} == rendered, "make schemas"


@pytest.mark.parametrize("person", TABLE)
def test_a_panel_asks_for_metrics_that_exist_and_says_what_to_make_of_it(person: str) -> None:
    for panel in TABLE[person]["panels"]:
        assert panel["what"].endswith("."), panel["title"]
        for query in panel["queries"].values():
            assert RECORDED
            assert set(NAMES.findall(in_full(query))) <= offered() | {
                "process_resident_memory_bytes"
            }


def test_the_four_who_look_have_a_dashboard() -> None:
    assert TABLE.keys() == {"supervisor", "on-call", "bureau", "manager"}
