"""Command words: a text that is one word, in any case, in English or Spanish."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

from services.intake.channels.sms.rules.model import Conversation
from services.intake.identifiers import read_tracking_number
from shared.text_matching import fold

CommandName: TypeAlias = Literal["status", "help", "stop", "start", "yes", "no"]

_ENGLISH: Mapping[CommandName, str] = {
    "status": "status",
    "help": "help",
    "stop": "stop stopall unsubscribe cancel end quit",
    "start": "start unstop",
    "yes": "yes",
}
_SPANISH: Mapping[CommandName, str] = {
    "status": "estado",
    "help": "ayuda",
    "stop": "parar alto",
    "start": "comenzar",
    "yes": "si",
}
_EITHER: Mapping[CommandName, str] = {"help": "info", "yes": "y", "no": "no n"}
_WORDS = MappingProxyType(
    {
        word: (name, language)
        for language, commands in (("en", _ENGLISH), ("es", _SPANISH), (None, _EITHER))
        for name, words in commands.items()
        for word in words.split()
    }
)
_MAX_NUMBER_WORDS = 4


class Command(NamedTuple):
    """A command word."""

    name: CommandName
    language: str | None  # None for a word of both languages
    # Tracking number behind `status`; empty for a mistyped one, None without one.
    number: str | None = None


def read_command(text: str) -> Command | None:
    """Return the command that a text is, or None; only ``status`` may have a number behind it."""
    first, *rest = fold(text).split() or [""]
    name, language = _WORDS.get(first, (None, None))
    if name is None:
        return None
    if not rest:
        return Command(name, language)
    is_number = len(rest) <= _MAX_NUMBER_WORDS and any(map(str.isdigit, "".join(rest)))
    if name != "status" or not is_number:
        return None
    return Command(name, language, read_tracking_number("".join(rest)) or "")


def is_answer(text: str) -> bool:
    """Return True for a text that is YES or NO alone."""
    command = read_command(text)
    return command is not None and command.name in {"yes", "no"}


# Answers in an hour; further texts are taken without one.
MAX_ANSWERS = 20
_WITHIN = timedelta(hours=1)


def may_answer(conversation: Conversation, now: datetime) -> bool:
    """Return True when the person may get an answer."""
    return len(_recent(conversation, now)) < MAX_ANSWERS


def answered(conversation: Conversation, now: datetime) -> Conversation:
    """Return the conversation after an answer."""
    return replace(conversation, answered_at=(*_recent(conversation, now), now))


def _recent(conversation: Conversation, now: datetime) -> tuple[datetime, ...]:
    return tuple(at for at in conversation.answered_at if now - at < _WITHIN)
