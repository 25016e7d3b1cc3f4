"""Catalogues of intake and of advice: complete, signed, and chosen as the resident wishes."""

from io import StringIO
from pathlib import Path

import pytest
from aiohttp.test_utils import make_mocked_request
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from docs._tools.translations import ADVICE, INTAKE, Translated, faults, read, source_texts
from services.intake.policy import intake_languages
from shared.catalogue import LocalText, ProgramText
from shared.spoken_languages import load_languages
from tests.support.intake.pages import site

PATHS = [(whole, path) for whole in (ADVICE, INTAKE) for path in whole.paths]
HEADER = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"""
OTHER = '\nmsgid "Call {phone}"\nmsgstr "اتصل {phone}"\n'
GOOD_MORNING = '\nmsgid "Done"\nmsgstr "{translation}"\n'


def catalogue_of(text: str) -> Catalog:
    return read_po(StringIO(HEADER + text))


@pytest.mark.parametrize(
    ("whole", "path"), PATHS, ids=[f"{path.parents[1].name} {path.stem}" for _, path in PATHS]
)
def test_a_catalogue_is_complete_and_its_translations_fit(whole: Translated, path: Path) -> None:
    assert list(faults(read(path), source_texts(path.stem, whole))) == []


@pytest.mark.parametrize("path", INTAKE.paths, ids=lambda path: path.stem)
def test_a_catalogue_counts_as_its_language_does(path: Path) -> None:
    catalogue = read(path)

    assert catalogue.num_plurals == Catalog(path.stem).num_plurals


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param('msgid "Done"\nmsgstr ""', "Translate it: Done", id="untranslated"),
        pytest.param("", "Run make messages, it misses: Done", id="missing"),
        pytest.param(
            'msgid "Done"\nmsgstr "Hecho"\n\nmsgid "Gone"\nmsgstr "Ido"',
            "Run make messages, nothing has it any more: Gone",
            id="obsolete",
        ),
        pytest.param(
            '#, fuzzy\nmsgid "Done"\nmsgstr "Hecho"', "Remove its mark fuzzy: Done", id="fuzzy"
        ),
        pytest.param(
            'msgid "Done"\nmsgstr "Hecho %(num)s"',
            "Keep placeholders and markup out in 'Hecho %(num)s': Done",
            id="a placeholder of its own",
        ),
    ],
)
def test_what_is_wrong_with_a_catalogue_is_told(text: str, fault: str) -> None:
    needed = Catalog()
    needed.add("Done")

    assert fault in list(faults(catalogue_of(text), needed))


def test_a_number_to_dial_is_not_translated_away() -> None:
    needed = Catalog()
    needed.add("Call 911")

    [fault] = faults(catalogue_of('msgid "Call 911"\nmsgstr "Llame al ١١٢"'), needed)

    assert fault == "Keep 911 in 'Llame al ١١٢': Call 911"


def test_english_and_spanish_are_offered_by_their_own_names() -> None:
    languages = intake_languages()

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
    assert list(load_languages(tmp_path, unreviewed=True)) == ["en", "ar", "ko"]


def test_a_language_in_two_folders_is_offered_when_both_are_reviewed(tmp_path: Path) -> None:
    pages, advice = tmp_path / "pages", tmp_path / "advice"
    text = HEADER + GOOD_MORNING.format(translation="تم")
    drafts = {pages / "ar.po": text, advice / "ar.po": f"#, fuzzy{HEADER}" + OTHER}
    for path, content in drafts.items():
        path.parent.mkdir()
        path.write_text(content)

    draft = load_languages(pages, advice, unreviewed=True)["ar"]

    assert list(load_languages(pages)) == ["en", "ar"]
    assert list(load_languages(pages, advice)) == ["en"]
    assert not draft.is_reviewed
    assert draft.texts == {"Done", "Call {phone}"}


def test_values_fill_a_text_and_stand_apart_from_right_to_left(tmp_path: Path) -> None:
    (tmp_path / "ar.po").write_text(HEADER + OTHER)
    languages = load_languages(tmp_path)
    text, own = ProgramText("Call {phone}"), ProgramText("Call {phone}", {"phone": "988"})

    assert languages["en"].say(text, phone="311") == "Call 311"
    assert languages["ar"].say(text, phone="311") == "اتصل \u2068311\u2069"
    assert languages["en"].say(own, phone="311") == "Call 988"


def test_a_text_without_translation_keeps_its_own_language(tmp_path: Path) -> None:
    (tmp_path / "ar.po").write_text(HEADER + GOOD_MORNING.format(translation="تم"))
    arabic = load_languages(tmp_path)["ar"]
    done, pothole = (
        arabic.translated(LocalText(text, "").in_language("ar")) for text in ("Done", "Pothole")
    )

    assert (done, arabic.tag_of(done)) == ("تم", "ar")
    assert (pothole, arabic.tag_of(pothole)) == ("Pothole", "en")


@pytest.mark.parametrize(
    ("query", "cookie", "header", "tag"),
    [
        pytest.param("", "", "", "en", id="English by default"),
        pytest.param("", "", "de, es;q=0.5", "es", id="what the browser understands"),
        pytest.param("", "en", "es", "en", id="the cookie before the browser"),
        pytest.param("?lang=es", "en", "en", "es", id="the query before the cookie"),
        pytest.param("?lang=ES-mx", "", "", "es", id="a tag with a region"),
        pytest.param("", "", "fr, tl;q=0.9", "fil", id="Tagalog under its other tag"),
        pytest.param("?lang=xx", "es", "en", "es", id="what is not offered does not count"),
    ],
)
def test_the_language_of_a_page(query: str, cookie: str, header: str, tag: str) -> None:
    headers = {"Accept-Language": header} | ({"Cookie": f"lang={cookie}"} if cookie else {})
    request = make_mocked_request("GET", f"/{query}", headers=headers)

    assert site().language_of(request).tag == tag
