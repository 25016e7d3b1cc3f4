"""Temporary folders for the data of a test's router."""

from pathlib import Path
from tempfile import gettempdir

_TEMPORARY = Path(gettempdir())


def let_others_in(folder: Path) -> Path:
    """Make a temporary folder accessible to PostgreSQL, which runs as another user under root."""
    for part in (folder, *folder.parents):
        if part.is_relative_to(_TEMPORARY) and part != _TEMPORARY:
            part.chmod(0o755)
    return folder
