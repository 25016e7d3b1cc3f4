"""An SMS provider with Twilio's API that sends nothing and saves every message to a file.

``python -m deploy.local.sms --port 2526 --folder sms --account AC1`` runs it alone, with the
account's token in the variable ``SMS_TOKEN``.
"""

import argparse
import asyncio
import itertools
import os
import re
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from aiohttp import encode_basic_auth, web

from deploy.local.folder import write_json
from deploy.local.readiness import LOOPBACK
from shared.runtime.ops.shutdown import stop_signal

TOKEN = "SMS_TOKEN"  # noqa: S105 - the name of a variable
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_MAX_BODY = 1_600
_FIELDS = ("To", "From", "Body", "StatusCallback")


class SmsFolder:
    """Saves each message as a JSON file; file names sort by arrival."""

    def __init__(self, folder: Path, clock_ns: Callable[[], int] = time.time_ns) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._clock_ns = clock_ns
        self._numbers = itertools.count()

    def save(self, fields: dict[str, str]) -> str:
        """Save a message atomically and return its id."""
        sid, now = f"SM{uuid4().hex}", self._clock_ns()
        at = datetime.fromtimestamp(now / 1e9, UTC).isoformat()
        message = {"sid": sid, **{name: fields.get(name, "") for name in _FIELDS}, "at": at}
        write_json(self._folder / f"{now:020d}-{next(self._numbers):06d}.json", message)
        return sid


def sms_app(folder: SmsFolder, account: str, token: str) -> web.Application:
    """Return the provider's HTTP interface for one account."""
    expected = encode_basic_auth(account, token)

    async def post(request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != expected:
            return _error(401, 20003, "Authenticate")
        if request.match_info["account"] != account:
            return _error(404, 20404, "The requested resource was not found")
        form = {name: str(value) for name, value in (await request.post()).items()}
        if not _NUMBER.fullmatch(form.get("To", "")):
            return _error(400, 21211, "Invalid 'To' Phone Number")
        if not _NUMBER.fullmatch(form.get("From", "")):
            return _error(400, 21212, "Invalid 'From' Phone Number")
        if not 1 <= len(form.get("Body", "")) <= _MAX_BODY:
            return _error(400, 21602, "Message body is required, at most 1,600 characters")
        sid = folder.save(form)
        return web.json_response({"sid": sid, "status": "queued"}, status=201)

    async def ready(_: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.add_routes(
        [
            web.post("/2010-04-01/Accounts/{account}/Messages.json", post),
            web.get("/ready", ready),
        ]
    )
    return app


def _error(status: int, code: int, message: str) -> web.Response:
    return web.json_response({"code": code, "message": message, "status": status}, status=status)


async def serve(port: int, app: web.Application) -> None:
    """Serve until SIGTERM or SIGINT."""
    stopping = stop_signal()
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, LOOPBACK, port).start()
        await stopping.wait()
    finally:
        await runner.cleanup()


def main(arguments: list[str]) -> None:
    """Parse the command line and run the server."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local.sms", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--account", required=True)
    options = parser.parse_args(arguments)
    app = sms_app(SmsFolder(options.folder), options.account, os.environ[TOKEN])
    asyncio.run(serve(options.port, app))


if __name__ == "__main__":
    main(sys.argv[1:])
