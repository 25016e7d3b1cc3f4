"""Languages of messages: English texts in the templates, and their gettext catalogues in ``po``.

One environment renders every language: templates find it in the variable ``reader``, which
isolates each placeholder from right to left.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import get_args

import jinja2
from jinja2 import meta, pass_context
from jinja2.runtime import Context

from services.notify.rules.languages import ENGLISH, MessageCatalogue
from services.notify.rules.model import TemplateName
from shared.spoken_languages import SpokenLanguage, load_languages

# Stands for the pages behind links, which a catalogue translates together.
PAGES = "pages"
_CATALOGUES = Path(__file__).parent.with_name("po")
_FRAME = "parts/frame.j2"
_HELP_LINE = "parts/help_line.j2"
_PLACEHOLDER = re.compile(r"(?<!\u2066)%\(\w+\)s")


def text_environment(*, trim_blocks: bool = False, autoescape: bool = False) -> jinja2.Environment:
    """Return an environment whose templates speak the language of the variable ``reader``."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("services.notify"),
        autoescape=autoescape,  # noqa: S701 - plain text needs none; HTML is rendered with it
        undefined=jinja2.StrictUndefined,
        trim_blocks=trim_blocks,
        lstrip_blocks=trim_blocks,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined] # of the extension
        _gettext, _ngettext, newstyle=True
    )
    return environment


def load_message_languages() -> Mapping[str, SpokenLanguage]:
    """Return every language that has a catalogue, reviewed or not, English first."""
    return load_languages(_CATALOGUES, unreviewed=True)


def message_catalogues(
    languages: Mapping[str, SpokenLanguage],
) -> Mapping[str, MessageCatalogue]:
    """Return the state of each language's catalogue; English has none."""
    environment = text_environment()
    frame, help_line, pages = (
        _texts_of([name], environment) for name in (_FRAME, _HELP_LINE, "pages.j2")
    )
    needed = {
        name: _texts_of([f"messages/{name}.j2"], environment) | frame
        for name in get_args(TemplateName)
    } | {PAGES: pages}
    return {
        tag: MessageCatalogue(
            language.is_reviewed,
            frozenset(name for name, texts in needed.items() if texts <= language.texts),
            help_line <= language.texts,
        )
        for tag, language in languages.items()
        if tag != ENGLISH
    }


def _texts_of(names: Iterable[str], environment: jinja2.Environment) -> frozenset[str]:
    """Return the English texts of templates and of those that they include."""
    texts: set[str] = set()
    for name in names:
        source = (environment.loader and environment.loader.get_source(environment, name)[0]) or ""
        for _, _, text in environment.extract_translations(source):  # type: ignore[attr-defined]
            texts.add(text if isinstance(text, str) else text[0])
        included = meta.find_referenced_templates(environment.parse(source))
        texts |= _texts_of(filter(None, included), environment)
    return frozenset(texts)


@pass_context
def _gettext(context: Context, text: str) -> str:
    reader: SpokenLanguage = context["reader"]
    return _isolating(reader.translations.gettext(text), reader)


@pass_context
def _ngettext(context: Context, singular: str, plural: str, count: int) -> str:
    reader: SpokenLanguage = context["reader"]
    return _isolating(reader.translations.ngettext(singular, plural, count), reader)


def _isolating(text: str, reader: SpokenLanguage) -> str:
    return _PLACEHOLDER.sub(lambda found: reader.isolated(found[0]), text)
