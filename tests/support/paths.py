"""The repository, and a folder of data beside it."""

from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
DATA = REPOSITORY.parent / "shared" / "data"
"""Real texts and recordings that are not part of the repository; tests that need them skip."""
