"""Alerts as e-mails, made from the list that intake publishes."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

import aiohttp
from pydantic import HttpUrl

from services.notify.channels.email.message import MailIdentity, build_message, one_click_headers
from services.notify.records import AlertArea, NewProblem, RenderedMessage
from shared.errors import TransientError
from shared.runtime.http.list_queries import read_json
from shared.runtime.smtp import SendOutcome, SmtpMailer

_PATH = "/problems.geojson"
_WITHIN_S = 10.0
_MAX_BYTES = 8 * 1024 * 1024


class NoProblemsError(TransientError):
    """Intake gives no list of problems now."""

    code = "no_problems"


@dataclass(frozen=True, slots=True)
class PublicList:
    """The list of public problems."""

    session: aiohttp.ClientSession

    async def problems(self, area: AlertArea) -> Sequence[NewProblem] | None:
        """Return the newest problems of an area, 500 at most; None where it is unknown there.

        Raises:
            NoProblemsError: Intake did not answer, or not usably.
        """
        named = {"service_code": area.service_code, "district": area.district}
        query = {name: code for name, code in named.items() if code}
        try:
            async with self.session.get(_PATH, params=query, allow_redirects=False) as response:
                if response.status == HTTPStatus.UNPROCESSABLE_ENTITY:
                    return None
                response.raise_for_status()
                listed = await read_json(response, _MAX_BYTES)
            return [_problem(feature["properties"]) for feature in listed["features"]]
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as error:
            raise NoProblemsError(f"intake: {type(error).__name__}") from error


def _problem(properties: Mapping[str, Any]) -> NewProblem:
    return NewProblem(
        properties["service_code"],
        properties["address"],
        properties["district"],
        datetime.fromisoformat(properties["first_requested_datetime"]),
    )


@asynccontextmanager
async def open_list(url: HttpUrl) -> AsyncGenerator[PublicList]:
    """Yield the list of an intake."""
    timeout = aiohttp.ClientTimeout(total=_WITHIN_S)
    async with aiohttp.ClientSession(str(url), timeout=timeout) as session:
        yield PublicList(session)


@dataclass(frozen=True, slots=True)
class AlertSender:
    """Sends alerts over one connection."""

    mailer: SmtpMailer
    identity: MailIdentity
    clock: Callable[[], datetime]

    async def send(
        self, message: RenderedMessage, jurisdiction: str, mailbox: str, mail_id: str
    ) -> SendOutcome:
        """Send an e-mail of a city."""
        built = build_message(
            message,
            notification_id=mail_id,
            sender=self.identity.sender_of(jurisdiction),
            mailbox=mailbox,
            now=self.clock(),
            headers=one_click_headers(message),
        )
        bounces = self.identity.bounce_address(jurisdiction, mail_id)
        return await self.mailer.send(mailbox, self.identity.sign(built), returns_to=bounces)
