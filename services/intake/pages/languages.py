"""Languages of the pages: gettext catalogues, and which of them a resident gets.

A language is a file ``po/<tag>.po``. While its header is marked ``fuzzy``, gettext's word for "not
reviewed", it is not offered; its reviewer removes the mark and signs as ``Last-Translator``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import Path

from aiohttp import web
from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from services.intake.rules.language import best_language, primary_subtag
from shared.catalogue import TextInLanguage

SOURCE = "en"
"""The language of the texts in the templates."""
COOKIE = "lang"
PARAMETER = "lang"
_FOLDER = Path(__file__).with_name("po")


@dataclass(frozen=True, slots=True)
class PageLanguage:
    """A language that is offered.

    Attributes:
        tag: BCP 47 tag, a primary subtag.
        name: Its name in itself.
        direction: ``ltr`` or ``rtl``.
        translations: Its catalogue.
    """

    tag: str
    name: str
    direction: str
    translations: NullTranslations

    def translated(self, text: str) -> str:
        """Return a text of the city or of the program in this language, else as it is."""
        return self.translations.gettext(text)

    def tag_of(self, text: str) -> str:
        """Return the language of a text of ``translated``."""
        return text.language if isinstance(text, TextInLanguage) else self.tag


def load_languages(
    folder: Path = _FOLDER, *, unreviewed: bool = False
) -> Mapping[str, PageLanguage]:
    """Return the languages that are offered, English first.

    Args:
        folder: The catalogues.
        unreviewed: True offers those that no speaker has reviewed, too: for trials.
    """
    languages = {SOURCE: _language(SOURCE, NullTranslations())}
    for path in sorted(folder.glob("*.po")):
        text = path.read_text()
        if unreviewed or _is_reviewed(text):
            compiled = BytesIO()
            write_mo(compiled, read_po(StringIO(text), locale=path.stem))
            compiled.seek(0)
            languages[path.stem] = _language(path.stem, Translations(compiled))
    return languages


def chosen_language(
    request: web.Request, languages: Mapping[str, PageLanguage], pressed: str = ""
) -> PageLanguage:
    """Return the language of a page: chosen now, in the URL, in the cookie, or the browser's.

    Args:
        request: The call.
        languages: Those that are offered, the default first.
        pressed: Tag of the language whose button in a form was pressed; empty without one.
    """
    for tag in (pressed, request.query.get(PARAMETER), request.cookies.get(COOKIE)):
        if tag and (language := languages.get(primary_subtag(tag))):
            return language
    accepted = request.headers.get("Accept-Language", "")
    return languages[best_language(accepted, tuple(languages))]


def _is_reviewed(catalogue: str) -> bool:
    """Read the header alone, up to the first blank line, for a service waits at its start."""
    return not read_po(StringIO(catalogue.partition("\n\n")[0])).fuzzy


def _language(tag: str, translations: NullTranslations) -> PageLanguage:
    locale = Locale.parse(tag)
    name = locale.get_language_name(tag) or tag
    return PageLanguage(tag, name[:1].upper() + name[1:], locale.text_direction, translations)
