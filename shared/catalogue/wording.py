"""Short notation for the many ways to say one thing.

``block|blocks the|a? right|left lane`` stands for eight phrases and, since ``?`` makes a word
optional, for four more without the article.
"""

from itertools import product

MOST_PHRASES = 400


def spell_out(wording: str) -> tuple[str, ...]:
    """Return every phrase that a wording stands for.

    Raises:
        ValueError: It stands for more than ``MOST_PHRASES``, or for the empty phrase.
    """
    choices = [_choices(word) for word in wording.split()]
    count = 1
    for choice in choices:
        count *= len(choice)
    if count > MOST_PHRASES:
        raise ValueError(f"this stands for {count} phrases: split it, {MOST_PHRASES} is the most")
    phrases = tuple(" ".join(filter(None, words)) for words in product(*choices))
    if not all(phrases):
        raise ValueError("one word at least must not be optional")
    return phrases


def _choices(word: str) -> list[str]:
    optional = word.endswith("?")
    choices = word.removesuffix("?").split("|")
    if not all(choices):
        raise ValueError("write alternatives as one|two, and an optional word as word?")
    return [*choices, ""] if optional else choices
