"""Languages of the residents' texts: gettext catalogues.

A language is a file ``<tag>.po`` with translations of English texts. While its header is marked
``fuzzy``, gettext's word for "not reviewed", it is a draft; its reviewer removes the mark and signs
as ``Last-Translator``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO, StringIO
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from shared.catalogue import TextInLanguage
from shared.vocabulary import primary_subtag

SOURCE = "en"  # the language of the texts in the templates


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

    def tag_of(self, text: str) -> str:
        """Return the language of a text of ``translated``."""
        return text.language if isinstance(text, TextInLanguage) else self.tag


def load_languages(folder: Path, *, unreviewed: bool = False) -> Mapping[str, SpokenLanguage]:
    """Return the reviewed languages, or all, of a folder of catalogues, English first."""
    english = _language(SOURCE, NullTranslations(), Catalog(fuzzy=False))
    languages = {SOURCE: english}
    for path in sorted(folder.glob("*.po")):
        text = path.read_text()
        if unreviewed or _is_reviewed(text):
            catalogue = read_po(StringIO(text), locale=path.stem)
            compiled = BytesIO()
            write_mo(compiled, catalogue)
            compiled.seek(0)
            languages[path.stem] = _language(path.stem, Translations(compiled), catalogue)
    return languages


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
