"""Reads the folder of one jurisdiction, and what all jurisdictions have in common."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from shared.catalogue.document import Document, read_document
from shared.catalogue.entries import (
    AgencyEntry,
    BureauEntry,
    ConditionEntry,
    FamilyEntry,
    FieldEntry,
    JurisdictionEntry,
    LocalTextEntry,
    OwnerEntry,
    PerilEntry,
)
from shared.catalogue.issues import CatalogueIssue
from shared.catalogue.section import Found, Section, read_entry
from shared.catalogue.service_entry import ServiceEntry, ServiceFileEntry

COMMON = "common"
HEAD = "jurisdiction.yaml"
SECTIONS = (
    "bureaus",
    "agencies",
    "dedup_groups",
    "words",
    "conditions",
    "emergencies",
    "hazards",
    "fields",
    "owners",
    "referral_reasons",
)


@dataclass(slots=True)
class Draft:
    """A jurisdiction as its files describe it, before anything is checked against another."""

    folder: Path
    head: Found[JurisdictionEntry] | None = None
    bureaus: Section[BureauEntry] = field(default_factory=lambda: Section(BureauEntry))
    agencies: Section[AgencyEntry] = field(default_factory=lambda: Section(AgencyEntry))
    dedup_groups: Section[LocalTextEntry] = field(default_factory=lambda: Section(LocalTextEntry))
    words: Section[FamilyEntry] = field(default_factory=lambda: Section(FamilyEntry))
    conditions: Section[ConditionEntry] = field(default_factory=lambda: Section(ConditionEntry))
    emergencies: Section[PerilEntry] = field(default_factory=lambda: Section(PerilEntry))
    hazards: Section[PerilEntry] = field(default_factory=lambda: Section(PerilEntry))
    fields: Section[FieldEntry] = field(default_factory=lambda: Section(FieldEntry))
    owners: Section[OwnerEntry] = field(default_factory=lambda: Section(OwnerEntry))
    referral_reasons: Section[LocalTextEntry] = field(
        default_factory=lambda: Section(LocalTextEntry)
    )
    services: Section[ServiceEntry] = field(default_factory=lambda: Section(ServiceEntry))
    headings: dict[str, LocalTextEntry] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The jurisdiction's id."""
        return self.folder.name


def read_draft(root: Path, folder: Path) -> tuple[Draft, list[CatalogueIssue]]:
    """Read every file of a jurisdiction; what is wrong with them comes beside it."""
    draft = Draft(folder)
    document = read_document(root, folder / HEAD)
    faults = list(document.faults)
    if document.is_read:
        head, wrong = read_entry(JurisdictionEntry, document, document.data)
        faults += wrong
        draft.head = None if head is None else Found(folder.name, head, document, ())
    for place in (root / COMMON, folder):
        faults += _read_sections(root, place, draft)
    for path in sorted((folder / "services").glob("*.yaml")):
        faults += _read_services(read_document(root, path), draft)
    if draft.services.is_whole and not draft.services.declared:
        faults.append(document.fault((), "there are no kinds: add files in services/"))
    return draft, faults


def _read_sections(root: Path, place: Path, draft: Draft) -> Iterator[CatalogueIssue]:
    for name in SECTIONS:
        section = getattr(draft, name)
        for path in (*place.glob(f"{name}.yaml"), *sorted(place.glob(f"{name}/*.yaml"))):
            document = read_document(root, path)
            yield from document.faults
            section.is_whole &= document.is_read
            if document.is_read:
                yield from section.read(document, document.data)


def _read_services(document: Document, draft: Draft) -> Iterator[CatalogueIssue]:
    yield from document.faults
    draft.services.is_whole &= document.is_read
    if not document.is_read:
        return
    file, wrong = read_entry(ServiceFileEntry, document, document.data)
    yield from wrong
    if file is not None:
        draft.headings[document.file] = file.group
        yield from draft.services.read(document, file.services, ("services",))
