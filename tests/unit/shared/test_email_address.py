import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.email_address import normalize_email


@pytest.mark.parametrize(
    ("given", "sent_to"),
    [
        pytest.param("ana@example.org", "ana@example.org", id="plain"),
        pytest.param("  ana@example.org\n", "ana@example.org", id="blanks around it"),
        pytest.param("Ana.Gil@EXAMPLE.Org", "Ana.Gil@example.org", id="capitals"),
        pytest.param("a+b_c'd@sub.example.org", "a+b_c'd@sub.example.org", id="signs"),
        pytest.param("ana@bücher.example", "ana@xn--bcher-kva.example", id="domain of any script"),
        pytest.param("ana@xn--bcher-kva.example", "ana@xn--bcher-kva.example", id="in ASCII form"),
        pytest.param("ana@bu\u0308cher.example", "ana@xn--bcher-kva.example", id="decomposed"),
        pytest.param("ana@straße.example", "ana@xn--strae-oqa.example", id="IDNA 2008"),
        pytest.param("a" * 64 + "@example.org", "a" * 64 + "@example.org", id="64 before the @"),
        pytest.param("a@" + "b." * 124 + "org", "a@" + "b." * 124 + "org", id="253 in all"),
    ],
)
def test_a_plain_address_can_be_written_to(given: str, sent_to: str) -> None:
    assert normalize_email(given) == sent_to


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(None, id="none"),
        pytest.param("", id="empty"),
        pytest.param("ana", id="no domain"),
        pytest.param("ana@localhost", id="no dot in the domain"),
        pytest.param("ana@mail.localhost", id="reserved for the machine itself"),
        pytest.param("ana@example.test", id="reserved for tests"),
        pytest.param("@example.org", id="no local part"),
        pytest.param("ana@@example.org", id="two at signs"),
        pytest.param("a b@example.org", id="blank inside"),
        pytest.param("ana@example.org, bob@example.org", id="two of them"),
        pytest.param("Ana <ana@example.org>", id="with a name"),
        pytest.param("<ana@example.org>", id="in brackets"),
        pytest.param('"ana"@example.org', id="quoted"),
        pytest.param('"a b"@example.org', id="quoted blank"),
        pytest.param("ana(home)@example.org", id="comment"),
        pytest.param("ana@[192.0.2.1]", id="address literal"),
        pytest.param("ana@192.0.2.1", id="address instead of a domain"),
        pytest.param("ana@example.org\r\nBcc: bob@example.org", id="a header behind it"),
        pytest.param("ana\r\nBcc: bob@example.org", id="a header inside it"),
        pytest.param("ana@exam\x00ple.org", id="control character"),
        pytest.param("ana\u202e@example.org", id="bidi override"),
        pytest.param("ana@exam\ud800ple.org", id="lone surrogate"),
        pytest.param("josé@example.org", id="local part beyond ASCII"),
        pytest.param("ana\uff20example.org", id="full-width at sign"),
        pytest.param(".a@example.org", id="dot at the start"),
        pytest.param("a.@example.org", id="dot at the end"),
        pytest.param("a..b@example.org", id="two dots"),
        pytest.param("ana@-example.org", id="hyphen at the start of a label"),
        pytest.param("ana@ex_ample.org", id="underscore in the domain"),
        pytest.param("ana@example..org", id="empty label"),
        pytest.param("a" * 65 + "@example.org", id="local part too long"),
        pytest.param("ana@" + "a." * 130 + "org", id="too long as a whole"),
    ],
)
def test_what_is_no_plain_address_cannot_be_written_to(given: str | None) -> None:
    assert normalize_email(given) is None


@given(st.text(), st.text())
def test_what_is_accepted_is_ascii_without_special_signs_and_stays_the_same(
    before: str, behind: str
) -> None:
    for text in (before + "@example.org", f"{before}@{behind}", f"ana@{behind}.org"):
        address = normalize_email(text)

        assert address is None or (address.count("@") == 1 and address.isascii())
        assert not set(address or "") & set(' \t\r\n<>,;:"()[]\\')
        assert normalize_email(address) == address
