"""Intake as a process: its listener and its questions."""

import asyncio
import json
import re
import sys
from pathlib import Path

import pytest
from aiosmtplib import send

from deploy.local.readiness import smtp_answers
from shared.contract.topics import INTAKE_REQUESTS
from tests.integration.intake.conftest import Running
from tests.integration.intake.mail.postbox import ANA, mail
from tests.support.free_ports import reserved_port
from tests.support.notify.mail_server import open_mail_server
from tests.support.paths import REPOSITORY
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

BLOCKS = re.MULTILINE | re.DOTALL
GUIDE = REPOSITORY / "docs" / "email.md"


async def test_the_script_of_the_guide_reports_and_a_question_goes_out(
    running: Running, topic_log: TopicLog, tmp_path: Path
) -> None:
    [script] = re.findall(r"^```python [^\n]*\n(.*?)\n```$", GUIDE.read_text(), BLOCKS)
    (tmp_path / ".route311").mkdir()
    with reserved_port() as port:
        stack = json.dumps({"inbound_mail": f"127.0.0.1:{port}"})
        (tmp_path / ".route311" / "stack.json").write_text(stack)
        async with (
            open_mail_server() as sent,
            running(mail_port=port, smtp_host="127.0.0.1", smtp_port=sent.port),
        ):
            await eventually(lambda: smtp_answers(port))
            script_run = await asyncio.create_subprocess_exec(
                sys.executable, "-c", script, cwd=tmp_path
            )
            assert await script_run.wait() == 0
            await send(mail("A bench is broken"), hostname="127.0.0.1", port=port)
            await sent.content_arrived.wait()
            [request] = await topic_log.at_least(1, INTAKE_REQUESTS)

    assert request.data.description == "Pothole\n\nIt is at NE 33rd and Fremont."
    assert request.data.channel == "email"
    assert [to for to, _ in sent.mails] == [ANA]
