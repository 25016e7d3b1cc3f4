"""Plays dispatch for a program that reads the feed of a bureau."""

import asyncio
import json
from collections.abc import Callable

from aiohttp import web

from shared.runtime.clock import utc_now
from shared.runtime.ops.shutdown import is_set_within
from workbench.bureau.conformance import Samples
from workbench.bureau.feed_script import FeedAnswer, FeedScript
from workbench.bureau.findings import BureauFinding

_HOLD_S = 1.0
"""Time for which an empty page is held back."""
_CONTENT_TYPE = "application/json"


async def check_feed_reader(
    bureau: str, key: str, port: int, within_s: float, on_start: Callable[[str], None]
) -> list[BureauFinding]:
    """Return what is wrong with a program that reads the feed, and what would be better.

    Args:
        key: Key that the program must send.
        port: Where to listen, on this machine; 0 for any port.
        within_s: Seconds after which the program has seen enough.
        on_start: Called with the address that stands in for dispatch.
    """
    script = FeedScript(Samples(bureau, utc_now()))
    over, refused = asyncio.Event(), False

    async def take(request: web.BaseRequest) -> web.Response:
        nonlocal refused
        if request.headers.get("Authorization") != f"Bearer {key}":
            refused = True
            return web.Response(status=401)
        if script.is_over:
            over.set()
        answer = await _answer(script, request, f"/v1/bureaus/{bureau}/work-orders")
        headers = {"Content-Type": _CONTENT_TYPE, "Retry-After": "1"}
        return web.Response(status=answer.status, text=json.dumps(answer.body), headers=headers)

    server = web.Server(take)
    listener = await asyncio.get_running_loop().create_server(server, "127.0.0.1", port)
    on_start(f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}")
    try:
        await is_set_within(over, within_s)  # the findings say what is missing
    finally:
        listener.close()
        await server.shutdown(0)
    if refused:
        sentence = "It called without its key: send Authorization: Bearer and the key."
        return [BureauFinding("wrong_key", sentence), *script.findings()]
    return list(script.findings())


async def _answer(script: FeedScript, request: web.BaseRequest, feed: str) -> FeedAnswer:
    if request.method == "GET" and request.path == feed:
        answer = script.page(request.query.get("after"), request.query.get("wait"))
        if not answer.body.get("events") and answer.status == web.HTTPOk.status_code:
            await asyncio.sleep(_HOLD_S)
        return answer
    if request.method == "POST" and request.path.endswith("/updates"):
        return script.update(request.headers.get("Idempotency-Key"), await request.json())
    return FeedAnswer(web.HTTPNotFound.status_code, {"title": "Not found", "detail": request.path})
