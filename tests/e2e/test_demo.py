"""``route311 demo``: the first command that a newcomer runs."""

import asyncio
import json
import signal
from pathlib import Path

import pytest

from tests.support.router import COMMAND
from tests.support.temporary_folders import let_others_in
from tests.support.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

WITHIN_S = 240  # on a machine that is busy with other things
REQUESTS = 200


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return let_others_in(tmp_path)


async def started(folder: Path, *options: str) -> asyncio.subprocess.Process:
    with (folder / "output").open("wb") as output:
        return await asyncio.create_subprocess_exec(
            COMMAND,
            "demo",
            *("--data", "data", "--requests", str(REQUESTS)),
            *options,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            cwd=folder,
        )


def output_of(folder: Path) -> str:
    """Return the output of the demo with single blanks."""
    return " ".join((folder / "output").read_text().split())


def residents_pages(folder: Path) -> str:
    """Return the address of the residents' pages of a running demo; empty before it has one."""
    file = folder / "data" / "stack.json"
    return str(json.loads(file.read_text())["intake"]) if file.exists() else ""


async def test_a_day_ends_by_itself_with_a_summary_in_which_nothing_is_lost(folder: Path) -> None:
    demo = await started(folder)
    code = await asyncio.wait_for(demo.wait(), WITHIN_S)
    text = output_of(folder)
    assert code == 0, text
    missing = [
        sentence
        for sentence in (
            f"{REQUESTS} submitted, {REQUESTS} answered, 0 lost.",
            "193 became requests, 7 were rejected with reasons.",
            "24 repeats of an adapter changed nothing; 5 unreadable records were dead-lettered.",
            "in no record of the topics that triage, dispatch and the bureaus use",
            "30 reports, 1 case; 30 followers told.",
            "240 m away: 3 reports, 1 case of its own.",
            "A dark traffic signal: 3 reports, 1 case, priority P1",
            "A power line that sparks: 2 reports, 1 case; 2 of 2 told to call 911",
            "A gust of wind in SE: 14 reports, 14 cases. A surge was announced after 10 reports",
            "Oregon Department of Transportation, 1-888-ASK-ODOT",
            "211info, 211.",
            "2 problems in the next city: City of Gresham.",
            "Write to [removed] or call [removed]",
            'STATUS was answered "Report 26-',
            'The work is done." STOP was answered "You will get no more texts from 311.',
            'NO to "Is it fixed?" was answered "Thank you. We told the team',
            "and the case was reopened.",
            "mailed to the city's mail server",
            "12 submissions 3 times each: 12 requests, 12 decisions.",
            "id_reused /adapters/stuttering-kiosk 1",
            "missing_location /http/demo 1",
            "too_large channel-submissions-dlq 1",
            "Update of BPS-GRAFFITI refused, version_conflict",
            "1 work order went on to another bureau.",
            "1 call was refused on purpose and made again. Urban Forestry read",
            "The mail server keeps as many messages as files.",
            '"status": "completed"',
        )
        if sentence not in text
    ]
    assert not missing, text
    assert len(list((folder / "data" / "mail").glob("*.eml"))) > REQUESTS


@pytest.mark.long
async def test_with_keep_the_router_answers_until_it_is_stopped(folder: Path) -> None:
    demo = await started(folder, "--keep")

    async def ended() -> bool:
        assert demo.returncode is None, output_of(folder)
        return output_of(folder).endswith(f"open {residents_pages(folder)}")

    await eventually(ended, within_s=WITHIN_S)
    assert (folder / "data" / "stack.json").exists()
    demo.send_signal(signal.SIGINT)
    code = await asyncio.wait_for(demo.wait(), 30)
    assert code == 0, output_of(folder)
    assert output_of(folder).endswith("Stopping … Stopped.")
    assert not (folder / "data" / "stack.json").exists()
