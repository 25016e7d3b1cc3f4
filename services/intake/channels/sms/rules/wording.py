"""Words of texts, in English and Spanish: the answers to them, and commands.

An answer has at most one question mark. A command is a text that is one word, in any case.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

from services.intake.identifiers import read_tracking_number
from shared.catalogue import LocalText
from shared.text_matching import fold

# Characters of an answer: at most three parts of a text message.
MAX_REPLY = 320

WELCOME = LocalText(
    "Hello, this is 311. What is wrong, and where? For example: Pothole at NE 33rd and Fremont. "
    "In danger, call 911. Text HELP to learn more.",
    "Hola, este es el 311. ¿Qué pasa y dónde? Por ejemplo: Bache en NE 33rd y Fremont. "
    "Si hay peligro, llame al 911. Envíe AYUDA para saber más.",
)
ASK_WHAT = LocalText(
    "What is wrong there? Tell us in a few words.",
    "¿Qué pasa ahí? Díganos en pocas palabras.",
)
ASK_WHERE = LocalText(
    "Where is it? Reply with an address, two streets that cross, or the name of a place.",
    "¿Dónde está? Responda con una dirección, dos calles que se cruzan o el nombre de un lugar.",
)
ASK_WHERE_AGAIN = LocalText(
    "We added that. We still need the place. Which address, crossing or park is it near?",
    "Lo agregamos. Todavía falta el lugar. ¿Cerca de qué dirección, cruce o parque está?",
)
ASK_YES_NO = LocalText("Reply YES or NO.", "Responda SÍ o NO.")
ACCEPTED = LocalText(
    "Thank you. Your report is {number}. Text STATUS to check its status, or write here to "
    "add something.",
    "Gracias. Su reporte es {number}. Envíe ESTADO para saber cómo va, o escriba aquí para "
    "agregar algo.",
)
PASSED_ON = LocalText("Your report is {number}.", "Su reporte es {number}.")
NOTE_ADDED = LocalText(
    "Thank you. We added that to report {number}.",
    "Gracias. Lo agregamos al reporte {number}.",
)
ANSWER_ADDED = LocalText(
    "Thank you. We gave your answer about report {number} to the team.",
    "Gracias. Le dimos al equipo su respuesta sobre el reporte {number}.",
)
ASK_FIXED = LocalText(
    "Is it fixed? Reply YES or NO.",
    "¿Quedó resuelto? Responda SÍ o NO.",
)
ALREADY_TAKEN = LocalText(
    "We have your report {number}. Text STATUS to check its status.",
    "Tenemos su reporte {number}. Envíe ESTADO para saber cómo va.",
)
STATUS = LocalText("Report {number}: {status}", "Reporte {number}: {status}")
STATUS_UNKNOWN = LocalText(
    "We have no report with that number. Compare it with the text that gave it to you.",
    "No tenemos un reporte con ese número. Compárelo con el mensaje que se lo dio.",
)
STATUS_WHICH = LocalText(
    "Text STATUS and the number of your report.",
    "Envíe ESTADO y el número de su reporte.",
)
HELP = LocalText(
    "311 by text: say what is wrong and where, and you get a number. STATUS and the number: its "
    "status. STOP: no more texts from us. START: texts again. In danger call 911. To talk "
    "to somebody: {phone}. Message rates may apply.",
    "311 por mensaje: diga qué pasa y dónde, y recibe un número. ESTADO y el número: cómo va. "
    "ALTO: no más mensajes. COMENZAR: mensajes otra vez. Si hay peligro, llame al 911. Para "
    "hablar con alguien: {phone}. Su tarifa de mensajes puede aplicar.",
)
STOPPED = LocalText(
    "You will get no more texts from 311. You can still report by text. Text START to get "
    "answers again.",
    "Ya no recibirá mensajes del 311. Lo que reporte por mensaje sigue contando. COMENZAR activa "
    "las respuestas otra vez.",
)
STARTED = LocalText(
    "You get answers from 311. Text what is wrong and where. STOP ends the answers.",
    "Recibirá respuestas del 311. Escriba qué pasa y dónde. ALTO termina las respuestas.",
)
FIXED = LocalText(
    "Thank you. We are glad that report {number} is fixed.",
    "Gracias. Nos alegra que el reporte {number} quedó resuelto.",
)
NOT_FIXED = LocalText(
    "Thank you. We told the team that report {number} is not fixed. Write here to add something.",
    "Gracias. Le dijimos al equipo que el reporte {number} no quedó resuelto. Escriba aquí para "
    "agregar algo.",
)
NOTHING_ASKED = LocalText(
    "We have no open question for you. To report something, text what is wrong and where.",
    "No tenemos una pregunta pendiente para usted. Para reportar algo, escriba qué pasa y dónde.",
)
NOT_TAKEN = LocalText(
    "We could not take this as a report. Please call {phone}.",
    "No pudimos tomar esto como reporte. Llame al {phone}.",
)


def say(language: str | None, *texts: LocalText) -> str:
    """Return texts behind each other, in English where no language is known."""
    return " ".join(text.in_language(language or "en") for text in texts)


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
_QUESTION_MARKS = "?\N{ARABIC QUESTION MARK}\N{FULLWIDTH QUESTION MARK}"


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
    return any(mark in text for mark in _QUESTION_MARKS)


def is_answer(text: str) -> bool:
    """Return True for a text that is YES or NO alone."""
    command = read_command(text)
    return command is not None and command.name in {"yes", "no"}
