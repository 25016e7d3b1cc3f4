"""Run the local stack in a given folder, with stand-ins for the services."""

import asyncio
import contextlib
import sys
from pathlib import Path

from cli.interrupts import InterruptedRunError, run
from cli.up import StackView
from deploy.local.services import Service
from deploy.local.supervisor import running_stack

FAKE = Path(__file__).with_name("fake_service.py")
SERVICES = [
    Service(name, (sys.executable, str(FAKE), name))
    for name in ("intake", "triage", "dispatch", "notify", "insight")
]


async def main(data: Path, *, fresh: bool) -> None:
    view = StackView()
    async with running_stack(data, fresh=fresh, report=view.show, services=SERVICES):
        await asyncio.Event().wait()


with contextlib.suppress(InterruptedRunError):
    run(main(Path(sys.argv[1]), fresh="--fresh" in sys.argv))
