"""The ready file of a catalogue: the content of its YAML files in a form that loads fast.

It has a header line in JSON and sections of pickled objects. A section is used only when the stamp
is that of the present sources and code, and its own checksum is right; it can create objects of the
catalogue alone, so that a planted file runs no code.
"""

import io
import json
import pickle
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from datetime import time, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path, PosixPath
from tempfile import NamedTemporaryFile
from typing import Any

from typing_extensions import override

_CODE = Path(__file__).parent.parent
_CODE_FILES = ("catalogue/*.py", "text_matching/*.py", "vocabulary.py")
_MAX_HEADER_BYTES = 10_000
_MODE = 0o644
_PROTOCOL = 5
_UNUSABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, pickle.PickleError)
_OWN_MODULES = ("shared.catalogue.", "shared.text_matching.", "shared.vocabulary")
_LIBRARY_TYPES = {(one.__module__, one.__name__) for one in (time, timedelta, PosixPath)}


@dataclass(frozen=True, slots=True)
class ReadyFile:
    """A file that is read as a whole or, when it is missing, stale or damaged, not at all."""

    path: Path
    stamp: str

    def read(self, section: str) -> Any | None:  # noqa: ANN401 - the object that was written
        """Return the object of a section; None when it cannot be used."""
        with suppress(*_UNUSABLE), self.path.open("rb") as file:
            header = json.loads(file.readline(_MAX_HEADER_BYTES))
            if header["stamp"] != self.stamp:
                return None
            for name, (size, checksum) in header["sections"].items():
                if name != section:
                    file.seek(size, io.SEEK_CUR)
                elif sha256(data := file.read(size)).hexdigest() == checksum:
                    return _Unpickler(io.BytesIO(data)).load()
        return None

    def write(self, sections: Mapping[str, object]) -> None:
        """Replace the file atomically."""
        data = {name: pickle.dumps(one, _PROTOCOL) for name, one in _shared(sections).items()}
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


class _Unpickler(pickle.Unpickler):
    @override
    def find_class(self, module: str, name: str) -> Any:
        if module.startswith(_OWN_MODULES) or (module, name) in _LIBRARY_TYPES:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a catalogue")


def _shared(sections: Mapping[str, object]) -> Mapping[str, object]:
    """Return copies of the sections in which equal parts are one object: a third of the memory."""
    known: dict[object, Any] = {}

    def share(value: Any) -> Any:  # noqa: ANN401 - any part of a catalogue
        if is_dataclass(value) and not isinstance(value, type):
            parts = [share(getattr(value, field.name)) for field in fields(value)]
            return known.setdefault((type(value), *map(id, parts)), type(value)(*parts))
        if isinstance(value, Mapping):
            items = [(share(key), share(item)) for key, item in value.items()]
            return known.setdefault((dict, *[(id(k), id(v)) for k, v in items]), dict(items))
        if type(value) is tuple:
            elements = tuple(map(share, value))
            return known.setdefault((tuple, *map(id, elements)), elements)
        if isinstance(value, frozenset):
            return known.setdefault(value, frozenset(map(share, value)))
        return known.setdefault((type(value), value), value)

    return {name: share(one) for name, one in sections.items()}
