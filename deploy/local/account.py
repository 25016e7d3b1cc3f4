"""The system user that PostgreSQL runs as when the stack itself runs as root."""

import os
import pwd
import shutil

from deploy.local.commands import run_to_end
from deploy.local.errors import StackError
from deploy.local.program import Account

_NAME = "route311"
_FAULT = f"PostgreSQL does not run as root, and the system user {_NAME!r} cannot be made"


async def postgres_account() -> Account | None:
    """Return the user to become, made when it is not there, or None when we are not root.

    Raises:
        StackError: We are root and cannot make a user.
    """
    if os.geteuid() != 0:
        return None
    return _known() or await _made()


def _known() -> Account | None:
    try:
        entry = pwd.getpwnam(_NAME)
    except KeyError:
        return None
    return Account(entry.pw_uid, entry.pw_gid)


async def _made() -> Account:
    useradd = shutil.which("useradd")
    if useradd is None:
        raise StackError(f"{_FAULT}; run as another user")
    options = ("--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin")
    try:
        await run_to_end(_FAULT, (useradd, *options, _NAME))
    except StackError:
        if (made_by_another := _known()) is not None:
            return made_by_another
        raise
    account = _known()
    if account is None:
        raise StackError(_FAULT)
    return account
