"""Folders in which a router of a test may keep its data."""

from pathlib import Path
from tempfile import gettempdir

_TEMPORARY = Path(gettempdir())


def let_others_in(folder: Path) -> Path:
    """Open a temporary folder to PostgreSQL, which runs as another user when root tests."""
    for closed in (folder, *folder.parents):
        if closed.is_relative_to(_TEMPORARY) and closed != _TEMPORARY:
            closed.chmod(0o755)
    return folder
