"""The gateway's callback: its form, and whether the gateway itself signed it."""

import re
from base64 import b64encode
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from aiohttp import web
from pydantic import Field, StringConstraints

from services.intake.channels.sms.rules.pictures import MAX_PICTURES, is_plain
from services.intake.settings import IntakeSettings
from shared.contract.events import Data
from shared.contract.events.base import Identity
from shared.contract.events.submissions import MAX_DESCRIPTION
from shared.errors import Route311Error
from shared.runtime.http.twilio import signed_fields
from shared.runtime.setting_types import secrets_of

_COUNT = re.compile(r"[0-9]{1,3}")


class SmsNumbersError(Route311Error):
    """A number stands for a city that the catalogue does not have."""

    code = "sms_numbers"

    def __init__(self, unknown: Collection[str], known: Collection[str]) -> None:
        super().__init__(
            f"INTAKE_SMS_NUMBERS names {', '.join(unknown)}; write one of {', '.join(known)}"
        )


class SmsForm(Data):
    """The fields of a callback that are read, as Twilio names them."""

    MessageSid: Identity
    """Id of the text: a repeat gets the same answer."""
    From: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    """The person's number, E.164."""
    To: Annotated[str, StringConstraints(max_length=100)]
    """The number of ours, E.164."""
    Body: Annotated[str, Field(max_length=MAX_DESCRIPTION)] = ""
    """The words, at most 4,000 characters."""
    NumMedia: str = "0"
    """Number of pictures; the address of each is in ``MediaUrl0``, ``MediaUrl1`` and so on."""


def pictures_of(fields: Mapping[str, str]) -> tuple[str, ...]:
    """Return the addresses of a text's pictures, ``MAX_PICTURES`` at most.

    Args:
        fields: All fields of the callback.
    """
    stated = fields.get("NumMedia", "")
    count = min(int(stated), MAX_PICTURES) if _COUNT.fullmatch(stated) else 0
    urls = (fields.get(f"MediaUrl{number}", "") for number in range(count))
    return tuple(filter(is_plain, urls))


@dataclass(frozen=True, slots=True)
class SmsGateway:
    """The gateway that hands texts over.

    Attributes:
        tokens: Secrets of its signature: the present one, then the one before.
        url: URL that it calls, as it was set up there; None for the one that arrives here.
        numbers: Jurisdiction by the number that texts are sent to.
    """

    tokens: Sequence[bytes]
    url: str | None
    numbers: Mapping[str, str]

    def fields(self, request: web.Request, body: bytes) -> dict[str, str] | None:
        """Return the fields of a callback; None for one that the gateway did not sign.

        Args:
            request: The call.
            body: Its body.
        """
        url = self.url or f"{request.scheme}://{request.host}{request.raw_path}"
        return signed_fields(request, body, self.tokens, url)


def sms_gateway(settings: IntakeSettings, cities: Collection[str]) -> SmsGateway | None:
    """Return the gateway of the settings; None without a token.

    Raises:
        SmsNumbersError: A number stands for a city that is not among these.
    """
    if settings.sms_token is None:
        return None
    if unknown := sorted(set(settings.sms_numbers.values()) - set(cities)):
        raise SmsNumbersError(unknown, cities)
    tokens = secrets_of(settings.sms_token, settings.sms_token_before)
    return SmsGateway(tokens, settings.sms_url, settings.sms_numbers)


def picture_login(settings: IntakeSettings) -> Mapping[str, str]:
    """Return the header of the login to the account's pictures; empty without an account."""
    if settings.sms_account is None or settings.sms_token is None:
        return {}
    login = f"{settings.sms_account}:{settings.sms_token.get_secret_value()}"
    return {"Authorization": f"Basic {b64encode(login.encode()).decode()}"}
