"""Residents' texts in other languages: brings catalogues up to date, says what they lack.

``python -m docs._tools.translations`` says it; with ``update`` it writes new texts of programs and
templates into every catalogue first, and with ``update TAG`` begins catalogues in a new language.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

import console
import services.intake
import services.notify
import shared.catalogue
from shared.catalogue import LocalText, ProgramText, load_catalogue
from shared.spoken_languages import ADVICE as ADVICE_CATALOGUES

UPDATE = "update"

_OWN_LANGUAGES = {"en", "es"}
"""Languages that ``LocalText`` has, so that no catalogue needs its texts."""
_FOUND_IN = [("**.j2", "jinja2"), ("**.py", "python")]
_OPTIONS = {"**.j2": {"trimmed": "true", "silent": "false"}}
_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), ProgramText.__name__: None}
_SPANISH_WORDS = {
    "ALTO": "STOP",
    "SI": "YES",
    "SÍ": "YES",
    "ESTADO": "STATUS",
    "AYUDA": "HELP",
    "COMENZAR": "START",
}
"""Words that are sent in Spanish; the other languages send the English ones."""
_SENT = "|".join({"NO", *_SPANISH_WORDS, *_SPANISH_WORDS.values()})
_MARKS = re.compile(
    rf"%\(\w+\)s|\{{\w+\}}|<[^>]*>|(?<!\d)(?:[79]11|988)(?!\d)|(?<![A-Za-z])(?:{_SENT})(?![A-Za-z])"
)
"""What a translation has as the source has it: placeholders, markup, what is dialled or sent."""
_WIDTH = 100
_HEADER = """\
# {language} texts of {texts}.
# NOT REVIEWED: docs/translating.md says how a speaker reviews them."""


def _texts_of_intake() -> Iterator[LocalText]:
    for city in load_catalogue().jurisdictions.values():
        yield from city.referral_reasons.values()
        for service in city.services.values():
            for question in service.attributes:
                yield question.name
                yield from (name for _, name in question.values)


def _texts_of_messages() -> Iterator[LocalText]:
    for city in load_catalogue().jurisdictions.values():
        yield from city.referral_reasons.values()


@dataclass(frozen=True, slots=True)
class Translated:
    """Texts that residents read, whose translations are together in one folder.

    Attributes:
        name: What they are.
        folder: Folder of the templates and modules that they are in.
        catalogues: Folder of the translations.
        others: Gives the texts of the cities among them.
        is_whole: True when a language needs all of them; else it has the messages that it
            translates in full.
    """

    name: str
    folder: Path
    catalogues: Path
    others: Callable[[], Iterable[LocalText]]
    is_whole: bool

    @property
    def paths(self) -> Sequence[Path]:
        """The catalogues."""
        return sorted(self.catalogues.glob("*.po"))


_INTAKE = Path(services.intake.__file__).parent
_NOTIFY = Path(services.notify.__file__).parent
_CONSOLE = Path(console.__file__).parent
_ROOT = _NOTIFY.parents[1]
ADVICE = Translated(
    "the advice for dangers to life",
    Path(shared.catalogue.__file__).parent,
    ADVICE_CATALOGUES,
    tuple,
    is_whole=True,
)
INTAKE = Translated(
    "the residents' pages and of answers to reports",
    _INTAKE,
    _INTAKE / "po",
    _texts_of_intake,
    is_whole=True,
)
MESSAGES = Translated(
    "messages to residents", _NOTIFY, _NOTIFY / "po", _texts_of_messages, is_whole=False
)
CONSOLE = Translated("the console", _CONSOLE, _CONSOLE / "po", tuple, is_whole=True)


@cache
def _own_texts(folder: Path) -> Sequence[str | tuple[str, ...]]:
    found = extract_from_dir(folder, _FOUND_IN, _OPTIONS, _KEYWORDS)
    return [text for _, _, text, _, _ in found]


def source_texts(tag: str, translated: Translated) -> Catalog:
    """Return the texts that a language has, untranslated."""
    texts = Catalog(fuzzy=False)
    for text in _own_texts(translated.folder):
        texts.add(text)
    if tag not in _OWN_LANGUAGES:
        for local in translated.others():
            texts.add(local.en)
    return texts


def faults(catalogue: Catalog, needed: Catalog, *, is_whole: bool = True) -> Iterator[str]:
    """Yield what is wrong with a catalogue, a sentence each.

    Args:
        catalogue: The catalogue.
        needed: The texts that it must have.
        is_whole: True when each of them must be translated.
    """
    for message in needed:
        if message.id and message.id not in catalogue:
            yield f"Run make messages, it misses: {_english(message)}"
    for message in catalogue:
        if message.id and (is_whole or any(_forms(message.string or ""))):
            yield from (f"{why}: {_english(message)}" for why in _faults_of(message, needed))
    for message, errors in catalogue.check():
        yield from (f"{error}: {_english(message)}" for error in errors)


def updated(catalogue: Catalog, needed: Catalog) -> Catalog:
    """Return the catalogue with the needed texts and no others."""
    catalogue.update(needed, no_fuzzy_matching=True, update_creation_date=False)
    return catalogue


def new_catalogue(tag: str, translated: Translated) -> Catalog:
    """Return an empty catalogue that is not reviewed, with the plural forms of its language."""
    return Catalog(
        tag,
        project="route311",
        version="1",
        header_comment=_HEADER.format(
            language=Locale.parse(tag).english_name, texts=translated.name
        ),
        fuzzy=True,
    )


def read(path: Path) -> Catalog:
    """Return the catalogue of a file."""
    with path.open("rb") as file:
        return read_po(file, locale=path.stem, abort_invalid=True)


def write(path: Path, catalogue: Catalog) -> None:
    """Write a catalogue into its file."""
    with path.open("wb") as file:
        write_po(file, catalogue, width=_WIDTH, sort_output=True, ignore_obsolete=True)


def main(arguments: Sequence[str]) -> None:
    """Write new texts into the catalogues if asked to, then print the state of each."""
    for translated in (ADVICE, INTAKE, MESSAGES, CONSOLE):
        if arguments[:1] == [UPDATE]:
            _update(translated, arguments[1:])
        sys.stdout.writelines(f"{line}\n" for line in report(translated))


def report(translated: Translated) -> Iterator[str]:
    """Yield the state of each catalogue and its faults, a line each."""
    for path in translated.paths:
        catalogue, needed = read(path), source_texts(path.stem, translated)
        found = list(faults(catalogue, needed, is_whole=translated.is_whole))
        state = "not reviewed" if catalogue.fuzzy else f"reviewed by {catalogue.last_translator}"
        left = sum(not all(_forms(message.string or "")) for message in catalogue)
        yield f"{path.relative_to(_ROOT)}: {state}, {left} not translated, {len(found)} faults"
        yield from (f"  {fault}" for fault in found)


def _update(translated: Translated, begun: Sequence[str]) -> None:
    known = {path.stem for path in translated.paths}
    for tag in sorted(known.union(begun)):
        path = translated.catalogues / f"{tag}.po"
        catalogue = read(path) if tag in known else new_catalogue(tag, translated)
        write(path, updated(catalogue, source_texts(tag, translated)))


def _faults_of(message: Message, needed: Catalog) -> Iterator[str]:
    if message.id not in needed:
        yield "Run make messages, nothing has it any more"
    translations = _forms(message.string or "")
    if not all(translations):
        yield "Translate it"
        return
    if message.fuzzy:
        yield "Remove its mark fuzzy"
    marks = _marks(_forms(message.id)[-1])
    for translation in translations:
        if _marks(translation) != marks:
            yield f"Keep {', '.join(marks) or 'placeholders and markup out'} in '{translation}'"


def _marks(text: str) -> Sequence[str]:
    return sorted(_SPANISH_WORDS.get(mark, mark) for mark in _MARKS.findall(text))


def _english(message: Message) -> str:
    return _forms(message.id)[0]


def _forms(text: str | Sequence[str]) -> Sequence[str]:
    """Return the forms of a text: one, or one for each number that its language tells apart."""
    return [text] if isinstance(text, str) else text


if __name__ == "__main__":
    main(sys.argv[1:])
