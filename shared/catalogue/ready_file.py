"""The ready file of a catalogue: the content of its YAML files in a form that loads fast.

It has a header line in JSON and sections of ``marshal`` data. A section is used only when the stamp
is that of the present sources and code, and its own checksum is right.
"""

import io
import json
import marshal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

_CODE = Path(__file__).parent.parent
_CODE_FILES = ("catalogue/*.py", "text_matching/*.py", "vocabulary.py")
_MAX_HEADER_BYTES = 10_000
_MODE = 0o644


@dataclass(frozen=True, slots=True)
class ReadyFile:
    """A file that is read as a whole or, when it is missing, stale or damaged, not at all."""

    path: Path
    stamp: str

    def read(self, section: str) -> Any | None:  # noqa: ANN401 - plain data of any shape
        """Return the plain data of a section; None when they cannot be used."""
        with suppress(OSError, ValueError, KeyError, TypeError), self.path.open("rb") as file:
            header = json.loads(file.readline(_MAX_HEADER_BYTES))
            if header["stamp"] != self.stamp:
                return None
            for name, (size, checksum) in header["sections"].items():
                if name != section:
                    file.seek(size, io.SEEK_CUR)
                elif sha256(data := file.read(size)).hexdigest() == checksum:
                    return marshal.loads(data)  # noqa: S302 - makes plain data and runs no code
        return None

    def write(self, sections: Mapping[str, object]) -> None:
        """Replace the file atomically."""
        data = {name: marshal.dumps(plain) for name, plain in _shared(sections).items()}
        checksums = {name: (len(each), sha256(each).hexdigest()) for name, each in data.items()}
        header = json.dumps({"stamp": self.stamp, "sections": checksums})
        with NamedTemporaryFile(
            dir=self.path.parent, prefix=f"{self.path.name}.", delete=False
        ) as file:
            temporary = Path(file.name)
            try:
                file.write(header.encode() + b"\n")
                file.writelines(data.values())
                file.flush()
                temporary.chmod(_MODE)
                temporary.replace(self.path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise


def ready_file(root: Path, version: str) -> ReadyFile:
    """Return the ready file beside a catalogue's folder, whose checksum is ``version``."""
    stamp = f"{version} {sys.implementation.cache_tag} {root.resolve()} {code_checksum()}"
    return ReadyFile(root.with_name(f"{root.name}.ready"), sha256(stamp.encode()).hexdigest())


@cache
def code_checksum() -> str:
    """Return a checksum of the code that reads the catalogue and assesses texts by it."""
    digest = sha256()
    for path in (path for pattern in _CODE_FILES for path in sorted(_CODE.glob(pattern))):
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def _shared(sections: Mapping[str, object]) -> dict[str, Any]:
    """Return the sections with equal parts made one object, which ``marshal`` keeps as one."""
    known: dict[object, Any] = {}

    def share(plain: Any) -> Any:  # noqa: ANN401 - plain data of any shape
        match plain:
            case dict():
                parts = [(share(key), share(item)) for key, item in plain.items()]
                key = (dict, *[(id(name), id(item)) for name, item in parts])
                return known.setdefault(key, dict(parts))
            case tuple():
                items = tuple(map(share, plain))
                return known.setdefault((tuple, *map(id, items)), items)
            case frozenset():
                return known.setdefault(plain, frozenset(map(share, plain)))
            case _:
                return known.setdefault((type(plain), plain), plain)

    return {name: share(plain) for name, plain in sections.items()}
