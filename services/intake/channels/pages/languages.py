"""Languages of the pages, and which of them a resident gets."""

from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

from services.intake.rules.language import best_language
from shared.runtime.http.headers import cookie_of
from shared.spoken_languages import SpokenLanguage, load_languages
from shared.vocabulary import primary_subtag

COOKIE = "lang"
PARAMETER = "lang"
_CATALOGUES = Path(__file__).with_name("po")


def page_languages(*, unreviewed: bool = False) -> Mapping[str, SpokenLanguage]:
    """Return the languages that are offered, English first.

    Args:
        unreviewed: True offers those that no speaker has reviewed, too: for trials.
    """
    return load_languages(_CATALOGUES, unreviewed=unreviewed)


def chosen_language(
    request: web.Request, languages: Mapping[str, SpokenLanguage], pressed: str = ""
) -> SpokenLanguage:
    """Return the language of a page: chosen now, in the URL, in the cookie, or the browser's.

    Args:
        request: The call.
        languages: Those that are offered, the default first.
        pressed: Tag of the language whose button in a form was pressed; empty without one.
    """
    for tag in (pressed, request.query.get(PARAMETER), cookie_of(request, COOKIE)):
        if tag and (language := languages.get(primary_subtag(tag))):
            return language
    accepted = request.headers.get("Accept-Language", "")
    return languages[best_language(accepted, tuple(languages))]
