import json
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from aiohttp import web

from deploy.local.sms import SmsFolder, sms_app
from services.notify.channels.sms.channel import open_senders
from services.notify.records import ClaimedDelivery
from services.notify.settings import SmsAccount
from shared.runtime.smtp import SendOutcome
from tests.support.builders import NOON
from tests.support.notify.factories import PUBLIC_URL, message_data, renderer, stored

ACCOUNT, TOKEN = "AC1", "a token"
ANA = "+15035550177"


@pytest.fixture
async def url(tmp_path: Path) -> AsyncGenerator[str]:
    runner = web.AppRunner(sms_app(SmsFolder(tmp_path / "sms"), ACCOUNT, TOKEN))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def sent(url: str, to: str = ANA, token: str = TOKEN) -> tuple[SendOutcome, str]:
    """Send one message; return its outcome and id."""
    claimed = ClaimedDelivery(stored(channel="sms"), 0, to, suppressed=None, data=message_data())
    account = SmsAccount(url, ACCOUNT, token, {"portland.gov": "+15035550199"}, 1, 5.0)
    async with open_senders(account, renderer().render_sms, PUBLIC_URL) as [sender]:
        return await sender.send(claimed, to, NOON), claimed.stored.notification_id


async def test_a_message_that_is_accepted_is_a_file(url: str, tmp_path: Path) -> None:
    outcome, notification_id = await sent(url)

    (file,) = (tmp_path / "sms").iterdir()
    message = json.loads(file.read_text())
    assert outcome == SendOutcome("accepted", provider_id=message["sid"])
    assert file.suffix == ".json"
    assert set(message) == {"sid", "To", "From", "Body", "StatusCallback", "at"}
    assert (message["To"], message["From"]) == (ANA, "+15035550199")
    assert message["StatusCallback"] == (
        f"{PUBLIC_URL}/v1/providers/sms/status?notification={notification_id}"
    )


async def test_what_it_refuses_is_no_file(url: str, tmp_path: Path) -> None:
    wrong_number, _ = await sent(url, "12")
    wrong_token, _ = await sent(url, token="another")  # noqa: S106 - of no account
    nobody_there, _ = await sent("http://127.0.0.1:9")

    assert wrong_number == SendOutcome("refused", "sms_21211")
    assert wrong_token == SendOutcome("unreachable", "sms_20003")
    assert nobody_there == SendOutcome("unreachable", "connection_lost")
    assert list((tmp_path / "sms").iterdir()) == []
