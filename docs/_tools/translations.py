"""Texts of the residents' pages in other languages: brings them up to date, says what they lack.

``python -m docs._tools.translations`` says it; with ``update`` it writes new texts of the pages
into every catalogue first, and with ``update TAG`` begins a catalogue in a new language.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

import services.intake.pages
from services.intake.outbound import CONTACT_UNUSABLE
from services.intake.public_status.status_text import OUTCOME_NOTE, STATUS_TEXT
from shared.catalogue import CALL_911, LocalText, load_catalogue

PAGES = Path(services.intake.pages.__file__).parent
CATALOGUES = PAGES / "po"
UPDATE = "update"

_OWN_LANGUAGES = {"en", "es"}
"""Languages that ``LocalText`` has, so that no catalogue needs its texts."""
_MARKS = re.compile(r"%\(\w+\)s|<[^>]*>|(?<!\d)[79]11(?!\d)|STOP")
"""What a translation has as the source has it: placeholders, markup, what is dialled or sent."""
_WIDTH = 100
_HEADER = """\
# {language} texts of the residents' pages.
# NOT REVIEWED: docs/translating.md says how a speaker reviews them."""


def source_texts(tag: str) -> Catalog:
    """Return the texts that a language needs, untranslated."""
    texts = Catalog(fuzzy=False)
    found = extract_from_dir(
        PAGES,
        [("**.html.j2", "jinja2")],
        {"**.html.j2": {"trimmed": "true", "silent": "false"}},
        {"_": None, "ngettext": (1, 2)},
    )
    for _, _, text, _, _ in found:
        texts.add(text)
    if tag not in _OWN_LANGUAGES:
        for local in _texts_beyond_the_templates():
            texts.add(local.en)
    return texts


def faults(catalogue: Catalog, needed: Catalog) -> Iterator[str]:
    """Yield what keeps a catalogue from being offered, a sentence each."""
    for message in needed:
        if message.id and message.id not in catalogue:
            yield f"Run make messages, it misses: {_english(message)}"
    for message in catalogue:
        if message.id:
            yield from (f"{why}: {_english(message)}" for why in _faults_of(message, needed))
    for message, errors in catalogue.check():
        yield from (f"{error}: {_english(message)}" for error in errors)


def updated(catalogue: Catalog, needed: Catalog) -> Catalog:
    """Return the catalogue with the needed texts and no others."""
    catalogue.update(needed, no_fuzzy_matching=True, update_creation_date=False)
    return catalogue


def new_catalogue(tag: str) -> Catalog:
    """Return an empty catalogue that is not reviewed, with the plural forms of its language."""
    return Catalog(
        tag,
        project="route311",
        version="1",
        header_comment=_HEADER.format(language=Locale.parse(tag).english_name),
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
    if arguments[:1] == [UPDATE]:
        known = {path.stem for path in CATALOGUES.glob("*.po")}
        for tag in sorted(known.union(arguments[1:])):
            path = CATALOGUES / f"{tag}.po"
            catalogue = read(path) if tag in known else new_catalogue(tag)
            write(path, updated(catalogue, source_texts(tag)))
    sys.stdout.writelines(f"{line}\n" for line in report())


def report() -> Iterator[str]:
    """Yield the state of each catalogue and its faults, a line each."""
    for path in sorted(CATALOGUES.glob("*.po")):
        catalogue = read(path)
        found = list(faults(catalogue, source_texts(path.stem)))
        state = "not reviewed" if catalogue.fuzzy else f"reviewed by {catalogue.last_translator}"
        yield f"{path.name}: {state}, {len(found)} faults"
        yield from (f"  {fault}" for fault in found)


def _texts_beyond_the_templates() -> Iterator[LocalText]:
    yield CALL_911
    yield CONTACT_UNUSABLE
    yield from STATUS_TEXT.values()
    yield from OUTCOME_NOTE.values()
    for city in load_catalogue().jurisdictions.values():
        yield from city.referral_reasons.values()
        for service in city.services.values():
            for question in service.attributes:
                yield question.name
                yield from (name for _, name in question.values)


def _faults_of(message: Message, needed: Catalog) -> Iterator[str]:
    if message.id not in needed:
        yield "Run make messages, no page has it any more"
    translations = _forms(message.string or "")
    if not all(translations):
        yield "Translate it"
        return
    if message.fuzzy:
        yield "Remove its mark fuzzy"
    marks = sorted(_MARKS.findall(_forms(message.id)[-1]))
    for translation in translations:
        if sorted(_MARKS.findall(translation)) != marks:
            yield f"Keep {', '.join(marks) or 'placeholders and markup out'} in '{translation}'"


def _english(message: Message) -> str:
    return _forms(message.id)[0]


def _forms(text: str | Sequence[str]) -> Sequence[str]:
    """Return the forms of a text: one, or one for each number that its language tells apart."""
    return [text] if isinstance(text, str) else text


if __name__ == "__main__":
    main(sys.argv[1:])
