"""Every service answers what its own OpenAPI document says, whatever is sent to it.

Schemathesis makes the requests from the document. For other ones than usual:
``SCHEMATHESIS_OPTIONS="--seed=1 --max-examples=100"``.
"""

import asyncio
import json
import os
import sys
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from docs._tools.openapi_pages import DOCUMENTS, SERVICES
from services.notify.rules.recipients import CaseLead
from services.notify.store.resident_links import save_leads
from shared.contract.events import new_id
from shared.runtime.postgres import open_pool, transaction
from tests.integration.openapi.conftest import BUREAU, KEYS, SMS_TOKEN, Serving
from tests.support.databases import Database
from tests.support.dispatch.http_access import open_case
from tests.support.dispatch.sinkholes import sinkhole
from tests.support.doors import BUDGETS_MS
from tests.support.intake.http_client import call, plain
from tests.support.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

_CONFIG = Path(__file__).with_name("schemathesis.toml")
_PROGRAM = Path(sys.executable).with_name("schemathesis")
_OPTIONS = os.environ.get("SCHEMATHESIS_OPTIONS", "").split()
_RIGHT_KEYS = {
    "ADAPTER_KEY": KEYS["adapter"],
    "OPERATOR_KEY": KEYS["operator"],
    "BUREAU_KEY": KEYS["bureau"],
}
_OTHERS_KEYS = {
    "ADAPTER_KEY": KEYS["operator"],
    "OPERATOR_KEY": KEYS["adapter"],
    "BUREAU_KEY": KEYS["operator"],
}
_NO_KEYS = dict.fromkeys(_RIGHT_KEYS, "")
_FEW = ("--phases=fuzzing", "--mode=positive", "--max-examples=3")
_NO_NUMBER = "26-0000-000000"
_NEEDS_SIGNED_ID = {
    "POST /report/preview",
    "GET /report/{draft}/{step}",
    "GET /report/{draft}/receipt",
    "POST /report/{draft}/receipt",
    "POST /track/{number}",
}
"""Forms that are taken only with an id from the page before; the tests of the pages send them."""

Statuses = Mapping[str, set[int]]
"""How each operation answered, by its method and path."""


async def fuzz(
    url: str,
    folder: Path,
    *options: str,
    keys: Mapping[str, str] = _RIGHT_KEYS,
    number: str = _NO_NUMBER,
    case_id: str = _NO_NUMBER,
) -> Statuses:
    """Send generated requests to every operation of a service; fail with what is wrong."""
    told = folder / "statuses"
    process = await asyncio.create_subprocess_exec(
        _PROGRAM,
        f"--config-file={_CONFIG}",
        "run",
        *options,
        f"{url}/openapi.json",
        env=os.environ
        | keys
        | {"SMS_TOKEN": SMS_TOKEN, "STATUSES": str(told)}
        | {"TRACKING_NUMBER": number, "CASE_ID": case_id},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    statuses = defaultdict(set)
    lines = told.read_text().splitlines()
    told.unlink()
    for line in lines:
        label, status = line.split("\t")
        statuses[label].add(int(status))
    return statuses


async def document_of(client: aiohttp.ClientSession) -> Any:
    async with client.get("/openapi.json") as response:
        return await response.json()


def operations_of(document: Any) -> dict[str, Any]:
    """Return the operations by method and path."""
    return {
        f"{method.upper()} {path}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }


async def handed_in(client: aiohttp.ClientSession) -> str | None:
    """Return the number of a new request; None while intake starts or is busy."""
    try:
        answer = await call(client, "POST", "/v1/submissions", KEYS["adapter"], json=plain())
    except aiohttp.ClientConnectionError:
        return None
    number: str | None = answer.json["tracking_number"] if answer.status == 201 else None
    return number


@pytest.mark.parametrize("service", BUDGETS_MS)
async def test_every_route_has_a_budget_and_stands_in_the_docs(
    serving: Serving, service: str
) -> None:
    """A new route gets a budget in ``tests/support/doors.py``, so that ``make hostile`` attacks it.

    The docs' documents are those of a router with all channels: ``make openapi`` writes them.
    """
    url = serving(f"services.{service}")
    async with aiohttp.ClientSession(url) as client:

        async def served() -> Any:
            with suppress(aiohttp.ClientConnectionError):
                return await document_of(client)

        document = await eventually(served)

    assert operations_of(document).keys() - BUDGETS_MS[service].keys() == set()
    if service in SERVICES:
        in_docs = operations_of(json.loads((DOCUMENTS / f"{service}.json").read_text()))
        stale = [name for name, one in operations_of(document).items() if in_docs.get(name) != one]
        assert not stale, "run `make openapi`"


async def test_triage_answers_as_documented(serving: Serving, tmp_path: Path) -> None:
    statuses = await fuzz(serving("services.triage"), tmp_path, *_OPTIONS)

    assert 200 in statuses["GET /v1/dead-letters/triage"]
    assert 404 in statuses["POST /v1/dead-letters/triage/{topic}/{offset}/replay"]


@pytest.mark.parametrize("module", ["triage.surges"])
async def test_a_service_without_routes_of_its_own_answers_as_documented(
    serving: Serving, tmp_path: Path, module: str
) -> None:
    url = serving(f"services.{module}")
    statuses = await fuzz(url, tmp_path, *_OPTIONS)

    assert statuses.keys() == {"GET /live", "GET /ready", "GET /serving", "GET /metrics"}


async def test_intake_answers_as_documented_and_every_operation_succeeds_once(
    serving: Serving, tmp_path: Path
) -> None:
    url = serving("services.intake")
    async with aiohttp.ClientSession(url) as client:
        number = await eventually(lambda: handed_in(client))
        assert number
        document = await document_of(client)
        statuses = await fuzz(url, tmp_path, *_OPTIONS, number=number)

    operations = operations_of(document)
    needs_letter = {label for label in operations if "/v1/dead-letters/intake/" in label}
    of_console = {label for label in operations if "/v1/keys/" in label}
    needs_case = {"GET /problems/{case_id}"}  # without triage there is none
    assert operations.keys() >= _NEEDS_SIGNED_ID | needs_case
    for label in operations.keys() - _NEEDS_SIGNED_ID - needs_letter - of_console - needs_case:
        operation = operations[label]
        assert int(min(operation["responses"])) in statuses[label], label


async def test_dispatch_answers_as_documented(
    serving: Serving, database: Database, tmp_path: Path
) -> None:
    async with open_pool(database.dsn("dispatch")) as pool:
        orders = await open_case(pool, sinkhole())
    [order] = [order.work_order_id for order in orders if order.bureau == BUREAU]
    url = serving("services.dispatch")
    case_id = orders[0].case_id
    statuses = await fuzz(url, tmp_path, *_OPTIONS, number=order, case_id=case_id)

    for label, answered in statuses.items():
        if "/v1/approvals/" in label or "/v1/keys/" in label:
            assert 403 in answered, label  # for the console's key alone
            continue
        assert "{" not in label or answered & {200, 202, 404, 409}, label
    assert 200 in statuses["GET /v1/bureaus/{code}/work-orders"]
    assert 200 in statuses["GET /v1/work-orders/{work_order_id}"]
    assert 200 in statuses["GET /v1/cases"]
    assert 200 in statuses["GET /v1/cases/{case_id}"]


async def test_notify_answers_as_documented(
    serving: Serving, database: Database, tmp_path: Path
) -> None:
    order = new_id()
    lead = CaseLead(new_id(), 1, "portland.gov", BUREAU, order)
    async with open_pool(database.dsn("notify")) as pool, transaction(pool) as db:
        await save_leads(db, [lead])
    url = serving("services.notify")
    statuses = await fuzz(url, tmp_path, *_OPTIONS, number=order)

    assert statuses["GET /v1/work-orders/{work_order_id}/contact"] >= {200, 404, 422}


async def test_intake_refuses_callers_without_the_right_key_as_documented(
    serving: Serving, tmp_path: Path
) -> None:
    url = serving("services.intake")
    async with aiohttp.ClientSession(url) as client:
        await eventually(lambda: handed_in(client))
        document = await document_of(client)
        without, with_others = [
            await fuzz(url, tmp_path, *_FEW, keys=keys) for keys in (_NO_KEYS, _OTHERS_KEYS)
        ]

    secured = [
        label for label, operation in operations_of(document).items() if "security" in operation
    ]
    assert len(secured) > 5
    for label in secured:
        known = {HTTPStatus.FORBIDDEN, HTTPStatus.SERVICE_UNAVAILABLE}
        unknown = known if "/open311/" in label else known ^ {HTTPStatus.FORBIDDEN, 401}
        assert without[label] <= unknown, label
        assert with_others[label] <= known, label
