"""The screen of texts: does a text seem to be about a private person?

It finds what residents write about neighbours in English and Spanish: names, accusations, insults,
number plates, health, and homes with an accusation. Officials and companies in their role, streets
and anonymous people ("drivers", "teenagers") are no private persons.

A subject, such as "the man at number 12", counts with a crime, a nuisance or the like within a
bounded number of characters, so the time is linear in the length of the text.
"""

import re
import tomllib
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from shared.redaction import REMOVED
from shared.redaction.names import GIVEN_NAMES, names_in_note
from shared.redaction.word_lists import words
from shared.text_matching import fold
from shared.text_matching.pattern_scan import PatternScan
from shared.vocabulary import PersonalClass, PublicTexts


class PersonalWords(NamedTuple):
    """Words of a text that seem to be about a private person, and what they seem to do."""

    about: PersonalClass
    words: str


class HeldText(NamedTuple):
    """A text of a request that waits for an operator, and why.

    Attributes:
        text_id: The request's id for its description, else the note's.
        findings: Empty where the city holds every text.
    """

    text_id: str
    request_id: str
    findings: Sequence[PersonalWords]
    language: str | None


class _Pair(NamedTuple):
    """A subject with a predicate that counts after it in its sentence, or also before it.

    Both are names of phrases.
    """

    about: PersonalClass
    subject: str
    predicate: str
    before: bool = False


_DATA = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
_CONTINUED = re.compile(r"\n *\+")
_REFERENCE = re.compile(rf"@({'|'.join(_DATA['families'])})\b")


def _either(alternatives: str) -> str:
    return "|".join(_CONTINUED.sub("", alternatives).strip().splitlines())


def _phrases() -> Iterator[tuple[str, str]]:
    """Yield each list of phrases by its name."""
    families = {name: f"(?:{_either(one)})" for name, one in _DATA["families"].items()}
    for name, alternatives in _DATA["phrases"].items():
        phrase = _REFERENCE.sub(lambda reference: families[reference[1]], _either(alternatives))
        yield name, f"(?:{phrase})"


# As whole words; the scan finds them at the end of a text that was cut as well.
_PATTERNS = dict(_phrases())
_PHRASES = {name: re.compile(rf"(?<![\w-]){one}(?![\w-])") for name, one in _PATTERNS.items()}
_SCAN = PatternScan({name: rf"(?:^|[^\w-]){one}" for name, one in _PATTERNS.items()})
_ALONE: tuple[tuple[PersonalClass, str], ...] = (
    ("plate", "plate"),
    ("health", "patient_alone"),
    ("accusation", "described"),
    ("home", "at_number"),
    ("insult", "insulted"),
)
_OF_SOMEBODY_KNOWN: tuple[tuple[PersonalClass, str, bool], ...] = (
    ("accusation", "crime", True),
    ("accusation", "nuisance", False),
    ("insult", "insult", False),
)
_PAIRS = (
    *(
        _Pair(about, subject, predicate, before)
        for subject in ("neighbour", "at_home")
        for about, predicate, before in _OF_SOMEBODY_KNOWN
    ),
    _Pair("accusation", "somebody", "crime"),
    _Pair("home", "home", "home_crime", before=True),
    _Pair("home", "numbered", "neglect"),
    _Pair("health", "patient", "health"),
)
# Characters after a subject, and before it, in which a predicate counts.
_AFTER, _BEFORE = 110, 60
# Of a text that repeats itself no more subjects, or findings, are looked at.
_MOST_SUBJECTS, _MOST_FINDINGS = 40, 8
_MOST_EVIDENCE = 120
_SENTENCE_END = re.compile(r"(?<!\bst)(?<!\bave)(?<!\bapt)(?<!\bno)(?<!\bmr)[.!?;]\s|\n")
_ACCENTS = str.maketrans("áéíóúüñàèìòùâêîôûç\u2019", "aeiouunaeiouaeiouc'")


def reasons_to_hold(text: str, public_texts: PublicTexts) -> tuple[PersonalWords, ...] | None:
    """Return why a redacted text waits for an operator; None where it is public at once."""
    if not text or public_texts == "at_once":
        return None
    found = personal_words(text)
    return found if found or public_texts == "after_release" else None


def personal_words(text: str) -> tuple[PersonalWords, ...]:
    """Return what a redacted text seems to say about private persons; nothing for most texts."""
    found: dict[PersonalWords, None] = {}
    for about, evidence in _findings(text):
        found[PersonalWords(about, " ".join(evidence.split())[:_MOST_EVIDENCE])] = None
        if len(found) == _MOST_FINDINGS:
            break
    return tuple(found)


def _findings(text: str) -> Iterator[tuple[PersonalClass, str]]:
    for name in person_names(text):
        yield "name", name
    folded = text.lower().translate(_ACCENTS)
    possible = _SCAN.possible(folded)
    for about, name in _ALONE:
        if name in possible:
            yield from ((about, match.group()) for match in _PHRASES[name].finditer(folded))
    for pair in _PAIRS:
        if pair.subject in possible and pair.predicate in possible:
            subjects = islice(_PHRASES[pair.subject].finditer(folded), _MOST_SUBJECTS)
            found = (_evidence(folded, subject, pair) for subject in subjects)
            yield from ((pair.about, evidence) for evidence in found if evidence)


def _evidence(text: str, subject: re.Match[str], pair: _Pair) -> str | None:
    start, end = subject.span()
    ended = _SENTENCE_END.search(text, end, end + _AFTER)
    search = _PHRASES[pair.predicate].search
    if predicate := search(text, start, ended.start() if ended else end + _AFTER):
        return text[min(start, predicate.start()) : max(end, predicate.end())]
    if pair.before and (predicate := search(text, max(0, start - _BEFORE), start)):
        return text[predicate.start() : end]
    return None


# Further common ones in the United States, Mexico and Spain, without accents.
_GIVEN = GIVEN_NAMES | words(
    """
    abigail agustin alba alberto alexis alfonso alvaro amparo andres antonia aurora carolina
    catalina celia concepcion consuelo cristian cristina elijah emilia emilio encarnacion
    fatima felix francisca frankie gregorio hugo ignacio ines inmaculada ismael josefa kayla
    liam lorena lorenzo lourdes lupe manuela mariano marina marta miriam montserrat natalia
    nicolas nieves noelia nuria pilar rocio sebastian susana tomas
    """
)
_WORD = r"[A-Z\u00c0-\u00de][\w\u2019'-]{1,20}"
_NAME = rf"(?P<name>{_WORD}(?: {_WORD})?)"
_REMOVED = re.escape(REMOVED)
# Words before a name that belongs to somebody.
_CUED = re.compile(
    r"(?i:\b(?:un tal|una tal|se llama|(?:his|her|whose) name is|call (?:him|her)|they call|named"
    r"|called|vecin[oa]|neighbou?r|landlord|roommate|husband|wife|ex|boyfriend|girlfriend"
    r"|cu\u00f1ad[oa]|tenant|super|caser[oa]|owner(?: is)?|inquilin[oa]|name is|me llamo"
    rf"|nombre es)) {_NAME}"
)
_AT_HOME = re.compile(
    rf"\b(?P<name>{_WORD})(?: {_WORD})? (?:next door|who lives|lives|across the"
    r"|from (?:the|number|apt|unit|\d))"
)
# A name beside an address or number that was removed.
_CONTACT = re.compile(
    r"(?i:\b(?:contact(?:o|ar)?|preguntar por|persona de contacto|ask for|call|text|owned by)"
    rf"(?: con| a| to| is)?:? )(?P<name>{_WORD})"
    rf"(?=(?: {_WORD})? ?(?:at |al |en el |tel\w{{0,6}}\.? )?{_REMOVED})"
)
_SIGNED = re.compile(
    r"(?i:\b(?:thanks|thank you(?: so much| very much)?|regards|sincerely|best|cheers|gracias"
    r"|saludos|atentamente)\b[^\n]{0,25}?)[,.!\n -]{1,4}"
    rf"(?P<name>{_WORD}(?: {_WORD}){{0,3}})[.! ]{{0,3}}$"
)
_SIGNED_IN_PART = re.compile(rf"{_REMOVED} (?P<name>{_WORD})[.! ]{{0,3}}$")
_FAMILY = re.compile(
    r"\bThe (?P<name>[A-Z][a-z]{2,15}(?:s| family)) (?:at|in|on|who|next door|from|across) "
)
_PET = re.compile(
    r"\b(?:dog|cat|kitten|puppy|pet|terrier|pit ?bull|retriever|lost|found|perr[oa]|gat[oa])\b",
    re.IGNORECASE,
)
# Spanish streets are people's names: only such words make one a person.
_SPANISH_CUE = re.compile(
    r"(?i:nombre|llamo|contact\w{0,3}|preguntar por|vecin[oa]|propietari[oa]|se\u00f1ora?|soy)"
    r"\W{1,3}(?:es |con |a )?$"
)
_ENGLISH = re.compile(r"\b(?:the|is|and|of|my|to)\b")
_NO_PERSON = re.compile(r"martin luther|rosa parks|cesar chavez|nathan hale", re.IGNORECASE)
_IN_ROLE = re.compile(
    r"\b(?:officer|alder\w{0,8}|mayor|council\w{0,8}|chief|director|inspector|sgt|sergeant|hi|hello"
    r"|detective|senator|rep|president|dear|hola|alcald\w{0,3}|concejal\w{0,3}|attn)\W{1,3}$",
    re.IGNORECASE,
)
_STREET_BEFORE = re.compile(
    r"(?:\b(?:calle|c/|c\.|avenida|avda?\.?|avd|ronda|paseo|p\u00ba|plaza|pza\.?|glorieta|camino"
    r"|parque|metro|colegio|ceip|ies|instituto|biblioteca|estaci\u00f3n|nuestra|canal|cl|cp|centro"
    r"|hospital|con|y|entre|esquina|hasta|desde)(?:\s(?:de|del|la|los|con|a)){0,3}\W{0,2}|\d\s)$",
    re.IGNORECASE,
)
_PLACE_AFTER = re.compile(
    r",?\s?(?:n[\u00bao]?\.?\s?|num\w{0,3}\s)?\d"
    r"|\s(?:st|sq|street|ave|school|park|home|pizza|restaurant|property|pond|con|y|esquina|and)\b"
    r"|\s?/",
    re.IGNORECASE,
)
_BESIDE = 30  # characters before and after a name
_NAME_SCAN = PatternScan(
    {
        "cued": _CUED.pattern,
        "at_home": _AT_HOME.pattern,
        "signed": _SIGNED.pattern.removesuffix("$"),
        "family": _FAMILY.pattern,
    }
)


def person_names(text: str) -> Iterator[str]:
    """Yield what seem to be names of private persons, with the word that shows it.

    Officials in their role, streets, places and pets are left out.
    """
    yield from _names_by_words_beside(text, _NAME_SCAN.possible(text))
    for start, end in names_in_note(text, ()):
        if _is_person(text, start, end):
            yield text[start:end]


def _names_by_words_beside(text: str, possible: Collection[str]) -> Iterator[str]:
    if ("cued" in possible or "at_home" in possible) and not _PET.search(text):
        for pattern in (_CUED, _AT_HOME):
            yield from (m.group() for m in pattern.finditer(text) if _is_given(m["name"]))
    if "signed" in possible and (signed := _SIGNED.search(text)) and _is_given(signed["name"]):
        yield signed["name"]
    if REMOVED in text:
        for pattern in (_SIGNED_IN_PART, _CONTACT):
            yield from (match["name"] for match in pattern.finditer(text))
    if "family" in possible:
        yield from (match["name"] for match in _FAMILY.finditer(text))


def _is_given(name: str) -> bool:
    first = name.split(maxsplit=1)[0].replace("\u2019", "'").removesuffix("'s")
    return fold(first) in _GIVEN


def _is_person(text: str, start: int, end: int) -> bool:
    before, name, after = (
        text[max(0, start - _BESIDE) : start],
        text[start:end],
        text[end:][:_BESIDE],
    )
    if name.isupper() or " " not in name or _NO_PERSON.match(name) or _IN_ROLE.search(before):
        return False
    if _STREET_BEFORE.search(before) or _PLACE_AFTER.match(after):
        return False
    return (_ENGLISH.search(text) or _SPANISH_CUE.search(before)) is not None
