"""Bureaus of the demo over HTTP: updates are sent until they are answered."""

import asyncio
from collections.abc import Sequence

import aiohttp
from aiohttp import web

from deploy.local.stack_file import Keys
from shared.contract.events import UpdateReceipt, WorkOrderUpdated
from shared.contract.topics import bureau_updates
from shared.runtime.outgoing import Outgoing
from tests.support.builders import work_order_updated
from tests.unit.workbench.demo.factories import work_order
from tests.unit.workbench.demo.run.test_runner import KeptSink
from workbench.demo.run.bureau_ways import BY_FEED, BureauWays
from workbench.demo.run.observations import Observations

KEYS = Keys(bureaus={BY_FEED: "key"}, adapters={}, operator="operator")


def record(event: WorkOrderUpdated, bureau: str) -> Outgoing:
    return Outgoing.to_topic(bureau_updates(bureau).name, "case", event)


async def published(records: Sequence[Outgoing], *statuses: int) -> tuple[Observations, list[str]]:
    """Publish to a dispatch that answers with these statuses; return what was seen and sent."""
    seen, keys, answers = Observations(), list[str](), iter(statuses)

    async def take(request: web.BaseRequest) -> web.Response:
        keys.append(request.headers["Idempotency-Key"])
        status = next(answers)
        if status == 409:
            problem = {"code": "transition_not_allowed", "detail": "It is final."}
            return web.json_response(problem, status=409)
        receipt = UpdateReceipt(
            update_id=keys[-1], update_source="/http/x", bureau=BY_FEED, changed=True
        )
        return web.json_response(receipt.model_dump(), status=status)

    server = web.Server(take)
    listener = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    async with aiohttp.ClientSession(url) as session, asyncio.TaskGroup() as group:
        await BureauWays(KEYS, session, group, KeptSink(), seen).publish(records)
    listener.close()
    await server.shutdown(1)
    return seen, keys


async def test_an_update_is_sent_again_under_its_key_until_dispatch_has_time() -> None:
    update = work_order_updated()

    seen, keys = await published([record(update, BY_FEED)], 429, 503, 200)

    assert keys == [update.id] * 3
    assert seen.updates[update.id].changed


async def test_a_refused_update_counts_as_answered() -> None:
    update = work_order_updated()

    seen, _ = await published([record(update, BY_FEED)], 409)

    assert seen.updates[update.id].code == "transition_not_allowed"


async def test_work_counts_when_its_bureau_has_it_by_its_own_way() -> None:
    seen = Observations()
    by_feed, by_kafka = work_order(bureau=BY_FEED), work_order(bureau="WATER")
    async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
        ways = BureauWays(KEYS, session, group, KeptSink(), seen)

        assert ways.arrived([by_feed, by_kafka]) == [by_kafka]
