"""Misspelt words."""

from shared.text_matching.spelling import Spelling, words_by_deletion


def test_of_several_words_that_fit_the_first_of_the_alphabet_counts() -> None:
    stems = ("bache", "fuego", "cable", "poste", "calle", "acera", "ramas", "humos")
    known = frozenset(f"{stem}{letter}" for stem in stems for letter in "as")
    spelling = Spelling(known, words_by_deletion(known))

    assert spelling.read([f"{stem}as" for stem in stems]) == [f"{stem}a" for stem in stems]
