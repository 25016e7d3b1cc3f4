"""A message is in the language that its reader prefers, or in English with a line about help."""

import pytest

from services.notify.rules.languages import LanguageRules, MessageCatalogue, MessageLanguage

CITY = "portland.gov"
DRAFT = MessageCatalogue(is_reviewed=False, complete=frozenset({"received"}), has_help_line=True)
REVIEWED = MessageCatalogue(is_reviewed=True, complete=frozenset({"received"}), has_help_line=True)
WITHOUT_LINE = MessageCatalogue(is_reviewed=True, complete=frozenset(), has_help_line=False)
CATALOGUES = {"es": REVIEWED, "vi": DRAFT, "fil": DRAFT, "ko": REVIEWED, "ru": WITHOUT_LINE}
OF_CITY = {CITY: ("en", "es", "vi", "fil", "ru", "lo")}
RULES = LanguageRules(CATALOGUES, OF_CITY)
TRIALS = LanguageRules(CATALOGUES, OF_CITY, send_unreviewed=True)


def written_in(
    *known: str | None,
    chosen: str | None = None,
    template: str = "received",
    city: str = CITY,
    rules: LanguageRules = RULES,
) -> MessageLanguage:
    return rules.message_language(template, city, known, chosen)


@pytest.mark.parametrize(
    ("known", "language"),
    [
        pytest.param(["es"], "es", id="reviewed"),
        pytest.param(["es-MX", "en"], "es", id="of a region"),
        pytest.param(["ES_mx"], "es", id="carelessly written"),
        pytest.param([None, "es"], "es", id="that of the report"),
        pytest.param(["tlh", "es"], "es", id="the second is known"),
        pytest.param(["en", "es"], "en", id="English"),
        pytest.param(["est"], "en", id="Estonian is not Spanish"),
        pytest.param([""], "en", id="empty"),
        pytest.param([], "en", id="none"),
    ],
)
def test_the_first_language_that_can_be_written_counts(
    known: list[str | None], language: str
) -> None:
    found = written_in(*known)

    assert (found.language, found.help_language) == (language, None)


def test_a_draft_falls_back_to_english_with_its_line_unless_drafts_are_sent() -> None:
    assert written_in("vi-VN") == MessageLanguage("en", "vi", "not_reviewed")
    assert written_in("tl") == MessageLanguage("en", "fil", "not_reviewed")
    assert written_in("vi", rules=TRIALS) == MessageLanguage("vi")
    assert written_in("tl", rules=TRIALS) == MessageLanguage("fil")


@pytest.mark.parametrize("rules", [RULES, TRIALS])
def test_a_message_that_a_catalogue_lacks_is_in_english_whole(rules: LanguageRules) -> None:
    assert written_in("es", template="overdue", rules=rules) == MessageLanguage(
        "en", "es", "incomplete"
    )


@pytest.mark.parametrize("rules", [RULES, TRIALS])
def test_a_city_writes_in_its_own_languages_alone(rules: LanguageRules) -> None:
    assert written_in("ko", rules=rules) == MessageLanguage("en", "ko", "not_of_the_city")
    assert written_in("es", city="nowhere.gov", rules=rules).language == "en"


def test_a_language_without_a_line_has_none() -> None:
    assert written_in("lo") == MessageLanguage("en", None, "unknown")
    assert written_in("ru") == MessageLanguage("en", None, "incomplete")


def test_who_reads_a_second_language_reads_it_with_the_line_of_the_first() -> None:
    assert written_in("vi", "es") == MessageLanguage("es", "vi", "not_reviewed")
    assert written_in("es", "vi") == MessageLanguage("es")


def test_what_the_reader_chose_comes_first_and_leaves_the_line() -> None:
    assert written_in("vi", "es", chosen="en") == MessageLanguage("en", "vi")
    assert written_in("en", chosen="es") == MessageLanguage("es")
    assert written_in("es", chosen="vi") == MessageLanguage("es", "vi", "not_reviewed")


def test_a_city_offers_what_it_may_send() -> None:
    assert RULES.offered(CITY) == ["en", "es", "ru"]
    assert TRIALS.offered(CITY) == ["en", "es", "vi", "fil", "ru"]
    assert RULES.offered("nowhere.gov") == ["en"]


def test_a_text_is_shown_in_the_languages_that_have_it_whole() -> None:
    assert RULES.complete("received") == ["en", "es", "ko"]
    assert TRIALS.complete("received") == ["en", "es", "vi", "fil", "ko"]
    assert TRIALS.complete("overdue") == ["en"]
