"""Files that appear in a folder, in the order of their names."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

_LOOK_EVERY_S = 1.0


class NewFiles:
    """Files that were not there at the last look."""

    def __init__(self, folder: Path, pattern: str) -> None:
        """Look into a folder whose names sort by arrival."""
        self._folder, self._pattern = folder, pattern
        self._last, self._look_at = "", 0.0

    def look(self) -> Iterator[Path]:
        """Yield the files that are new, oldest first; looks once a second at most."""
        now = asyncio.get_running_loop().time()
        if now < self._look_at:
            return
        self._look_at = now + _LOOK_EVERY_S
        new = [path for path in self._folder.glob(self._pattern) if path.name > self._last]
        for path in sorted(new):
            self._last = path.name
            yield path
