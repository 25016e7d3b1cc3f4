"""Bytes from strangers, fit for a terminal."""


def printable(said: bytes | str) -> str:
    """Return it as text in which whatever is not plainly visible is written as an escape.

    Control characters, line ends and marks that turn the direction of writing are among them.
    """
    text = said.decode("utf-8", "backslashreplace") if isinstance(said, bytes) else said
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
