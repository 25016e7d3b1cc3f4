"""Alerts as e-mails, made from the list that intake publishes."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp
from pydantic import HttpUrl

from services.notify.channels.email.message import MailIdentity, build_message
from services.notify.ports import RenderAlert
from services.notify.records import Alert, AlertArea, NewProblem
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

    async def problems(self, area: AlertArea) -> Sequence[NewProblem]:
        """Return the newest problems of an area, 500 at most, or raise ``NoProblemsError``."""
        named = {"service_code": area.service_code, "district": area.district}
        query = {name: code for name, code in named.items() if code}
        try:
            async with self.session.get(_PATH, params=query, allow_redirects=False) as response:
                response.raise_for_status()
                listed = await read_json(response, _MAX_BYTES)
            return [_problem(feature["properties"]) for feature in listed["features"]]
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as error:
            raise NoProblemsError(f"intake: {type(error).__name__}") from error


def _problem(properties: Mapping[str, Any]) -> NewProblem:
    return NewProblem(
        properties["service_request_id"],
        properties["service_code"],
        properties["address"],
        properties["district"],
        datetime.fromisoformat(properties["requested_datetime"]),
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
    render: RenderAlert
    clock: Callable[[], datetime]

    async def send(self, alert: Alert, mailbox: str, problems: Sequence[NewProblem]) -> SendOutcome:
        """Send new problems, or without any the question whether the person wants them."""
        now, city = self.clock(), alert.area.jurisdiction
        message = self.render(alert, problems)
        headers = {
            "List-Unsubscribe": f"<{message.unsubscribe_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
        built = build_message(
            message,
            notification_id=f"{alert.alert_id}-{now:%Y%m%d%H%M}",
            sender=self.identity.sender_of(city),
            mailbox=mailbox,
            now=now,
            headers=headers,
        )
        bounces = self.identity.bounce_address(city, alert.alert_id)
        return await self.mailer.send(mailbox, self.identity.sign(built), returns_to=bounces)
