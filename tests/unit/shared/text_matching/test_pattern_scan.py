"""Which patterns may match a text."""

import pytest

from shared.text_matching.pattern_scan import PatternScan

SCAN = PatternScan(
    {
        "plate": r"(?:^|[^\w-])plate (?!(?:number|no)\b)[a-z]{3}(?![\w-])",
        "name": r"\bMr\s[A-Z\u00c0-\u00de]\w+",
        "number": r"(?<!\d)\d{4}",
    }
)


@pytest.mark.parametrize(
    ("text", "possible"),
    [
        ("plate abc", {"plate"}),
        ("Mr Doyle has plate abc 1234", {"plate", "name", "number"}),
        ("template abc", set()),
        ("", set()),
    ],
)
def test_the_patterns_that_match_are_possible(text: str, possible: set[str]) -> None:
    assert set(SCAN.possible(text)) == possible


def test_lookarounds_are_left_to_the_pattern_itself() -> None:
    assert set(SCAN.possible("plate number 12345")) == {"plate", "number"}


@pytest.mark.parametrize(
    "text", ["Mr\u00a0\u00c1lvarez", "Mr\x1cDoyle", "\u0661\u0662\u0663\u0664"]
)
def test_all_patterns_are_possible_in_a_text_that_re2_reads_otherwise(text: str) -> None:
    assert set(SCAN.possible(text)) == {"plate", "name", "number"}
