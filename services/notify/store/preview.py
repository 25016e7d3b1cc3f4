"""The data of a message about a case, for a preview."""

from services.notify.rules.languages import LanguageRules
from services.notify.rules.model import CaseFacts, MessageData, RequestFacts, TemplateName
from shared.runtime.postgres import Connection

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
    """Return the data of a message to the first reporter of a case, without the name.

    Args:
        db: A connection in notify's schema.
        case_id: The case.
        template: Template of the message; the last event that triggered it gives the details,
            else the last one about the case.
        language: The reader's BCP 47 tag.
        rules: Rules about languages.

    Returns:
        The data; None for a case without a reporter who can be written to.
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
