"""Random secrets of one stack, made when first asked for and kept in its data folder."""

import json
import secrets
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.files import write_json
from deploy.local.folder import DataFolder

_ENTROPY_BYTES = 24


class Credentials:
    """Passwords and keys by name, in a file that only its owner can read."""

    def __init__(self, folder: DataFolder) -> None:
        self._file = folder.path / "credentials.json"
        self._kept = _read(self._file)

    def get(self, name: str) -> str:
        """Return the secret of that name: letters, digits, ``-`` and ``_``."""
        if name not in self._kept:
            self._kept[name] = secrets.token_urlsafe(_ENTROPY_BYTES)
            write_json(self._file, self._kept, mode=0o600)
        return self._kept[name]


def _read(file: Path) -> dict[str, str]:
    if not file.exists():
        return {}
    try:
        return {str(name): str(value) for name, value in json.loads(file.read_text()).items()}
    except (json.JSONDecodeError, AttributeError):
        raise StackError(f"{file} is damaged; `--fresh` starts over without it") from None
