"""Redaction of public notes."""

import pytest

from tests.support.intake.factories import CITY
from tests.unit.shared.redaction.subjects import REDACTOR


@pytest.mark.parametrize(
    ("note", "public"),
    [
        ("See https://evil.example/x?a=b.", "See evil[.]example."),
        ("See http://user@lakeside.gov/x", "See [removed]/x"),
        ("See https://lakeside.gov.evil.com/x", "See lakeside[.]gov[.]evil[.]com"),
        ("See https://lakeside.gov\\@evil.com/x", "See lakeside[.]gov"),
        ("See https://www.lakeside.gov/potholes.", "See https://www.lakeside.gov/potholes."),
        ("See lakeside.gov/potholes", "See lakeside.gov/potholes"),
        ("See javascript:alert(1)", "See [link removed]"),
        ("See ht\u200btps:/\x85/ev\u2060il.example/x", "See evil[.]example"),
        (
            "See:evil.com, p\u00e1gina.\u0440\u0444 or a.xn--p1ai",
            "See:evil[.]com, p\u00e1gina[.]\u0440\u0444 or a[.]xn--p1ai",
        ),
        ("acab\u00f3.\u00c9l vino", "acab\u00f3.\u00c9l vino"),
        ("Done.We came at 5.30, see bit.ly/x", "Done.We came at 5.30, see bit[.]ly"),
        ("24/7, and/or 3.5 in., U.S. mail", "24/7, and/or 3.5 in., U.S. mail"),
    ],
)
def test_links_to_foreign_sites_are_text(note: str, public: str) -> None:
    assert CITY.redactor.redact_note(note) == public


@pytest.mark.parametrize(
    ("note", "public"),
    [
        ("ask mrs quimby", "ask [removed]"),
        ("CALLER REFUSED ENTRY", "CALLER REFUSED ENTRY"),
        ("CALLER MARIA QUIMBY LEFT", "CALLER [removed]"),
        ("Spoke with Public Works", "Spoke with Public Works"),
        ("Met Linda at Thomas Oak Street", "Met [removed] at Thomas Oak Street"),
        ("Owner: Quimby, Linda", "Owner: [removed]"),
        ("http://", "http://"),
    ],
)
def test_names_in_notes_are_told_from_other_words(note: str, public: str) -> None:
    assert REDACTOR.redact_note(note) == public
