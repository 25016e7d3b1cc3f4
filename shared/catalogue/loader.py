"""Loads the catalogue, or reports all issues of its files."""

import gc
from collections.abc import Generator
from contextlib import contextmanager
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from shared.catalogue.build import build_jurisdiction
from shared.catalogue.checks import issues_in
from shared.catalogue.document import CatalogueError, CatalogueIssue
from shared.catalogue.draft import HEAD, read_drafts
from shared.catalogue.jurisdiction import Catalogue

PACKAGE_DATA = Path(__file__).parent / "data"
_DATA_SUFFIXES = frozenset({".yaml", ".geojson", ".json", ".gz"})
_VERSION_DIGITS = 12
_CACHED_CATALOGUES = 4


def load_catalogue(root: Path = PACKAGE_DATA) -> Catalogue:
    """Load every jurisdiction below a folder; cached until a file changes.

    A folder with a ``jurisdiction.yaml`` is a jurisdiction; its name is the id.

    Raises:
        CatalogueError: The files have issues; it lists each with file, line and remedy.
    """
    with _collector_paused():
        return _load(root, _version(root))


def load_catalogue_with_indexes() -> Catalogue:
    """Load the built-in catalogue and build its text indexes, for programs that read texts.

    Raises:
        CatalogueError: As for ``load_catalogue``.
    """
    with _collector_paused():
        catalogue = load_catalogue()
        for city in catalogue.jurisdictions.values():
            city.build_indexes()
    return catalogue


@contextmanager
def _collector_paused() -> Generator[None]:
    """Pause the collection of garbage cycles: it took half of the time, and there are none."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@lru_cache(_CACHED_CATALOGUES)
def _load(root: Path, version: str) -> Catalogue:
    drafts, issues = read_drafts(root)
    if not drafts:
        raise CatalogueError(
            [CatalogueIssue(HEAD, 1, f"no folder in {root.name} holds a {HEAD}: add one")]
        )
    issues += issues_in(drafts)
    if issues:
        raise CatalogueError(sorted(set(issues)))
    return Catalogue(
        version=version,
        jurisdictions=MappingProxyType(
            {
                draft.id: build_jurisdiction(draft, draft.head.entry)
                for draft in drafts
                if draft.head
            }
        ),
    )


def _version(root: Path) -> str:
    digest = sha256()
    for path in sorted(p for p in root.rglob("*") if p.suffix in _DATA_SUFFIXES):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:_VERSION_DIGITS]
