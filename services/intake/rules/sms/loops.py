"""Rule: two machines that text each other fall silent.

A phone that answers every text by itself would else talk with us for ever, and whoever forges its
number could have us text it as often.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from services.intake.rules.sms.model import Conversation

MAX_ANSWERS = 20
"""Answers in an hour; further texts are taken without one."""
_WITHIN = timedelta(hours=1)


def may_answer(conversation: Conversation, now: datetime) -> bool:
    """Return True when the person may get an answer.

    Args:
        conversation: The state.
        now: The present moment.
    """
    return len(_recent(conversation, now)) < MAX_ANSWERS


def answered(conversation: Conversation, now: datetime) -> Conversation:
    """Return the conversation after an answer."""
    return replace(conversation, answered_at=(*_recent(conversation, now), now))


def _recent(conversation: Conversation, now: datetime) -> tuple[datetime, ...]:
    return tuple(at for at in conversation.answered_at if now - at < _WITHIN)
