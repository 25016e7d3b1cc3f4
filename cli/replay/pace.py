"""How fast an export is played."""

import asyncio
from datetime import datetime


class Pacing:
    """Waits so that time passes ``factor`` times as fast as it did; None waits never."""

    def __init__(self, factor: float | None) -> None:
        self._factor = factor
        self._began: tuple[float, datetime] | None = None

    @property
    def waits(self) -> bool:
        """Whether it ever waits."""
        return self._factor is not None

    async def until(self, moment: datetime | None) -> None:
        """Return when it is the moment's turn; what has none, or an early one, comes at once."""
        if self._factor is None or moment is None:
            return
        now = asyncio.get_running_loop().time()
        began_at, first = self._began = self._began or (now, moment)
        due_at = began_at + (moment - first).total_seconds() / self._factor
        if due_at > now:
            await asyncio.sleep(due_at - now)


def parse_speed(text: str) -> float | None:
    """Return the factor, or None for ``max``.

    Raises:
        ValueError: It is neither ``max`` nor a number above 0.
    """
    if text == "max":
        return None
    factor = float(text)
    if not factor > 0:
        raise ValueError("not above 0")
    return factor
