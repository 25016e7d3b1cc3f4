import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from services.notify.channels.sms.channel import SmsSender, classify_response
from services.notify.records import ClaimedDelivery
from services.notify.settings import SmsAccount
from shared.runtime.smtp import SendOutcome
from tests.support.builders import NOON, contact_given
from tests.support.notify.deliveries import DeliveryHarness, FakeMailer, consent, text_report
from tests.support.notify.factories import PUBLIC_URL, message_data, renderer, stored
from tests.support.notify.fakes import InMemoryNotify


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        pytest.param(201, {"sid": "SM1"}, SendOutcome("accepted", provider_id="SM1"), id="taken"),
        pytest.param(201, {}, SendOutcome("accepted"), id="taken, and the body got lost"),
        pytest.param(400, {"code": 21211}, SendOutcome("refused", "sms_21211"), id="no number"),
        pytest.param(400, {"code": 21610}, SendOutcome("refused", "opted_out"), id="said STOP"),
        pytest.param(404, {}, SendOutcome("refused", "sms_404"), id="another error of the caller"),
        pytest.param(401, {}, SendOutcome("unreachable", "sms_401"), id="a wrong token"),
        pytest.param(429, {}, SendOutcome("unreachable", "sms_429"), id="too many"),
        pytest.param(503, {}, SendOutcome("unreachable", "sms_503"), id="closed"),
        pytest.param(302, {}, SendOutcome("unreachable", "sms_302"), id="elsewhere"),
        pytest.param(500, {}, SendOutcome("unknown", "sms_500"), id="broke while at it"),
        pytest.param(504, {}, SendOutcome("unknown", "sms_504"), id="a proxy that got no answer"),
        pytest.param(200, {}, SendOutcome("unknown", "sms_200"), id="no answer of Twilio's"),
    ],
)
def test_only_what_the_answer_says_for_sure_is_tried_again(
    status: int, body: dict[str, object], outcome: SendOutcome
) -> None:
    assert classify_response(status, body) == outcome


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<html>", id="no JSON"),
        pytest.param(b'["sid"]', id="no object"),
        pytest.param(b"[" * 60_000, id="nested deeply"),
        pytest.param(b'{"sid": "%s"}' % (b"x" * 70_000), id="long"),
    ],
)
async def test_an_answer_that_cannot_be_read_counts_by_its_status(body: bytes) -> None:
    async def post(_: web.Request) -> web.Response:
        return web.Response(body=body, status=201)

    app = web.Application()
    app.router.add_post("/{path:.*}", post)
    claimed = ClaimedDelivery(stored(), 0, "+15035550177", suppressed=None, data=message_data())
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        url, numbers = f"http://127.0.0.1:{server.port}", {"portland.gov": "+15035550199"}
        account = SmsAccount(url, "AC1", "token", numbers, connections=1, within_s=5)
        sender = SmsSender(session, account, renderer().render_sms, PUBLIC_URL)
        assert await sender.send(claimed, "+15035550177", NOON) == SendOutcome("accepted")


def texting() -> DeliveryHarness:
    return DeliveryHarness(InMemoryNotify(channel="sms"))


async def test_who_said_stop_meanwhile_gets_nothing_until_start() -> None:
    harness = texting()
    await harness.receive([*text_report(), consent(opted_out=True)])

    await harness.worker.poll_once()

    (suppressed,) = harness.store.published
    assert (suppressed.data.channel, suppressed.data.reason) == ("sms", "opted_out")
    assert (harness.states, harness.mails) == (["suppressed"], [])

    await harness.receive([consent(opted_out=False, minutes=1), *text_report()])
    await harness.worker.poll_once()
    assert harness.states == ["suppressed", "sent"]


@pytest.mark.parametrize("together", [True, False])
async def test_a_stop_that_is_read_after_a_later_start_changes_nothing(together: bool) -> None:
    harness = texting()
    stop, start = consent(opted_out=True), consent(opted_out=False, minutes=1)
    await harness.receive([start, *text_report(), *([stop] if together else [])])
    await harness.receive([stop])

    await harness.worker.poll_once()

    assert harness.states == ["sent"]


async def test_whom_the_provider_knows_as_opted_out_gets_no_second_attempt() -> None:
    harness = texting()
    harness.mailers[0].outcomes = [SendOutcome("refused", "opted_out")]
    await harness.receive([*text_report(), *text_report()])
    worker = harness.worker

    await worker.poll_once()
    await worker.poll_once()

    assert sorted(harness.states) == ["failed", "suppressed"]
    assert {event.data.reason for event in harness.store.published} == {"opted_out"}


async def test_a_number_that_was_erased_gets_nothing() -> None:
    harness = texting()
    events = text_report()
    await harness.receive(events)
    await harness.receive([contact_given(events[0].data.request_id, phone=None)])

    await harness.worker.poll_once()

    assert (harness.store.rows[0].reason, harness.mails) == ("contact_gone", [])


async def test_while_nobody_answers_one_message_at_a_time_probes_the_provider() -> None:
    harness = texting()
    harness.mailers = [FakeMailer() for _ in range(3)]
    for mailer in harness.mailers:
        mailer.outcomes = [SendOutcome("unknown", "answer_lost")]
    for _ in range(9):
        await harness.receive(text_report())
    worker = harness.worker

    assert await worker.poll_once() == "unreachable"
    assert sorted(harness.states).count("unknown") == 3
    assert await worker.poll_once() == "busy"
    assert harness.states.count("sent") == 1
    assert await worker.poll_once() == "busy"
    assert harness.states.count("sent") == 4
    assert harness.clock.now == NOON
