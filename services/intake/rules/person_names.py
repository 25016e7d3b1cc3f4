"""Names of private persons in texts that residents wrote, as the text has them."""

import re
from collections.abc import Iterator

from shared.redaction import REMOVED
from shared.redaction.names import GIVEN_NAMES, names_in_note
from shared.redaction.word_lists import words
from shared.text_matching import fold

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


def person_names(text: str) -> Iterator[str]:
    """Yield what seem to be names of private persons, with the word that shows it.

    Officials in their role, streets, places and pets are left out.
    """
    if not _PET.search(text):
        for pattern in (_CUED, _AT_HOME):
            yield from (m.group() for m in pattern.finditer(text) if _is_given(m["name"]))
    if (signed := _SIGNED.search(text)) and _is_given(signed["name"]):
        yield signed["name"]
    for pattern in (_SIGNED_IN_PART, _CONTACT, _FAMILY):
        yield from (match["name"] for match in pattern.finditer(text))
    is_english = _ENGLISH.search(text) is not None
    for start, end in names_in_note(text, ()):
        if _is_person(text, start, end, is_english=is_english):
            yield text[start:end]


def _is_given(name: str) -> bool:
    first = name.split(maxsplit=1)[0].replace("\u2019", "'").removesuffix("'s")
    return fold(first) in _GIVEN


def _is_person(text: str, start: int, end: int, *, is_english: bool) -> bool:
    before, name, after = (
        text[max(0, start - _BESIDE) : start],
        text[start:end],
        text[end:][:_BESIDE],
    )
    if name.isupper() or " " not in name or _NO_PERSON.match(name) or _IN_ROLE.search(before):
        return False
    if _STREET_BEFORE.search(before) or _PLACE_AFTER.match(after):
        return False
    return is_english or _SPANISH_CUE.search(before) is not None
