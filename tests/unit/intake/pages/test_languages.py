"""Catalogues of the pages: complete, signed, and chosen as the resident wishes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import services.intake.pages
from services.intake.pages.languages import chosen_language, load_languages

PAGES = Path(services.intake.pages.__file__).parent
CATALOGUES = sorted((PAGES / "po").glob("*.po"))
PLACEHOLDER = re.compile(r"%\(\w+\)s")
HEADER = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"""
GOOD_MORNING = '\nmsgid "Done"\nmsgstr "{translation}"\n'


def texts_of_the_templates() -> set[str]:
    found = extract_from_dir(
        PAGES,
        [("**.html.j2", "jinja2")],
        {"**.html.j2": {"trimmed": "true"}},
        {"_": None, "ngettext": (1, 2)},
    )
    return {text if isinstance(text, str) else text[0] for _, _, text, _, _ in found}


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def texts_of(texts: Any) -> list[str]:
    """The forms of a text: one, or singular and plural."""
    return [texts] if isinstance(texts, str) else list(texts)


def placeholders(texts: Any) -> Iterator[set[str]]:
    for text in texts_of(texts):
        yield set(PLACEHOLDER.findall(text))


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_a_catalogue_has_the_texts_of_the_templates_and_no_others(path: Path) -> None:
    known = {
        message.id if isinstance(message.id, str) else message.id[0]
        for message in read(path)
        if message.id
    }

    assert known == texts_of_the_templates()


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_a_catalogue_that_is_offered_is_complete(path: Path) -> None:
    catalogue = read(path)
    if catalogue.fuzzy:
        pytest.skip("not reviewed, so not offered")
    for message in catalogue:
        if message.id:
            assert not message.fuzzy
            assert all(texts_of(message.string))
            [expected] = set(map(frozenset, placeholders(message.id)))
            for given in placeholders(message.string):
                assert given == expected, message.id


def test_english_and_spanish_are_offered_by_their_own_names() -> None:
    languages = load_languages()

    assert {tag: language.name for tag, language in languages.items()} == {
        "en": "English",
        "es": "Español",
    }
    assert languages["es"].translations.gettext("Done") == "Terminado"


def test_a_language_that_is_not_reviewed_is_not_offered(tmp_path: Path) -> None:
    text = HEADER + GOOD_MORNING.format(translation="تم")
    (tmp_path / "ar.po").write_text(text)
    (tmp_path / "ko.po").write_text(text.replace('msgid ""\n', '#, fuzzy\nmsgid ""\n', 1))

    languages = load_languages(tmp_path)

    assert list(languages) == ["en", "ar"]
    assert languages["ar"].direction == "rtl"
    assert languages["ar"].translations.gettext("Done") == "تم"


@pytest.mark.parametrize(
    ("query", "cookie", "header", "pressed", "tag"),
    [
        pytest.param("", "", "", "", "en", id="English by default"),
        pytest.param("", "", "de, es;q=0.5", "", "es", id="what the browser understands"),
        pytest.param("", "en", "es", "", "en", id="the cookie before the browser"),
        pytest.param("?lang=es", "en", "en", "", "es", id="the query before the cookie"),
        pytest.param("?lang=en", "en", "en", "es", "es", id="the button before the query"),
        pytest.param("?lang=ES-mx", "", "", "", "es", id="a tag with a region"),
        pytest.param("?lang=xx", "es", "en", "", "es", id="what is not offered does not count"),
    ],
)
def test_the_language_of_a_page(
    query: str, cookie: str, header: str, pressed: str, tag: str
) -> None:
    headers = {"Accept-Language": header} | ({"Cookie": f"lang={cookie}"} if cookie else {})
    request = make_mocked_request("GET", f"/{query}", headers=headers)

    assert chosen_language(request, load_languages(), pressed).tag == tag
