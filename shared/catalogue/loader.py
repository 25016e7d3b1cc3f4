"""Loads the catalogue, or says all that is wrong with it."""

from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from shared.catalogue.answers import answer_issues
from shared.catalogue.build import jurisdiction
from shared.catalogue.checks import issues_in
from shared.catalogue.circumstances import circumstance_issues
from shared.catalogue.draft import HEAD, read_draft
from shared.catalogue.evidence_file import evidence_issues
from shared.catalogue.issues import CatalogueError, CatalogueIssue
from shared.catalogue.jurisdiction import Catalogue
from shared.catalogue.surges import surge_issues

PACKAGE_DATA = Path(__file__).parent / "data"
_DATA_SUFFIXES = (".yaml", ".geojson")
_VERSION_DIGITS = 12
_REMEMBERED = 4


def load_catalogue(root: Path = PACKAGE_DATA) -> Catalogue:
    """Load every jurisdiction below a folder, anew only when a file has changed.

    A folder is a jurisdiction when it holds ``jurisdiction.yaml``; its name is the id.

    Raises:
        CatalogueError: Something is wrong; it lists every fault with file, line and remedy.
    """
    return _load(root, _version(root))


def load_catalogue_to_read() -> Catalogue:
    """Load the package's own catalogue for a program that reads texts, which then waits for none.

    Raises:
        CatalogueError: As ``load_catalogue``.
    """
    catalogue = load_catalogue()
    for city in catalogue.jurisdictions.values():
        city.learn_words()
    return catalogue


@lru_cache(_REMEMBERED)
def _load(root: Path, version: str) -> Catalogue:
    folders = sorted(head.parent for head in root.glob(f"*/{HEAD}"))
    if not folders:
        raise CatalogueError(
            [CatalogueIssue(HEAD, 1, f"no folder in {root.name} holds a {HEAD}: add one")]
        )
    read = [read_draft(root, folder) for folder in folders]
    drafts = [draft for draft, _ in read]
    faults = [*(fault for _, wrong in read for fault in wrong), *issues_in(drafts)]
    faults += [fault for folder in folders for fault in evidence_issues(folder)]
    faults += [fault for draft in drafts for fault in circumstance_issues(draft)]
    faults += [fault for folder in folders for fault in surge_issues(folder)]
    faults += [fault for draft in drafts for fault in answer_issues(draft)]
    if faults:
        raise CatalogueError(sorted(set(faults)))
    return Catalogue(
        version=version,
        jurisdictions=MappingProxyType(
            {draft.id: jurisdiction(draft, draft.head.entry) for draft in drafts if draft.head}
        ),
    )


def _version(root: Path) -> str:
    digest = sha256()
    for path in sorted(p for p in root.rglob("*") if p.suffix in _DATA_SUFFIXES):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:_VERSION_DIGITS]
