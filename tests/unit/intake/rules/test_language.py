import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.spoken_languages import best_language
from shared.text_matching.normalization import is_language_tag


@pytest.mark.parametrize("tag", ["en", "es", "zh-Hans", "es-MX", "fil", "de-CH-1996"])
def test_a_bcp_47_tag_is_one(tag: str) -> None:
    assert is_language_tag(tag)


@pytest.mark.parametrize(
    "text", ["", "e", "español", "en_US", "en us", "en-", "en-waytoolong", "1"]
)
def test_what_has_another_form_is_none(text: str) -> None:
    assert not is_language_tag(text)


@pytest.mark.parametrize(
    ("wishes", "best"),
    [
        pytest.param("", "en", id="no wish"),
        pytest.param("es", "es", id="a plain wish"),
        pytest.param("ES-mx,es;q=0.9,en;q=0.8", "es", id="as browsers write it"),
        pytest.param("en;q=0.5, es;q=0.7", "es", id="the dearer wish"),
        pytest.param("es;q=0.7, en;q=0.7", "es", id="equally dear: the first"),
        pytest.param("vi, es;q=0.1", "es", id="the only one we have"),
        pytest.param("vi, ru", "en", id="none that we have"),
        pytest.param("es;q=0, en;q=0.1", "en", id="not wished at all"),
        pytest.param("es;q=high", "en", id="no number"),
        pytest.param("*", "en", id="any"),
    ],
)
def test_the_dearest_wish_that_can_be_met_is(wishes: str, best: str) -> None:
    assert best_language(wishes, ("en", "es")) == best


@given(st.text())
def test_any_header_gets_a_language_that_we_have(wishes: str) -> None:
    assert best_language(wishes, ("en", "es")) in {"en", "es"}
