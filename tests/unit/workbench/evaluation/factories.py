"""Makers of small pasts."""

import csv
import gzip
from io import StringIO
from pathlib import Path
from typing import Any

from tests.support.triage.factories import CATALOGUE, POLICY
from workbench.evaluation.backtest import backtest
from workbench.evaluation.exports import read_requests
from workbench.evaluation.measures import EvaluationResult, measure

CITY = "rivertown.gov"


def row(request_id: str, **changes: Any) -> dict[str, Any]:
    cells = {
        "request_id": request_id,
        "reported_at": "2026-09-01T12:00:00",
        "service_code": "CAMP",
        "latitude": "45.5188",
        "longitude": "-122.6793",
        "address": "",
        "description": "Tents",
    }
    return cells | changes


def as_csv(*rows: dict[str, Any]) -> str:
    text = StringIO()
    writer = csv.DictWriter(text, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def write(path: Path, text: str, *, packed: bool = False) -> Path:
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    return path


def outcome_of(
    folder: Path, pairs: list[tuple[str, str]], *rows: dict[str, Any]
) -> EvaluationResult:
    past = read_requests(write(folder / "past.csv", as_csv(*rows)), CATALOGUE, CITY)
    judged = list(backtest(past, POLICY))
    return measure(judged, pairs, judged)
