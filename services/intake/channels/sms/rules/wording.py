"""Words of texts: the answers to them, and commands in English and Spanish.

An answer has at most one question mark. A command is a text that is one word, in any case.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

from services.intake.identifiers import read_tracking_number
from shared.catalogue import ProgramText
from shared.text_matching import fold

# Characters of an answer: at most three parts of a text message.
MAX_REPLY = 320

WELCOME = ProgramText(
    "Hello, this is 311. What is wrong, and where? For example: Pothole at NE 33rd and Fremont. "
    "In danger, call 911. Text HELP to learn more."
)
ASK_WHAT = ProgramText("What is wrong there? Tell us in a few words.")
ASK_WHERE = ProgramText(
    "Where is it? Reply with an address, two streets that cross, or the name of a place."
)
ASK_WHERE_AGAIN = ProgramText(
    "We added that. We still need the place. Which address, crossing or park is it near?"
)
ASK_YES_NO = ProgramText("Reply YES or NO.")
ACCEPTED = ProgramText(
    "Thank you. Your report is {number}. Text STATUS to check its status, or write here to "
    "add something."
)
PASSED_ON = ProgramText("Your report is {number}.")
NOTE_ADDED = ProgramText("Thank you. We added that to report {number}.")
ANSWER_ADDED = ProgramText("Thank you. We gave your answer about report {number} to the team.")
ASK_FIXED = ProgramText("Is it fixed? Reply YES or NO.")
ALREADY_TAKEN = ProgramText("We have your report {number}. Text STATUS to check its status.")
STATUS = ProgramText("Report {number}: {status}")
STATUS_UNKNOWN = ProgramText(
    "We have no report with that number. Compare it with the text that gave it to you."
)
STATUS_WHICH = ProgramText("Text STATUS and the number of your report.")
HELP = ProgramText(
    "311 by text: say what is wrong and where, and you get a number. STATUS and the number: its "
    "status. STOP: no more texts from us. START: texts again. In danger call 911. To talk "
    "to somebody: {phone}. Message rates may apply."
)
STOPPED = ProgramText(
    "You will get no more texts from 311. You can still report by text. Text START to get "
    "answers again."
)
STARTED = ProgramText(
    "You get answers from 311. Text what is wrong and where. STOP ends the answers."
)
FIXED = ProgramText("Thank you. We are glad that report {number} is fixed.")
NOT_FIXED = ProgramText(
    "Thank you. We told the team that report {number} is not fixed. Write here to add something."
)
NOTHING_ASKED = ProgramText(
    "We have no open question for you. To report something, text what is wrong and where."
)
NOT_TAKEN = ProgramText("We could not take this as a report. Please call {phone}.")


def fit(text: str) -> str:
    """Return the text, cut to ``MAX_REPLY`` characters."""
    return text if len(text) <= MAX_REPLY else f"{text[: MAX_REPLY - 1]}…"


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
QUESTION_MARKS = "?\N{ARABIC QUESTION MARK}\N{FULLWIDTH QUESTION MARK}"


class Command(NamedTuple):
    """A command word."""

    name: CommandName
    language: str | None  # None for a word of both languages
    # Tracking number behind `status`; empty for a mistyped one, None without one.
    number: str | None = None


def read_command(text: str) -> Command | None:
    """Return the command that a text is, or None; only ``status`` may have a number behind it.

    YES or NO with a question mark is a question and no answer.
    """
    first, *rest = fold(text).split() or [""]
    name, language = _WORDS.get(first, (None, None))
    if name is None:
        return None
    if not rest:
        is_asked_back = name in {"yes", "no"} and is_question(text)
        return None if is_asked_back else Command(name, language)
    is_number = len(rest) <= _MAX_NUMBER_WORDS and any(map(str.isdigit, "".join(rest)))
    if name != "status" or not is_number:
        return None
    return Command(name, language, read_tracking_number("".join(rest)) or "")


def is_question(text: str) -> bool:
    """Return True for a text that asks something."""
    return any(mark in text for mark in QUESTION_MARKS)


def is_answer(text: str) -> bool:
    """Return True for a text that is YES or NO alone."""
    command = read_command(text)
    return command is not None and command.name in {"yes", "no"}
