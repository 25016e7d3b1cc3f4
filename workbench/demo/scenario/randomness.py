"""Repeatable randomness."""

from random import Random

__all__ = ["Random", "seeded_random"]


def seeded_random(seed: int, purpose: str) -> Random:
    """Return a generator of its own for each purpose, so that no part shifts another's draws."""
    return Random(f"{seed}:{purpose}")  # noqa: S311 - nothing secret is drawn
