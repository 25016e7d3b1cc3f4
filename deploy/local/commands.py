"""Commands that prepare something and end."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.program import Account

_LINES_SHOWN = 3


async def run_to_end(
    fault: str,
    command: Sequence[str],
    account: Account | None = None,
    directory: Path | None = None,
) -> None:
    """Run a command; a cancelled caller takes it along.

    Raises:
        StackError: It failed; the text is ``fault`` and the last thing that the command said.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=directory,
        start_new_session=True,
        user=account.user_id if account else None,
        group=account.group_id if account else None,
        extra_groups=[] if account else None,
    )
    try:
        said, _ = await process.communicate()
    except asyncio.CancelledError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        raise
    if process.returncode != 0:
        raise StackError(f"{fault}: {_last_words(said.decode(errors='replace'))}")


def _last_words(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return " ".join((errors or lines)[:_LINES_SHOWN])
