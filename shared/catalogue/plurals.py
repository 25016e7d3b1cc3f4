"""Keywords of more than one thing: people report a pothole, and potholes."""

_VOWELS = "aeiou"
_NOTATION = set("|?")


def with_plural(wording: str, language: str) -> str:
    """Return a wording that also finds the plain plural of its last word.

    English adds ``s`` (``es`` after a hiss), Spanish ``s`` after a vowel and ``es`` after a
    consonant. Irregular plurals stand in the catalogue as keywords of their own, and so does what
    the notation of ``shared.phrases.wording`` already varies.
    """
    *before, last = wording.split()
    if not last.isalpha() or last.endswith("s") or _NOTATION & set(last):
        return wording
    return " ".join([*before, f"{last}|{last}{_ending(last, language)}"])


def _ending(word: str, language: str) -> str:
    if language == "es":
        return "s" if word[-1] in _VOWELS else "es"
    return "es" if word.endswith(("x", "ch", "sh")) else "s"
