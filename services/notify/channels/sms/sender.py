"""Sender of text messages through a provider with Twilio's interface.

Only an answer says what became of a message: once the request was written, no answer means that the
provider may have it.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

import aiohttp

from services.notify.channels.sms.statuses import SAID_STOP
from services.notify.delivery.updates import OPTED_OUT, ClaimedDelivery
from services.notify.rendering import MessageRenderer
from services.notify.rules.sms_parts import sms_parts
from services.notify.settings import SmsAccount
from shared.runtime.http.list_queries import read_json
from shared.runtime.ops.metrics import SMS_PARTS
from shared.runtime.smtp import SendOutcome

STATUS_PATH = "/v1/providers/sms/status"
"""Path of notify's route for status callbacks."""
NOTIFICATION = "notification"
"""Parameter of its query: the id of the message."""
_MAX_BYTES = 64 * 1024
_NOT_TAKEN = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
)
"""Answers that concern the router or the provider as a whole; the message was not taken."""


def classify_answer(status: int, body: Mapping[str, Any]) -> SendOutcome:
    """Return the outcome for a message that the provider answered.

    An error of the provider's own, other than 503, does not tell whether it has the message.

    Args:
        body: The JSON object of the answer; empty without one.
    """
    if status == HTTPStatus.CREATED:
        sid = body.get("sid")
        return SendOutcome("accepted", provider_id=sid if isinstance(sid, str) else None)
    code = body.get("code")
    reason = f"sms_{code if isinstance(code, int) else status}"
    if code == SAID_STOP:
        return SendOutcome("refused", OPTED_OUT)
    if status in _NOT_TAKEN or HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return SendOutcome("unreachable", reason)
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return SendOutcome("refused", reason)
    return SendOutcome("unknown", reason)


@dataclass(frozen=True, slots=True)
class SmsSender:
    """Sends text messages, each over a connection of its own.

    A connection that is kept open may be closed by the provider at the moment of the next message,
    which leaves its result unknown.

    Attributes:
        session: HTTP client, with the account's name and token.
        public_url: Base URL of notify, for status callbacks.
    """

    session: aiohttp.ClientSession
    account: SmsAccount
    renderer: MessageRenderer
    public_url: str

    async def connect(self) -> str | None:
        """Do nothing: no connection is kept."""
        return None

    async def send(self, claimed: ClaimedDelivery, address: str, _now: datetime) -> SendOutcome:
        """Send one message; its id at the provider is the ``sid``.

        Args:
            address: The recipient's number, E.164.
            _now: Not needed.

        Raises:
            UnknownCityError: The request's jurisdiction is not in the catalogue.
        """
        sender = self.account.numbers.get(claimed.data.request.jurisdiction)
        if sender is None:
            return SendOutcome("refused", "no_channel")
        text = self.renderer.render_sms(claimed.data)
        parts = sms_parts(text)
        callback = f"{self.public_url}{STATUS_PATH}"
        form = {
            "To": address,
            "From": sender,
            "Body": text,
            "StatusCallback": f"{callback}?{NOTIFICATION}={claimed.stored.notification_id}",
        }
        outcome = await self._post(form)
        if outcome.result == "accepted":
            SMS_PARTS.labels(parts.encoding).inc(parts.count)
        return outcome

    async def _post(self, form: Mapping[str, str]) -> SendOutcome:
        try:
            async with self.session.post(
                self.account.messages_url, data=form, allow_redirects=False
            ) as response:
                return classify_answer(response.status, await _json_object(response))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            return SendOutcome("unreachable", "connection_lost")
        except (aiohttp.ClientError, TimeoutError, OSError):
            return SendOutcome("unknown", "answer_lost")


async def _json_object(response: aiohttp.ClientResponse) -> Mapping[str, Any]:
    """Return the JSON object of an answer; empty for anything else, since the status decides."""
    try:
        found = await read_json(response, _MAX_BYTES)
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


@asynccontextmanager
async def open_sms(
    account: SmsAccount, renderer: MessageRenderer, public_url: str
) -> AsyncGenerator[list[SmsSender]]:
    """Yield the account's senders.

    Args:
        public_url: Base URL of notify, for status callbacks.
    """
    async with aiohttp.ClientSession(
        headers={"Authorization": aiohttp.encode_basic_auth(account.name, account.token)},
        connector=aiohttp.TCPConnector(force_close=True),
        timeout=aiohttp.ClientTimeout(total=account.within_s, sock_connect=account.within_s / 2),
    ) as session:
        yield [SmsSender(session, account, renderer, public_url)] * account.connections
