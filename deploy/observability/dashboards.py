"""Render Grafana's dashboards from ``panels.yaml``.

``python -m deploy.observability.dashboards`` writes them; ``make schemas`` does so too.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "dashboards"

_PANELS = Path(__file__).parent / "panels.yaml"
_COLUMNS, _WIDTH, _HEIGHT = 2, 12, 8
_SOURCE = {"type": "prometheus", "uid": "${source}"}


def dashboards() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name of each dashboard's file, and the dashboard."""
    for person, table in yaml.safe_load(_PANELS.read_text()).items():
        yield f"{person}.json", _dashboard(person, table)


def dashboard_text(dashboard: Mapping[str, Any]) -> str:
    """Return the content of a dashboard's file."""
    return json.dumps(dashboard, indent=1) + "\n"


def _dashboard(person: str, table: Mapping[str, Any]) -> dict[str, Any]:
    source = {"name": "source", "type": "datasource", "query": "prometheus", "hide": 2}
    return {
        "uid": f"route311-{person}",
        "title": table["title"],
        "tags": ["route311"],
        "schemaVersion": 39,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [source]},
        "panels": [_panel(number, panel) for number, panel in enumerate(table["panels"])],
    }


def _panel(number: int, panel: Mapping[str, Any]) -> dict[str, Any]:
    row, column = divmod(number, _COLUMNS)
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": panel["title"],
        "description": panel["what"],
        "datasource": _SOURCE,
        "gridPos": {"x": column * _WIDTH, "y": row * _HEIGHT, "w": _WIDTH, "h": _HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel["unit"], "min": 0}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + index), "expr": query, "legendFormat": legend}
            for index, (legend, query) in enumerate(panel["queries"].items())
        ],
    }


if __name__ == "__main__":
    for name, content in dashboards():
        (FOLDER / name).write_text(dashboard_text(content))
