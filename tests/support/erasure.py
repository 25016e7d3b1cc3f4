"""What the tests of erasure hand in, and older tables that come back."""

from contextlib import suppress
from email.message import EmailMessage
from http import HTTPStatus
from typing import Any

import aiohttp
import aiosmtplib

from shared.contract.events import ContactGiven, SubmissionReceived, encode
from shared.runtime.clock import utc_now
from tests.support.builders import PIONEER_SQUARE, handed_in, north_of, submission
from tests.support.operated_router import OperatedRouter
from tests.support.waiting import eventually

_metres = iter(range(0, 1_000_000, 5_000))


def report(email: str, **changes: Any) -> SubmissionReceived:
    point = north_of(PIONEER_SQUARE, next(_metres) % 9_000)
    place = {"latitude": point.latitude, "longitude": point.longitude}
    reporter = {"name": "Quilla", "email": email, "status_updates": ["email"]}
    reporter |= changes.pop("reporter", {})
    data = submission(location=place, reporter=reporter, **changes)
    return handed_in(data, time=utc_now().isoformat())  # an old one is overdue at once


async def restore(router: OperatedRouter, contact: ContactGiven) -> None:
    """Put back what an older copy of the database holds."""
    request_id, email = contact.data.request_id, contact.data.email
    await router.fetch(
        "INSERT INTO intake.outbox_batches"
        " (segment, seq, bucket, event_ids, topics, keys, payloads, headers)"
        " VALUES (0, nextval('intake.outbox_seq'), 0, $1, '{intake-contacts}', $2, $3, '{NULL}')",
        *([contact.id], [request_id.encode()], [encode(contact)]),
    )
    await router.fetch(
        "UPDATE notify.requests SET sealed_mailbox = $2, person = 'ana', erased = false"
        " WHERE request_id = $1::text::uuid",
        *(request_id, email),
    )
    await router.fetch(
        "UPDATE intake.requests SET contact = 'given' WHERE request_id = $1::text::uuid", request_id
    )


async def taken(client: aiohttp.ClientSession, path: str, **sent: Any) -> dict[str, Any]:
    """Hand something in, again while the router cannot take it; return the answer."""

    async def answered() -> dict[str, Any] | None:
        async with client.post(path, **sent) as answer:
            return await answer.json() if answer.status == HTTPStatus.CREATED else None

    found = await eventually(answered)
    assert found
    return found


async def mail(router: OperatedRouter, message: EmailMessage) -> None:
    """Send an e-mail, again while the router is busy."""
    host, _, port = router.stack.inbound_mail.partition(":")

    async def sent() -> bool:
        with suppress(aiosmtplib.SMTPResponseException):
            await aiosmtplib.send(message, hostname=host, port=int(port))
            return True
        return False

    await eventually(sent)
