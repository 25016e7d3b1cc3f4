"""Chance that can be repeated."""

from random import Random

__all__ = ["Random", "chance"]


def chance(seed: int, what_for: str) -> Random:
    """Return a source of chance of one part's own, so that no part disturbs another."""
    return Random(f"{seed}:{what_for}")  # noqa: S311 - a play keeps no secrets
