"""Languages of the residents' texts: gettext catalogues.

A language is a file ``<tag>.po`` in each folder of a program's catalogues, with translations of
English texts. While its header is marked ``fuzzy``, gettext's word for "not reviewed", it is a
draft; its reviewer removes the mark and signs as ``Last-Translator``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO, StringIO
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from shared.catalogue import LocalText, ProgramText, TextInLanguage
from shared.vocabulary import primary_subtag

SOURCE = "en"  # the language of the texts in programs and templates
# Catalogues of the advice for dangers to life, which several services give.
ADVICE = Path(__file__).with_name("po")


@dataclass(frozen=True, slots=True)
class SpokenLanguage:
    """A language with its catalogue.

    Attributes:
        direction: ``ltr`` or ``rtl``.
        texts: The English texts that the catalogue translates, in the singular.
    """

    tag: str
    name: str
    direction: str
    is_reviewed: bool
    translations: NullTranslations
    texts: frozenset[str] = field(repr=False)

    def translated(self, text: str) -> str:
        """Translate a text of the city or of the program; unknown ones stay as they are."""
        return self.translations.gettext(text)

    def say(self, text: ProgramText | LocalText, **values: str) -> str:
        """Return a text in this language, with values for those placeholders that have none.

        A city's text without translation is in English. In a right-to-left language each value is
        isolated, since a number or a name in Latin letters would else swap places with the words
        beside it (https://www.unicode.org/reports/tr9/#Explicit_Directional_Isolates).
        """
        if isinstance(text, LocalText):
            return self.translated(text.in_language(self.tag))
        filled = {**values, **text.values}
        return self.translations.gettext(text.en).format_map(
            {name: self.isolated(value) for name, value in filled.items()}
        )

    def isolated(self, text: str) -> str:
        """Return a placeholder's value, isolated in a right-to-left language."""
        return text if self.direction == "ltr" else f"\u2068{text}\u2069"

    def tag_of(self, text: str) -> str:
        """Return the language of a text of ``translated``."""
        return text.language if isinstance(text, TextInLanguage) else self.tag


def load_languages(*folders: Path, unreviewed: bool = False) -> Mapping[str, SpokenLanguage]:
    """Return the languages that are reviewed in each folder, or all, English first."""
    english = _language(SOURCE, NullTranslations(), Catalog(fuzzy=False))
    languages = {SOURCE: english}
    for path in sorted(folders[0].glob("*.po")):
        texts = [(folder / path.name).read_text() for folder in folders]
        if unreviewed or all(map(_is_reviewed, texts)):
            catalogue = _joined(path.stem, texts)
            compiled = BytesIO()
            write_mo(compiled, catalogue)
            compiled.seek(0)
            languages[path.stem] = _language(path.stem, Translations(compiled), catalogue)
    return languages


@cache
def advice_languages() -> Mapping[str, SpokenLanguage]:
    """Return the languages in which the advice for dangers to life is reviewed."""
    return load_languages(ADVICE)


def language_of(languages: Mapping[str, SpokenLanguage], tag: str | None) -> SpokenLanguage:
    """Return the language of a BCP 47 tag; English for none or one that is not among them."""
    return languages.get(primary_subtag(tag or SOURCE), languages[SOURCE])


def _joined(tag: str, texts: Sequence[str]) -> Catalog:
    """Return one catalogue of all texts, reviewed where each is."""
    first, *others = (read_po(StringIO(text), locale=tag) for text in texts)
    for other in others:
        first.fuzzy = first.fuzzy or other.fuzzy
        for message in other:
            if message.id:
                first.add(message.id, message.string, flags=message.flags)
    return first


def _is_reviewed(catalogue: str) -> bool:
    """Parse the header alone, since a service waits at its start."""
    return not read_po(StringIO(catalogue.partition("\n\n")[0])).fuzzy


def _language(tag: str, translations: NullTranslations, catalogue: Catalog) -> SpokenLanguage:
    locale = Locale.parse(tag)
    name = locale.get_language_name(tag) or tag
    return SpokenLanguage(
        tag,
        name[:1].upper() + name[1:],
        locale.text_direction,
        not catalogue.fuzzy,
        translations,
        frozenset(_translated_texts(catalogue)),
    )


def _translated_texts(catalogue: Catalog) -> list[str]:
    return [
        message.id if isinstance(message.id, str) else message.id[0]
        for message in catalogue
        if message.id and not message.fuzzy
        if all([message.string] if isinstance(message.string, str) else message.string or [""])
    ]


_MAX_RANGES = 20


def best_language(accept_language: str, offered: Sequence[str]) -> str:
    """Return the offered language with the highest weight in an ``Accept-Language`` header.

    Args:
        accept_language: Value of the header (RFC 9110); empty without one. Only its first 20
            ranges count.
        offered: Primary subtags such as ``es``; the first is the default.
    """
    best, best_weight = offered[0], 0.0
    for language_range in accept_language.split(",")[:_MAX_RANGES]:
        tag, _, parameter = language_range.partition(";")
        language, weight = primary_subtag(tag.strip()), _weight(parameter)
        if language in offered and weight > best_weight:
            best, best_weight = language, weight
    return best


def _weight(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return min(float(value), 1.0)
    except ValueError:
        return 0.0
