"""What a check says of itself while it works."""

from typing import Protocol


class Progress(Protocol):
    """Hears how far a check is."""

    def at(self, step: str, done: int, total: int) -> None:
        """Hear that so much of a step is done; again for the same step as it goes on."""
        ...


class Silence:
    """Says nothing."""

    def at(self, step: str, done: int, total: int) -> None:
        """Say nothing."""
