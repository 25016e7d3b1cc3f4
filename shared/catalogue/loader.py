"""Loads the catalogue from its ready file, or builds it from the YAML files."""

import gc
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from shared.catalogue.jurisdiction import Catalogue, TextIndexes
from shared.catalogue.ready_file import ReadyFile, code_checksum, ready_file

PACKAGE_DATA = Path(__file__).parent / "data"
_DATA_SUFFIXES = frozenset({".yaml", ".geojson", ".json", ".npz"})
_VERSION_DIGITS = 12
_CACHED_CATALOGUES = 4
_FACTS, _INDEXES = "facts", "indexes"


def load_catalogue(root: Path = PACKAGE_DATA) -> Catalogue:
    """Load every jurisdiction below a folder; cached until a file changes.

    A folder with a ``jurisdiction.yaml`` is a jurisdiction. The ready file beside the folder is
    used when it was built from the same files by the same code. For the built-in catalogue it is
    written when it is missing, stale or damaged, as Python does with bytecode: where that folder
    cannot be written to, every start reads the YAML files.

    Raises:
        CatalogueError: The files have issues; it lists each with file, line and remedy.
    """
    with _collector_paused():
        return _load(root, source_version(root))


def load_catalogue_with_indexes(root: Path = PACKAGE_DATA) -> Catalogue:
    """Load a catalogue with its text indexes, for programs that read texts."""
    with _collector_paused():
        catalogue = load_catalogue(root)
        if not catalogue.has_indexes:
            indexes: TextIndexes | None = ready_file(root, catalogue.version).read(_INDEXES)
            if indexes is not None:
                catalogue.use_indexes(indexes)
        for city in catalogue.jurisdictions.values():
            city.build_indexes()
    return catalogue


def build_catalogue(root: Path = PACKAGE_DATA) -> Catalogue:
    """Read a catalogue from its YAML files and write the ready file beside the folder."""
    version = source_version(root)
    with _collector_paused():
        catalogue = _read_yaml(root, version)
        _write(catalogue, ready_file(root, version))
    return catalogue


@contextmanager
def _collector_paused() -> Generator[None]:
    """Pause the cyclic garbage collector, which took half of the time and found no cycles."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@lru_cache(_CACHED_CATALOGUES)
def _load(root: Path, version: str) -> Catalogue:
    file = ready_file(root, version)
    ready: Catalogue | None = file.read(_FACTS)
    if ready is not None:
        return ready
    catalogue = _read_yaml(root, version)
    if root == PACKAGE_DATA:
        with suppress(OSError):
            _write(catalogue, file)
    return catalogue


def _read_yaml(root: Path, version: str) -> Catalogue:
    from shared.catalogue.build import read_catalogue  # noqa: PLC0415 - seldom needed

    return read_catalogue(root, version)


def _write(catalogue: Catalogue, file: ReadyFile) -> None:
    file.write({_FACTS: catalogue, _INDEXES: catalogue.indexes()})


def source_version(root: Path) -> str:
    """Return the version of a catalogue: a checksum of the files of its folder."""
    digest = sha256()
    for path in sorted(p for p in root.rglob("*") if p.suffix in _DATA_SUFFIXES):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:_VERSION_DIGITS]


def text_rules_version(catalogue_version: str) -> str:
    """Return the version of the text rules: the catalogue, our code, and Python's tables.

    Processes with the same version assess every text the same.
    """
    judges = f"{catalogue_version} {sys.implementation.cache_tag} {code_checksum()}"
    return sha256(judges.encode()).hexdigest()[:_VERSION_DIGITS]
