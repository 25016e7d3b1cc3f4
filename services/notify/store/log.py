"""The latest messages and their state, for operators; without address and text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.notify.records import MessageData
from services.notify.rules.languages import LanguageRules
from services.notify.rules.model import CaseFacts, RequestFacts, TemplateName
from shared.runtime.postgres import Connection

_LATEST = """
    SELECT d.notification_id::text, d.due_at, r.tracking_number, d.template, d.channel, d.language,
           d.state, d.reason, d.provider_id, d.person AS contact
      FROM deliveries AS d JOIN requests AS r USING (request_id)
"""
_LATEST_SQL = f"{_LATEST} ORDER BY d.notification_id DESC LIMIT $1"
_OF_CASE_SQL = f"""
    {_LATEST}
     WHERE d.about = $2 AND request_id IN (SELECT request_id FROM memberships WHERE about = $2)
     ORDER BY d.notification_id DESC
     LIMIT $1
"""  # noqa: S608 - constants only


@dataclass(frozen=True, slots=True)
class LoggedMessage:
    """A message and its state.

    Attributes:
        tracking_number: Number of the recipient's request; None before its decision.
        contact: Keyed hash of the recipient.
    """

    notification_id: str
    due_at: datetime
    tracking_number: str | None
    template: str
    channel: str
    language: str
    state: str
    reason: str | None
    provider_id: str | None
    contact: str


async def latest_messages(
    db: Connection, limit: int, case_id: str | None = None
) -> Sequence[LoggedMessage]:
    """Return the latest messages, about one case or any, the newest first."""
    if case_id is None:
        rows = await db.fetch(_LATEST_SQL, limit)
    else:
        rows = await db.fetch(_OF_CASE_SQL, limit, case_id)
    return [LoggedMessage(**dict(row)) for row in rows]


_REQUEST_SQL = """
    SELECT request_id::text, tracking_number, jurisdiction, service_code, language, address,
           emergency
      FROM memberships JOIN requests USING (request_id)
     WHERE about = $1 AND since IS NOT NULL AND tracking_number IS NOT NULL
     ORDER BY since, request_id
     LIMIT 1
"""
_FACTS_SQL = """
    SELECT bureau, note, reason, scheduled_for, request_count, first_reported_at, has_picture
      FROM announcements
     WHERE about = $1
     ORDER BY template = $2 DESC, version DESC
     LIMIT 1
"""
_NO_MESSAGE = "00000000-0000-0000-0000-000000000000"


async def find_message(
    db: Connection, case_id: str, template: TemplateName, language: str, rules: LanguageRules
) -> MessageData | None:
    """Return the data of a message to the first reporter of a case; None without such a reporter.

    The name is left out. The last event that triggered the template gives the details, else the
    last event about the case.
    """
    request = await db.fetchrow(_REQUEST_SQL, case_id)
    facts = await db.fetchrow(_FACTS_SQL, case_id, template)
    if request is None or facts is None:
        return None
    written_in = rules.message_language(template, request["jurisdiction"], [language])
    return MessageData(
        notification_id=_NO_MESSAGE,
        template=template,
        language=written_in.language,
        help_language=written_in.help_language,
        name=None,
        request=RequestFacts(**dict(request), agency=None),
        case=CaseFacts(**dict(facts)),
    )
