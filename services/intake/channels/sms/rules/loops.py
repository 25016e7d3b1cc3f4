"""Rate limit of answers to one number, so that two machines do not text each other for ever.

It also limits the texts that a stranger can direct to a number by forging it as the sender.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from services.intake.channels.sms.rules.model import Conversation

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
