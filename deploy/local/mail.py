"""A mail server that delivers nothing and keeps every message as a file.

``python -m deploy.local.mail --port 2525 --folder mail`` runs it alone.
"""

import argparse
import asyncio
import itertools
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.local.ports import LOOPBACK

_LARGEST_BYTES = 20 * 1024 * 1024


class MailFolder:
    """Takes each message and keeps it as an .eml file; names sort by arrival."""

    def __init__(self, folder: Path, clock_ns: Callable[[], int] = time.time_ns) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._clock_ns = clock_ns
        self._numbers = itertools.count()

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep the message, then say so."""
        self.keep(envelope.original_content or b"")
        return "250 kept"

    def keep(self, message: bytes) -> None:
        """Write the message; a reader of ``*.eml`` never sees half of one."""
        name = f"{self._clock_ns():020d}-{next(self._numbers):06d}"
        half = self._folder / f".{name}.half"
        half.write_bytes(message)
        half.rename(self._folder / f"{name}.eml")


async def serve(port: int, folder: Path) -> None:
    """Take mail until SIGTERM or SIGINT."""
    mails = MailFolder(folder)
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)

    def session() -> SMTP:
        return SMTP(mails, enable_SMTPUTF8=True, data_size_limit=_LARGEST_BYTES, loop=loop)

    server = await loop.create_server(session, LOOPBACK, port)
    try:
        await over.wait()
    finally:
        server.close()


def main(arguments: list[str]) -> None:
    """Run the server with the options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local.mail", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args(arguments)
    asyncio.run(serve(options.port, options.folder))


if __name__ == "__main__":
    main(sys.argv[1:])
