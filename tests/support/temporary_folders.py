"""Temporary folders for the data of a test's router."""

import atexit
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from deploy.local.folder import DataFolder
from deploy.local.postgres_files import remove_cluster

_TEMPORARY = Path(gettempdir())


def let_others_in(folder: Path) -> Path:
    """Make a temporary folder accessible to PostgreSQL, which runs as another user under root.

    When the tests end, clusters of routers below it are deleted, which lie elsewhere under root.
    """
    atexit.register(_remove_clusters, folder)
    for part in (folder, *folder.parents):
        if part.is_relative_to(_TEMPORARY) and part != _TEMPORARY:
            part.chmod(0o755)
    return folder


@contextmanager
def open_to_postgres(name: str) -> Generator[Path]:
    """Yield a data folder that PostgreSQL can enter; in the end it is deleted with its cluster."""
    with TemporaryDirectory(prefix=f"route311-{name}-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        try:
            yield folder / "data"
        finally:
            remove_cluster(DataFolder(folder / "data"))


def _remove_clusters(folder: Path) -> None:
    for link in [path for path in folder.glob("**/postgres") if path.is_symlink()]:
        remove_cluster(DataFolder(link.parent))
