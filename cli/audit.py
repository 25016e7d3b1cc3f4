"""The audit stream of the command line."""

import json
import os
import pwd
import socket
import sys
from pathlib import Path

from cli.connection import Connection
from deploy.local.folder import DataFolder, is_in_use
from shared.runtime.clock import utc_now


def record(event: str, data: Path, **fields: object) -> None:
    """Append one event, with the system user, to the audit file.

    The file is that of ROUTE311_AUDIT_FILE, else ``logs/audit.log`` of the running router's
    folder. Without either the line goes to the standard error stream. The fields never hold a key,
    a contact or the bytes of a record. ``docs/settings.md`` lists the events.
    """
    line = json.dumps(
        {
            "event": event,
            "audit": True,
            "logger": "audit",
            "level": "info",
            "timestamp": utc_now().isoformat(),
            "service": "cli",
            "user": system_user(),
            "sudo_user": os.environ.get("SUDO_USER"),
            "host": socket.gethostname(),
            **fields,
        }
    )
    file = _file(data)
    if file is None:
        sys.stderr.write(f"{line}\n")
        return
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a") as log:
        log.write(f"{line}\n")


def system_user() -> str:
    """Return the user by the process's user id, independent of its environment."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run as a number without a name
        return str(os.getuid())


def _file(data: Path) -> Path | None:
    if named := Connection().audit_file:
        return named
    return DataFolder(data).logs / "audit.log" if is_in_use(data) else None
