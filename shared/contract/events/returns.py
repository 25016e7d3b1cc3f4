"""Returned mail of ours: bounces and complaints."""

from typing import ClassVar, Literal

from pydantic import AwareDatetime, Field

from shared.contract.events.base import Data, Event


class MailReturn(Data):
    """Report of another mail server about one message of ours; holds no contact data."""

    notification_id: str = Field(examples=["0197a1b2-c3d4-7000-8000-000000000005"])
    """Id of the message, a UUIDv7, as the report names it; the report may be forged."""
    kind: Literal["bounced", "bounced_for_now", "complained"]
    """``bounced``: permanent failure of the address. ``bounced_for_now``: temporary failure, such
    as a full mailbox. ``complained``: the recipient reported spam.
    """
    status: str | None = Field(default=None, examples=["5.1.1"])
    """Enhanced status code of a bounce (RFC 3463); null without one."""
    at: AwareDatetime
    """Moment at which the report arrived, UTC."""


class MailReturned(Event):
    """Intake's mail listener received a bounce (RFC 3464) or a complaint (RFC 5965)."""

    subject_field: ClassVar[str] = "notification_id"

    type: Literal["route311.mail.returned.v1"] = "route311.mail.returned.v1"
    source: str = "/intake"
    data: MailReturn
