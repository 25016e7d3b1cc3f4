"""Explain a stored decision on the command line."""

import json

import asyncpg
import pytest

from shared.contract.events import RequestSubmitted, new_id
from shared.contract.topics import TRIAGE_DECISIONS
from shared.runtime.migrate import OPERATIONS
from tests.integration.triage.camps import by_request, camp
from tests.integration.triage.conftest import Running
from tests.support.builders import (
    PIONEER_SQUARE,
    north_of,
)
from tests.support.databases import Database
from tests.support.program import route311
from tests.support.topic_log import TopicLog

pytestmark = pytest.mark.integration


async def test_a_stored_decision_explains_itself_by_id_and_by_number(
    running: Running, topic_log: TopicLog, database: Database
) -> None:
    first, second = camp(), camp(north_of(PIONEER_SQUARE, 70), tracking_number="26-9T7E-89")
    async with running():
        await topic_log.publish(first, second)
        decisions = by_request(await topic_log.at_least(2, TRIAGE_DECISIONS))
        await _handed_in(database, second)
        by_id = await _explain(database, second.data.request_id)
        by_number = await _explain(database, "26 9t7e 89")
        strange = await _explain(database, new_id())

    assert by_id == by_number
    assert by_id[0] == 0
    found = json.loads(by_id[1])
    assert found["request_id"] == second.data.request_id
    assert found["explanation"] == list(decisions[second.data.request_id].explanation)
    assert len(found["explanation"]) > 1
    assert strange[0] == 1
    assert strange[2].count("\n") == 1
    assert "there is no request" in strange[2]


async def _explain(database: Database, request: str) -> tuple[int, str, str]:
    environment = {
        **database.stores.access.environment(),
        "ROUTE311_OPERATIONS_DSN": database.dsn(OPERATIONS),
    }
    return await route311("triage", "explain", request, "--json", **environment)


async def _handed_in(database: Database, event: RequestSubmitted) -> None:
    """Store the request as intake does."""
    connection = await asyncpg.connect(database.admin_dsn)
    await connection.execute(
        "INSERT INTO intake.requests (request_id, tracking_number, jurisdiction, service_code,"
        " submitted_at) VALUES ($1, $2, $3, $4, $5)",
        event.data.request_id,
        event.data.tracking_number,
        event.data.jurisdiction,
        event.data.service_code,
        event.data.submitted_at,
    )
    await connection.close()
