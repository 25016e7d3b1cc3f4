"""``route311 bureau check --feed`` with the program of the guide, and with bad ones."""

import asyncio
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import NOON
from tests.support.paths import REPOSITORY
from workbench.bureau.conformance import Samples
from workbench.bureau.feed_player import check_feed_reader
from workbench.bureau.feed_script import FeedScript

BUREAU, KEY = "PBOT-MOD", "the key"
GUIDE = REPOSITORY / "docs" / "bureaus.md"


async def test_the_program_of_the_guide_is_right(tmp_path: Path) -> None:
    found = re.search(
        r'^```python title="feed.py"\n(.*?)^```$', GUIDE.read_text(), re.MULTILINE | re.DOTALL
    )
    assert found
    (tmp_path / "feed.py").write_text(found[1])
    address = asyncio.get_running_loop().create_future()
    checking = asyncio.create_task(
        check_feed_reader(BUREAU, KEY, 0, within_s=60, on_start=address.set_result)
    )
    environment = {"DISPATCH": await address, "BUREAU": BUREAU, "KEY": KEY}
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "feed.py"),
        cwd=tmp_path,
        env=os.environ | environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert await checking == []
    finally:
        program.kill()
        await program.wait()


UPDATE = {"status": "acknowledged"}


def played(*calls: Any) -> list[str]:
    """Play calls: a pair of cursor and wait, or a dictionary of key and body of an update."""
    script = FeedScript(Samples(BUREAU, NOON))
    for call in calls:
        if isinstance(call, dict):
            script.update(**call)
        else:
            script.page(*call)
    return [finding.code for finding in script.findings()]


FIRST, SECOND = "first-page", "second-page"
GOOD = [(None, "30"), (FIRST, "30"), (FIRST, "30"), (SECOND, "30")]
TWICE = [{"key": "a", "body": UPDATE}, {"key": "a", "body": UPDATE}]


@pytest.mark.parametrize(
    ("calls", "codes"),
    [
        pytest.param([*GOOD, *TWICE], [], id="good"),
        pytest.param([], ["no_call"], id="silent"),
        pytest.param([(None, "1"), (None, "1"), *TWICE], ["cursor_lost"], id="anew"),
        pytest.param([GOOD[0], *TWICE], ["stopped"], id="one page"),
        pytest.param([GOOD[0], TWICE[0], *GOOD, TWICE[1]], [], id="reads the page again"),
        pytest.param([("x", "1"), *TWICE], ["foreign_cursor"], id="old cursor"),
        pytest.param([*GOOD[:2], *TWICE], ["gave_up"], id="stops at a failure"),
        pytest.param([(after, None) for after, _ in GOOD] + TWICE, ["no_wait"], id="hammers"),
        pytest.param(GOOD, ["no_update"], id="only reads"),
        pytest.param([*GOOD, TWICE[0]], ["update_not_repeated"], id="update lost"),
        pytest.param([*GOOD, TWICE[0], {"key": "b", "body": UPDATE}], ["new_key"], id="new key"),
        pytest.param([*GOOD, {"key": None, "body": UPDATE}], ["no_idempotency_key"], id="no key"),
    ],
)
def test_what_a_program_does_wrong_is_named(calls: list[Any], codes: list[str]) -> None:
    assert played(*calls) == codes
