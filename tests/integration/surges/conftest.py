"""A surge watcher beside a triage without a backlog."""

from pathlib import Path

import pytest

from shared.contract.topics import INTAKE_REQUESTS, INTAKE_REQUESTS_EXPRESS, TRIAGE_REPORT_COUNTS
from tests.integration.surges.watcher import Watcher, set_position
from tests.support.stack import Stores
from tests.support.topic_log import TopicLog


@pytest.fixture
async def watcher(stores: Stores, topic_log: TopicLog, tmp_path: Path) -> Watcher:
    """A watcher that begins at the present end of its topic, beside a triage without a backlog."""
    made = Watcher(stores.access, tmp_path / "tables")
    start = topic_log.start_offsets.items()
    counts = {p: offset for p, offset in start if p.topic == TRIAGE_REPORT_COUNTS.name}
    await set_position(stores.access, made.group, counts)
    lanes = {INTAKE_REQUESTS.name, INTAKE_REQUESTS_EXPRESS.name}
    requests = {p: offset for p, offset in start if p.topic in lanes}
    await stores.evict_members("triage")  # of a test that killed its triage
    await set_position(stores.access, "triage", requests)
    return made
