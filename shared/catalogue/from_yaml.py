"""Reads a catalogue from its YAML files, or reports all their issues."""

from pathlib import Path
from types import MappingProxyType

from shared.catalogue.build import build_jurisdiction
from shared.catalogue.checks import issues_in
from shared.catalogue.draft import HEAD, read_drafts
from shared.catalogue.issue import CatalogueError, CatalogueIssue
from shared.catalogue.jurisdiction import Catalogue


def read_catalogue(root: Path, version: str) -> Catalogue:
    """Read every jurisdiction below a folder.

    Args:
        version: Version that the catalogue gets.

    Raises:
        CatalogueError: The files have issues.
    """
    drafts, issues = read_drafts(root)
    if not drafts:
        raise CatalogueError(
            [CatalogueIssue(HEAD, 1, f"no folder in {root.name} holds a {HEAD}: add one")]
        )
    issues += issues_in(drafts)
    if issues:
        raise CatalogueError(sorted(set(issues)))
    cities = {d.id: build_jurisdiction(d, d.head.entry) for d in drafts if d.head}
    return Catalogue(version=version, jurisdictions=MappingProxyType(cities))
