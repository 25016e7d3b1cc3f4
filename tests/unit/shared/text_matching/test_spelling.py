"""Misspelt words."""

from shared.text_matching.spelling import Spelling


def test_of_several_words_that_fit_the_first_of_the_alphabet_counts() -> None:
    stems = ("bache", "fuego", "cable", "poste", "calle", "acera", "ramas", "humos")
    spelling = Spelling([f"{stem}{letter}" for stem in stems for letter in "as"])

    assert spelling.read([f"{stem}as" for stem in stems]) == [f"{stem}a" for stem in stems]
