"""A mail sink: an SMTP server that delivers nothing and saves every message to a file.

``python -m deploy.local.mail --port 2525 --folder mail`` runs it alone.
"""

import argparse
import asyncio
import itertools
import sys
import time
from collections.abc import Callable
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.local.readiness import LOOPBACK
from shared.runtime.ops.shutdown import stop_signal

_MAX_BYTES = 20 * 1024 * 1024


class MailFolder:
    """Saves each message as an .eml file; file names sort by arrival."""

    def __init__(self, folder: Path, clock_ns: Callable[[], int] = time.time_ns) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._clock_ns = clock_ns
        self._numbers = itertools.count()

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Save the message, with its envelope as first headers, then acknowledge it."""
        head = f"X-Envelope-From: {envelope.mail_from}\r\n"
        head += "".join(f"X-Envelope-To: {to}\r\n" for to in envelope.rcpt_tos)
        content = envelope.original_content or b""
        self.save(head.encode(errors="surrogateescape") + content)
        return "250 kept"

    def save(self, message: bytes) -> None:
        """Write the message atomically: a reader of ``*.eml`` never sees an incomplete one."""
        name = f"{self._clock_ns():020d}-{next(self._numbers):06d}"
        partial = self._folder / f".{name}.partial"
        partial.write_bytes(message)
        partial.rename(self._folder / f"{name}.eml")


async def serve(port: int, folder: Path) -> None:
    """Accept mail until SIGTERM or SIGINT."""
    mail_folder = MailFolder(folder)
    loop = asyncio.get_running_loop()
    stopping = stop_signal()

    def session() -> SMTP:
        return SMTP(mail_folder, enable_SMTPUTF8=True, data_size_limit=_MAX_BYTES, loop=loop)

    server = await loop.create_server(session, LOOPBACK, port)
    try:
        await stopping.wait()
    finally:
        server.close()


def main(arguments: list[str]) -> None:
    """Parse the command line and run the server."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local.mail", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args(arguments)
    asyncio.run(serve(options.port, options.folder))


if __name__ == "__main__":
    main(sys.argv[1:])
