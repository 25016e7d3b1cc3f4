"""From a finished conversation to a submission, as an adapter would write it."""

from typing import Any, NamedTuple

import pydantic_core

from services.intake.channels.sms.rules.model import Conversation, ReportDraft
from services.intake.channels.sms.store import Correspondent
from services.intake.inbound.batch import RawSubmission
from services.intake.rules.text import split_text
from shared.contract.events import SubmissionReceived
from shared.contract.events.submissions import MAX_DESCRIPTION

SOURCE = "/sms"
"""Source of the submissions; no adapter can give it."""


class SmsSubmission(NamedTuple):
    """A submission, and the words that its description has no room for.

    Attributes:
        raw: The submission.
        more: The rest of the words, a note to its request; empty for none.
    """

    raw: RawSubmission
    more: str


def submission_of(
    draft: ReportDraft, who: Correspondent, conversation: Conversation
) -> SmsSubmission:
    """Return the submission of a draft.

    Args:
        draft: The report.
        who: The person.
        conversation: Their language and consent.
    """
    text = "\n".join(draft.texts)
    description = split_text(text, MAX_DESCRIPTION)[0]
    reporter = {
        "phone": who.number,
        "language": conversation.language,
        "status_updates": ["sms"] if who.number and not conversation.is_silent else [],
    }
    data: dict[str, Any] = {
        "jurisdiction": who.jurisdiction,
        "channel": "sms",
        "description": description,
        "language": conversation.language,
        "location": {"address": draft.place},
        "attributes": draft.answers,
        "reporter": reporter,
    }
    handed_in = SubmissionReceived(
        id=draft.first_id, source=SOURCE, time=draft.since.isoformat(), data=data
    )
    raw = RawSubmission(handed_in, pydantic_core.to_json(data))
    return SmsSubmission(raw, more=text[len(description) :].strip())
