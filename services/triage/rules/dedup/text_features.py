"""Features of a text that distinguish its problem: words, plates, numbers and directions.

Plates, numbers of things and directions are *particulars*, ``slot:value``, the same in English and
Spanish.
"""

import re
from collections.abc import Collection, Iterable, Mapping

from shared.street_words import ABBREVIATIONS
from shared.text_matching import fold

_READ_CHARS = 600  # a report states its topic at the beginning
_MAX_WORDS = 24
_MIN_WORD = 3  # characters; a number may have fewer
_STEM = 5  # letters that the forms of a word share
_NUMBER = re.compile(r"\b(\d+)[a-z]{1,2}\b")
_MIN_NAME = 3  # characters of a plate or of a number of a thing

_COMPASS = (
    r"((?:north|south)(?:east|west)?|east|west|[ns][ew]"
    r"|norte|sur|este|oeste|(?:nor|sur|sud)(?:este|oeste))"
)
_CALLED = r"(?>(?: (?:number|numero|no|nr|id|is|es|or|wa|ca))*)"
_PLATE = rf"{_CALLED} ([a-z]{{2,3}} ?\d{{3,4}}|\d{{3,4}} ?[a-z]{{3}})"
# Slot, a hint without which a pattern finds nothing, and the pattern; of folded text.
_PATTERNS = tuple(
    (slot, hint, re.compile(rf"\b{pattern}\b"))
    for slot, hint, pattern in (
        ("direction", "bound", rf"{_COMPASS} ?bound"),
        ("direction", "b ", r"([nsew])b"),
        ("direction", "head", rf"head(?:ing|ed) {_COMPASS}"),
        ("direction", "hacia", rf"hacia el {_COMPASS}"),
        ("direction", "rumbo", rf"rumbo al? {_COMPASS}"),
        ("direction", "sentido", rf"sentido {_COMPASS}"),
        ("corner", "corner", rf"{_COMPASS} corner"),
        ("corner", "esquina", rf"esquina {_COMPASS}"),
        ("side", " side", rf"({_COMPASS[1:-1]}|odd|even) side"),
        ("side", "lado ", rf"lado ({_COMPASS[1:-1]}|impar|par)"),
        ("plate", "plate", rf"plates?{_PLATE}"),
        ("plate", "placa", rf"placas?{_PLATE}"),
        ("plate", "matricula", rf"matricula{_PLATE}"),
        ("pole_number", "pole", rf"pole{_CALLED} (\d[\da-z]+(?: \d+)?)"),
        ("pole_number", "poste", rf"poste{_CALLED} (\d[\da-z]+(?: \d+)?)"),
        ("stop_id", "stop", rf"stop{_CALLED} (\d{{3,5}})"),
        ("stop_id", "parada", rf"parada{_CALLED} (\d{{3,5}})"),
    )
)
# A plate in capitals inside of a text that is not in capitals.
_BARE_PLATE = re.compile(
    r"(?<![\w-])(?!HWY|AVE|APT|BUS|MAX)"
    r"(?:[A-Z]{3}[ -]?\d{3,4}|\d{3}[ -]?[A-Z]{3}|\d[A-Z]{3}\d{3})(?![\w-])"
)
_SAME_VALUES = {
    **ABBREVIATIONS,
    "norte": "n", "sur": "s", "este": "e", "oeste": "w", "noreste": "ne", "noroeste": "nw",
    "sureste": "se", "sudeste": "se", "suroeste": "sw", "sudoeste": "sw", "impar": "odd",
    "par": "even",
}  # fmt: skip


def all_words(texts: Iterable[str]) -> frozenset[str]:
    """Return every word of the texts, folded."""
    return frozenset(word for text in texts for word in fold(text).split())


def distinguishing_words(text: str, common: Collection[str]) -> list[str]:
    """Return the first words and numbers of a text that are not common, at most 24.

    A number has no unit: 22 for "22nd" and "22 ft".
    """
    words = dict.fromkeys(_NUMBER.sub(r"\1", fold(text[:_READ_CHARS])).split())
    found = (w for w in words if w not in common and (len(w) >= _MIN_WORD or w.isdigit()))
    return [word for word, _ in zip(found, range(_MAX_WORDS), strict=False)]


def stem(word: str) -> str:
    """Return the beginning of a word that stands for its forms; a number has one form."""
    return word if word.isdigit() else word.removesuffix("s")[:_STEM]


def particulars_in(text: str) -> frozenset[str]:
    """Return the particulars that a text names."""
    text = text[:_READ_CHARS]
    folded = fold(text)
    found = {
        f"{slot}:{_name(_SAME_VALUES.get(value, value))}"
        for slot, hint, pattern in _PATTERNS
        if hint in folded
        for value in pattern.findall(folded)
    }
    bare = () if text.isupper() else _BARE_PLATE.findall(text)
    return frozenset(found).union(f"plate:{_name(plate)}" for plate in bare)


def particulars_answered(
    attributes: Mapping[str, object], questions: Iterable[str]
) -> frozenset[str]:
    """Return the particulars in the answers to questions about the id of a thing.

    A name needs a digit; without one it is "unknown", "no plates" or a colour.
    """
    names = {
        question: _name(answer)
        for question in questions
        if isinstance(answer := attributes.get(question), str)
    }
    return frozenset(
        f"{question}:{name}"
        for question, name in names.items()
        if len(name) >= _MIN_NAME and any(map(str.isdigit, name))
    )


def compare_particulars(
    one: Collection[str], other: Collection[str]
) -> tuple[list[str], list[str]]:
    """Return the slots where the two agree, and those where both have values but none in common.

    A name that ends with the other is the same: "OR 123 ABC" and "123 ABC".
    """
    mine, theirs = _by_slot(one), _by_slot(other)
    both = sorted(mine.keys() & theirs.keys())
    same = [slot for slot in both if any(_is_same(a, b) for a in mine[slot] for b in theirs[slot])]
    return same, [slot for slot in both if slot not in same]


def _is_same(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return long.endswith(short) if len(short) >= _MIN_NAME else short == long


def _by_slot(particulars: Collection[str]) -> Mapping[str, list[str]]:
    slots: dict[str, list[str]] = {}
    for each in particulars:
        slot, _, value = each.partition(":")
        slots.setdefault(slot, []).append(value)
    return slots


def _name(text: str) -> str:
    return fold(text).replace(" ", "")
