"""Sender of text messages through a provider with Twilio's interface.

Once a request was written, a missing response means that the provider may have the message.
"""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

import aiohttp

from services.notify.channels.sms.rules import STOPPED_BY_RECIPIENT, sms_parts
from services.notify.records import OPTED_OUT, ClaimedDelivery, MessageData
from services.notify.settings import SmsAccount
from shared.runtime.http.list_queries import read_json
from shared.runtime.ops.metrics import SMS_PARTS
from shared.runtime.smtp import SendOutcome

# Path of notify's route for status callbacks, and the query parameter with the message's id.
STATUS_PATH = "/v1/providers/sms/status"
NOTIFICATION = "notification"
_MAX_BYTES = 64 * 1024
# Refusals that concern the account or the provider as a whole; the message was not taken.
_NOT_TAKEN = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
)


def classify_response(status: int, body: Mapping[str, Any]) -> SendOutcome:
    """Return the outcome of a message from the provider's response and its JSON object, if any.

    A 5xx error other than 503 leaves it unknown whether the provider has the message.
    """
    if status == HTTPStatus.CREATED:
        sid = body.get("sid")
        return SendOutcome("accepted", provider_id=sid if isinstance(sid, str) else None)
    code = body.get("code")
    reason = f"sms_{code if isinstance(code, int) else status}"
    if code == STOPPED_BY_RECIPIENT:
        return SendOutcome("refused", OPTED_OUT)
    if status in _NOT_TAKEN or HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return SendOutcome("unreachable", reason)
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return SendOutcome("refused", reason)
    return SendOutcome("unknown", reason)


@dataclass(frozen=True, slots=True)
class SmsSender:
    """Sends text messages, each over a connection of its own.

    The provider may close a kept-alive connection just as the next message is sent, which would
    leave the message's outcome unknown.

    Attributes:
        session: HTTP client with the account's credentials.
        public_url: Base URL of notify, for status callbacks.
    """

    session: aiohttp.ClientSession
    account: SmsAccount
    render: Callable[[MessageData], str]
    public_url: str

    async def connect(self) -> str | None:
        """Do nothing: no connection is kept."""

    async def send(self, claimed: ClaimedDelivery, address: str, _now: datetime) -> SendOutcome:
        """Send one message to a number, E.164.

        Raises:
            UnknownCityError: The request's jurisdiction is not in the catalogue.
        """
        sender = self.account.numbers.get(claimed.data.request.jurisdiction)
        if sender is None:
            return SendOutcome("refused", "no_channel")
        text = self.render(claimed.data)
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
                return classify_response(response.status, await _json_object(response))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            return SendOutcome("unreachable", "connection_lost")
        except (aiohttp.ClientError, TimeoutError, OSError):
            return SendOutcome("unknown", "answer_lost")


async def _json_object(response: aiohttp.ClientResponse) -> Mapping[str, Any]:
    """Return the JSON object of a response; empty for anything else, since the status decides."""
    try:
        found = await read_json(response, _MAX_BYTES)
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


@asynccontextmanager
async def open_senders(
    account: SmsAccount, render: Callable[[MessageData], str], public_url: str
) -> AsyncGenerator[list[SmsSender]]:
    """Yield the senders of an account; arguments as for ``SmsSender``."""
    async with aiohttp.ClientSession(
        headers={"Authorization": aiohttp.encode_basic_auth(account.name, account.token)},
        connector=aiohttp.TCPConnector(force_close=True),
        timeout=aiohttp.ClientTimeout(total=account.within_s, sock_connect=account.within_s / 2),
    ) as session:
        yield [SmsSender(session, account, render, public_url)] * account.connections
