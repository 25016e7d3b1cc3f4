"""Messages whose shape costs time: twice the message takes about twice the time."""

from collections.abc import Callable
from math import sqrt
from time import process_time

import pytest

from services.intake.channels.mail.rules.message import Mail, read_mail, read_plainly
from tests.support.intake.mail_corpus.attacks import ATTACKS, WORDS

SIZE = 4_000
MOST_GROWTH = 3.0  # quadratic time has 4
FLOOR_S = 0.004
ATTEMPTS = 3


def seconds(content: bytes) -> float:
    """The CPU seconds of reading, the best of several attempts."""
    best = float("inf")
    for _ in range(ATTEMPTS):
        began = process_time()
        read_mail(content, "a@example.org")
        best = min(best, process_time() - began)
    return best


@pytest.mark.parametrize("attack", ATTACKS)
def test_four_times_the_message_takes_about_four_times_as_long(attack: str) -> None:
    once, four_times = (seconds(ATTACKS[attack](factor * SIZE)) for factor in (1, 4))

    assert sqrt(four_times / max(once, FLOOR_S)) <= MOST_GROWTH


@pytest.mark.parametrize("read", [read_mail, read_plainly])
@pytest.mark.parametrize("attack", ATTACKS)
def test_the_words_of_a_hostile_message_are_read_or_it_is_too_long(
    attack: str, read: Callable[[bytes, str], Mail]
) -> None:
    content = ATTACKS[attack](SIZE)
    mail = read(content, "a@example.org")

    assert mail.is_too_long or (WORDS in mail.words) == (WORDS.encode() in content)
    assert len(mail.attached) < 5_000


def test_a_few_names_of_many_files_are_listed() -> None:
    mail = read_mail(ATTACKS["names of files"](900), "a@example.org")

    assert mail.attached.startswith(f"{0:090}.pdf, {1:090}.pdf")
    assert mail.attached.endswith(" and 880 more")


def test_a_text_that_is_blank_for_a_million_characters_is_not_taken_without_its_end() -> None:
    mail = read_mail(f"From: a@b.example\n\nx{' ' * 1_000_000}{WORDS}".encode(), "a@b.example")

    assert mail.is_too_long
