"""Signed tokens."""

import pytest

from shared.signed_tokens import TokenSigner

SIGNER = TokenSigner.derived(b"a secret of the tests", "pages")


def test_a_signed_value_comes_back() -> None:
    assert SIGNER.read("report", SIGNER.sign("report", "1.2")) == "1.2"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "1",
        "1.",
        "1.é",
        SIGNER.sign("photo", "1"),
        SIGNER.sign("report", "1").replace("1.", "2.", 1),
        TokenSigner.derived(b"another secret", "pages").sign("report", "1"),
        TokenSigner.derived(b"a secret of the tests", "links").sign("report", "1"),
        TokenSigner(b"a secret of the tests").sign("report", "1"),
    ],
)
def test_what_was_not_signed_for_this_purpose_has_no_value(token: str) -> None:
    assert SIGNER.read("report", token) is None


def test_tokens_of_the_secret_before_are_read_and_no_longer_signed() -> None:
    both = TokenSigner.derived(b"a newer secret", "pages", b"a secret of the tests")

    assert both.read("report", SIGNER.sign("report", "1")) == "1"
    assert SIGNER.read("report", both.sign("report", "1")) is None
