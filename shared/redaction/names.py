"""Names of people in free text, by their form."""

import re
from collections.abc import Collection, Iterator

from shared.redaction.reading import Span
from shared.redaction.word_lists import NO_PERSONS, NO_SURNAMES, PLACES, words
from shared.text_matching.pattern_scan import PatternScan

GIVEN_NAMES = words(
    """
    aaron adam adrian alan albert alejandra alejandro alex alexander alexandra alfredo alice
    alicia allison amanda amber amy ana andrea andrew andy angel angela anita ann anna anne
    annie anthony antonio april arthur ashley barbara beatriz ben benjamin bernard beth betty
    beverly bill billy bob bobby bonnie brad bradley brandon brenda brent brian brittany bruce
    bryan caleb cameron carl carla carlos carmen carol caroline carolyn catherine cecilia chad
    charles charlotte cheryl chris christian christina christine christopher cindy claire
    claudia connie corey craig crystal curtis cynthia dale dan daniel daniela danielle danny
    darlene darren dave david dawn dean debbie deborah debra denise dennis derek diana diane
    diego dolores don donald donna doris dorothy doug douglas dylan earl eddie edgar eduardo
    edward edwin eileen elaine eleanor elena elizabeth ellen emily emma enrique eric erica erin
    esther ethan eugene eva evelyn felipe fernando florence frances francisco frank fred gabriel
    gabriela gail gary george gerald geraldine gina giovanni glen glenn gloria gonzalo grace
    greg gregory guadalupe guillermo gustavo hannah harold harriet harry heather hector heidi
    helen henry herbert holly howard ian irene irma isaac isabel isabella ivan jack jackie jacob
    jacqueline jaime jake james jamie jane janet janice jared jasmine jason javier jay jean jeff
    jeffrey jen jennifer jeremy jerry jesse jessica jesus jill jim jimmy joan joann joanne
    joaquin joe joel john johnny jon jonathan jorge jose joseph josh joshua joyce juan juana
    juanita judith judy julia julian julie julio justin karen karina karl kate katherine
    kathleen kathryn kathy katie keith kelly ken kenneth kevin kim kimberly kristen kristin kyle
    larry laura lauren laurie lawrence leah lee leo leonard leslie leticia linda lisa liz logan
    lori lorraine louis louise lucas lucia lucy luis luisa luz lynn manuel marcia marco marcos
    marcus margaret margarita maria mariana marie marilyn mario marion marjorie mark martha
    martin marvin mary mateo matt matthew maureen megan melanie melissa melvin mercedes michael
    michele michelle miguel mike mildred mohamed monica nancy natalie natasha nathan nicholas
    nick nicole noah norma norman olga oliver olivia omar oscar pablo pam pamela patricia
    patrick patty paul paula pedro peggy peter phil philip phillip phyllis rachel rafael ralph
    ramon randy raquel raul ray raymond rebecca regina renee ricardo richard rick ricky rita rob
    robert roberta roberto rodney rodrigo roger ron ronald rosa rosario rose roy ruben russell
    ruth ryan sally salvador sam samantha samuel sandra santiago sara sarah scott sean sergio
    shannon sharon shawn sheila sherry shirley silvia sofia sonia sophia stacy stanley stella
    stephanie stephen steve steven stuart sue susan sylvia tamara tammy tanya tara ted teresa
    terry thelma theodore theresa thomas tiffany tim timothy tina todd tom tommy tony tracy
    travis tyler valerie vanessa vera veronica vicente vicki victor victoria vincent viola
    virginia vivian walter wanda wayne wendy wesley william willie xavier yolanda yvonne zachary
    """
)


_WORD = re.compile(r"\w+")
_PLACE = re.compile(
    rf"(?:[\s-]+[A-Z][\w.'-]*){{0,2}}?[\s-]+(?:{'|'.join(sorted(PLACES))})\b", re.IGNORECASE
)
_CAPITALIZED = r"[A-Z\u00c0-\u00de][\w\u2019'-]{1,30}"
_OTHERS_TITLE = re.compile(
    r"(?<![\w.-])(?:(?:[Mm]r|[Mm]rs|[Mm]s|MR|MRS|MS|[Mm]iss|Mx|[Ss]ra?|[Ss]rta)\b\.?"
    r"|[Ss]e[\u00f1n]or(?:a|ita)?|[Dd]o[\u00f1n]a|Don|don)\s{1,2}"
    rf"(?:[A-Z]\.?\s)?({_CAPITALIZED})(?:[ ]({_CAPITALIZED}))?"
)
_TITLED_LOWER = re.compile(r"(?<![\w.-])(?:mr|mrs|sra|srta)\b\.?\s{1,2}([a-z][\w'-]{2,30})")
_TITLE_HINT = re.compile("mr|m(?:s|iss) |ms\\.|mx|sr|se\u00f1or|do\u00f1a|don ")
_ACRONYM = re.compile(r"[A-Z]{1,3}")
_IN_STREET = re.compile(
    r"\b(?:calle|c/|avenida|avda?\.?|ronda|paseo|plaza|glorieta|camino|parque|metro|colegio|nuestra)"
    r"(?:\s(?:de|del|la))*\s$",
    re.IGNORECASE,
)
_TITLES_IN_PLACES = ("Don ", "Sr")  # also a river, and "senior"
_STREET_WITHIN = 24
_NAMED = rf"{_CAPITALIZED}(?:\s[A-Z]\.)?(?:[\s-]{_CAPITALIZED}){{0,2}}"
_NAME_CUE = (
    r"(?<!\w)(?i:spoke (?:with|to)|spoken (?:with|to)|talked (?:with|to)|met(?: with)?|caller"
    r"|resident|neighbou?r|tenant|owner|complainant|customer|reporter|reported by|requested by"
    r"|called by|contact(?:ed)?|per|(?:card|message|note|voicemail) (?:for|with)|hablamos con"
    r"|habl[o\u00f3] con|vecin[oa]|propietari[oa]|residente|reportad[oa] por|llam[o\u00f3]|name"
    r"|nombre|my name is|me llamo|mi nombre es)(?::\s{0,2}|\s{1,2})"
)
_AFTER_CUE = re.compile(rf"{_NAME_CUE}({_CAPITALIZED},\s?{_CAPITALIZED}|{_NAMED})")
_GIVEN_FIRST = re.compile(
    rf"(?<![\w-])({_CAPITALIZED})(?:\s[A-Z]\.)?\s({_CAPITALIZED})(?:[\s-]{_CAPITALIZED})?"
)
_SURNAME_HINT = re.compile(r",\s[A-Z\u00c0-\u00de]")
_SURNAME_FIRST = re.compile(rf"(?<![\w-])({_CAPITALIZED}),\s({_CAPITALIZED})(?![\w-])")
_GIVEN = rf"(?i:{'|'.join(sorted(GIVEN_NAMES))})"
_SCAN = PatternScan(
    {
        "after cue": _AFTER_CUE.pattern,
        "given first": rf"\b{_GIVEN}\s",
        "surname first": rf",\s{_GIVEN}\b",
    }
)


def names_in(text: str) -> Iterator[Span]:
    """Yield names by their form: a title with a name, or a surname, a comma and a given name."""
    if _SURNAME_HINT.search(text):
        yield from _surnames_first(text, ())
    if not _TITLE_HINT.search(text.casefold()):
        return
    for match in _OTHERS_TITLE.finditer(text):
        is_name = match[1].casefold() not in NO_SURNAMES and not _ACRONYM.fullmatch(match[1])
        if is_name and not _is_place(text, match):
            yield match.span()
    for match in _TITLED_LOWER.finditer(text):
        if match[1] not in NO_SURNAMES:
            yield match.span()


def _is_place(text: str, titled: re.Match[str]) -> bool:
    before = text[max(0, titled.start() - _STREET_WITHIN) : titled.start()]
    if titled.group().startswith(_TITLES_IN_PLACES) and titled[1].casefold() in PLACES:
        return True
    return (
        (titled[2] or "").casefold() in PLACES
        or _PLACE.match(text, titled.end()) is not None
        or _IN_STREET.search(before) is not None
    )


def names_in_note(text: str, known_words: Collection[str]) -> Iterator[Span]:
    """Yield the parts of a note of the city's staff that are people's names.

    These are capitalized words after "spoke with", "resident" and the like, and a common given
    name with a surname, in either order. A whole text in capitals has fewer: only those with such a
    given name. No name contains one of ``known_words``: places and offices, in lower case.
    """
    possible = _SCAN.possible(text)
    if "after cue" in possible:
        for match in _AFTER_CUE.finditer(text):
            if _may_be_person(text, match, 1, known_words):
                yield match.span(1)
    if "given first" in possible:
        for match in _GIVEN_FIRST.finditer(text):
            if match[1].casefold() in GIVEN_NAMES and _may_be_person(text, match, 0, known_words):
                yield match.span()
    if "surname first" in possible:
        yield from _surnames_first(text, known_words)


def _surnames_first(text: str, known_words: Collection[str]) -> Iterator[Span]:
    for match in _SURNAME_FIRST.finditer(text):
        if match[2].casefold() in GIVEN_NAMES and _may_be_person(text, match, 0, known_words):
            yield match.span()


def _may_be_person(
    text: str, match: re.Match[str], group: int, known_words: Collection[str]
) -> bool:
    words = {word.casefold() for word in _WORD.findall(match[group])}
    if match[group].isupper() and not words & GIVEN_NAMES:
        return False
    if words & PLACES or words & NO_PERSONS or words.intersection(known_words):
        return False
    return not _PLACE.match(text, match.end(group))
