"""Every panel of every dashboard shows something, by a real Prometheus that scrapes a router."""

import asyncio
import json
import math
import shutil
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from tests.e2e.actors import mails_to, post, report, update, work_order_for
from tests.support.free_ports import reserved_port
from tests.support.paths import REPOSITORY
from tests.support.router import Router
from tests.support.waiting import eventually

PROMETHEUS = shutil.which("prometheus")
SERVICES = ("intake", "triage", "triage-stream", "dispatch", "notify", "insight")
PANELS = yaml.safe_load((REPOSITORY / "deploy/observability/panels.yaml").read_text())
LEO = "leo@example.org"  # of this test alone: messages a day are limited

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(300),
    pytest.mark.skipif(PROMETHEUS is None, reason="no prometheus here: a package of Debian"),
]


@asynccontextmanager
async def prometheus(ports: Mapping[str, int], folder: Path) -> AsyncGenerator[str]:
    """Scrape the services as the chart has them scraped; yield the address of the API."""
    services = [
        {"targets": [f"127.0.0.1:{ports[service]}"], "labels": {"service": service}}
        for service in SERVICES
    ]
    settings = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(REPOSITORY / "deploy/observability/alerts.yaml")],
        "scrape_configs": [{"job_name": "route311", "static_configs": services}],
    }
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(settings))
    assert PROMETHEUS
    with reserved_port() as port, (folder / "prometheus.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            PROMETHEUS,
            f"--config.file={folder}/prometheus.yaml",
            f"--storage.tsdb.path={folder}/tsdb",
            f"--web.listen-address=127.0.0.1:{port}",
            stdout=log,
            stderr=log,
        )
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            await process.wait()


async def test_every_query_of_every_panel_has_data(router: Router, tmp_path: Path) -> None:
    ports = json.loads((router.data / "ports.json").read_text())
    async with (
        prometheus(ports, tmp_path) as api,
        aiohttp.ClientSession(api) as session,
    ):
        await eventually(lambda: values(session, f"count(up == 1) == {len(SERVICES)}"))
        await one_report_is_worked_on(router)
        # Prometheus knows an increase from the second sample of a counter on.
        await eventually(lambda: values(session, "route311_decisions_total > 0"))
        far = {"latitude": 45.482, "longitude": -122.601, "accuracy_m": 5}
        await post(router, report(location=far, reporter=None))
        empty = [
            f"{person}: {panel['title']}: {legend}"
            for person, dashboard in PANELS.items()
            for panel in dashboard["panels"]
            for legend, query in panel["queries"].items()
            if not await shows_something(session, query)
        ]

    assert empty == []


async def one_report_is_worked_on(router: Router) -> None:
    """An urgent report comes in, its bureau says something, its reporter hears of it."""
    place = {"latitude": 45.571, "longitude": -122.672, "accuracy_m": 5}
    reporter = {"email": LEO, "status_updates": ["email"]}
    _, accepted = await post(router, report(location=place, reporter=reporter))
    work_order = await work_order_for(router, "pbot-mod", accepted["request_id"])
    key = work_order["case_id"]
    await router.write("bureau-pbot-mod-updates", key, update(work_order, "in_progress"))

    async def written_to() -> bool:
        return len(mails_to(router, LEO, accepted["tracking_number"])) >= 2

    await eventually(written_to)


async def shows_something(session: aiohttp.ClientSession, query: str) -> bool:
    """Return True when the query has a number soon; a rate needs some scrapes."""
    try:
        await eventually(
            lambda: values(session, query.replace("$__rate_interval", "1m")), within_s=20
        )
    except TimeoutError:
        return False
    return True


async def values(session: aiohttp.ClientSession, query: str) -> list[float]:
    """Return the numbers of a query; none while Prometheus starts."""
    try:
        async with session.get("/api/v1/query", params={"query": query}) as response:
            answer: Any = await response.json(content_type=None)
    except (aiohttp.ClientError, ValueError):
        return []
    assert answer["status"] == "success" or response.status == 503, answer
    found = [float(one["value"][1]) for one in answer.get("data", {}).get("result", [])]
    return [number for number in found if math.isfinite(number)]
