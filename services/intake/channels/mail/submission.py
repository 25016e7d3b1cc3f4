"""From a report by e-mail to a submission, as an adapter would write it."""

from typing import Any, NamedTuple

import pydantic_core

from services.intake.channels.mail.rules.model import MailReport
from services.intake.inbound.batch import RawSubmission
from services.intake.rules.text import split_text
from shared.contract.events import SubmissionReceived
from shared.contract.events.submissions import MAX_DESCRIPTION, MAX_MEDIA

SOURCE = "/email"
"""Source of the submissions; no adapter can give it."""
_NO_WORDS = "(no text)"


class MailSubmission(NamedTuple):
    """A submission, and the words and pictures that it has no room for.

    Attributes:
        raw: The submission.
        more: The rest of the words, for notes; empty for none.
        more_media: The addresses of the other pictures.
    """

    raw: RawSubmission
    more: str
    more_media: tuple[str, ...]


def submission_of(report: MailReport, jurisdiction: str) -> MailSubmission:
    """Return the submission of a report.

    Args:
        report: The report.
        jurisdiction: Id of the city.
    """
    text = report.words
    if report.attached:
        text = f"{text}\n\n(Attached, not kept: {report.attached})".strip()
    description = split_text(text or _NO_WORDS, MAX_DESCRIPTION)[0]
    reporter = {
        "name": report.name,
        "email": report.address,
        "language": report.language,
        "status_updates": ["email"] if report.address else [],
    }
    data: dict[str, Any] = {
        "jurisdiction": jurisdiction,
        "channel": "email",
        "description": description,
        "language": report.language,
        "location": {"address": report.place},
        "media": [{"url": url} for url in report.media[:MAX_MEDIA]],
        "reporter": reporter,
    }
    handed_in = SubmissionReceived(
        id=report.first_id, source=SOURCE, time=report.since.isoformat(), data=data
    )
    raw = RawSubmission(handed_in, pydantic_core.to_json(data))
    more = text[len(description) :].strip()
    return MailSubmission(raw, more, report.media[MAX_MEDIA:])
