"""Reads the files of a jurisdiction into a draft: valid entries, not yet checked together."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from shared.catalogue.answers import ANSWERS, QUESTIONS, AnswersEntry, QuestionsEntry
from shared.catalogue.circumstances import CIRCUMSTANCES, CircumstancesEntry
from shared.catalogue.danger_words import StemsEntry, read_danger_words
from shared.catalogue.document import (
    Document,
    LocatedEntry,
    Section,
    read_document,
    read_entry,
    read_file,
)
from shared.catalogue.entries import (
    AgencyEntry,
    BureauEntry,
    ConditionEntry,
    FamilyEntry,
    FieldEntry,
    HazardRuleEntry,
    JurisdictionEntry,
    OwnerEntry,
)
from shared.catalogue.evidence_file import EVIDENCE, EvidenceEntry
from shared.catalogue.field_types import LocalTextEntry
from shared.catalogue.issue import CatalogueIssue
from shared.catalogue.names import NamesByLanguage, read_names
from shared.catalogue.routing_file import ROUTING, RoutingEntry
from shared.catalogue.service_entries import ServiceEntry, ServiceFileEntry
from shared.catalogue.surges import SURGES, SurgesEntry
from shared.text_matching import TrainedModel

COMMON = "common"
HEAD = "jurisdiction.yaml"
TEXT_MODEL = "text_model.npz"


class Draft:
    """The entries of a jurisdiction, together with those common to all jurisdictions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bureaus = Section(BureauEntry, "bureau", "bureaus.yaml")
        self.agencies = Section(AgencyEntry, "agency", "agencies.yaml")
        self.dedup_groups = Section(LocalTextEntry, "dedup group", "dedup_groups.yaml")
        self.words = Section(FamilyEntry, "family of words", "words.yaml")
        self.conditions = Section(ConditionEntry, "condition", "conditions.yaml")
        self.emergencies = Section(HazardRuleEntry, "emergency", "emergencies.yaml")
        self.hazards = Section(HazardRuleEntry, "hazard", "hazards.yaml")
        self.fields = Section(FieldEntry, "field", "fields.yaml")
        self.owners = Section(OwnerEntry, "owner", "owners.yaml")
        self.referral_reasons = Section(LocalTextEntry, "reason", "referral_reasons.yaml")
        self.services = Section(ServiceEntry, "kind", "services/")
        self.headings: dict[str, LocalTextEntry] = {}
        self.names: NamesByLanguage = {}
        self.head: LocatedEntry[JurisdictionEntry] | None = None
        self.evidence: LocatedEntry[EvidenceEntry] | None = None
        self.circumstances: LocatedEntry[CircumstancesEntry] | None = None
        self.questions: LocatedEntry[QuestionsEntry] | None = None
        self.answers: LocatedEntry[AnswersEntry] | None = None
        self.routing: LocatedEntry[RoutingEntry] | None = None
        self.surges: LocatedEntry[SurgesEntry] | None = None
        self.danger_words: Sequence[Section[StemsEntry]] = ()
        self.text_model = TrainedModel()
        self.text_model_file = ""

    @property
    def id(self) -> str:
        """The jurisdiction's id."""
        return self.folder.name

    def sections(self) -> dict[str, Section[Any]]:
        """Return every section but the services, by the stem of its file's name."""
        attributes = vars(self).items()
        return {n: s for n, s in attributes if isinstance(s, Section) and s is not self.services}

    def extend(self, folder: Path) -> "Draft":
        """Return an empty draft of another folder with copies of this draft's entries."""
        other = Draft(folder)
        for name, section in self.sections().items():
            setattr(other, name, section.copy())
        other.questions, other.danger_words = self.questions, self.danger_words
        other.text_model, other.text_model_file = self.text_model, self.text_model_file
        return other


def read_drafts(root: Path) -> tuple[list[Draft], list[CatalogueIssue]]:
    """Read every jurisdiction below a folder, with the issues of all files."""
    common = Draft(root / COMMON)
    issues = list(_read_sections(root, common))
    common.questions, wrong = read_file(QuestionsEntry, root, common.folder / QUESTIONS)
    issues += wrong
    common.danger_words, wrong = read_danger_words(root, common.folder)
    issues += wrong
    issues += _read_text_model(root, common)
    drafts = [common.extend(head.parent) for head in sorted(root.glob(f"*/{HEAD}"))]
    for draft in drafts:
        issues += _read(root, draft)
    return drafts, issues


def _read(root: Path, draft: Draft) -> Iterator[CatalogueIssue]:
    folder = draft.folder
    draft.head, wrong = read_file(JurisdictionEntry, root, folder / HEAD)
    yield from wrong
    yield from _read_sections(root, draft)
    for path in sorted((folder / "services").glob("*.yaml")):
        yield from _read_services(read_document(root, path), draft)
    draft.names, wrong = read_names(root, folder)
    yield from wrong
    if draft.services.is_whole and not draft.services.declared:
        file = (folder / HEAD).relative_to(root).as_posix()
        yield CatalogueIssue(file, 1, "there are no kinds: add files in services/")
    draft.evidence, evidence_issues = read_file(EvidenceEntry, root, folder / EVIDENCE)
    draft.circumstances, others = read_file(CircumstancesEntry, root, folder / CIRCUMSTANCES)
    draft.answers, answers_issues = read_file(AnswersEntry, root, folder / ANSWERS)
    draft.routing, routing_issues = read_file(RoutingEntry, root, folder / ROUTING)
    draft.surges, surges_issues = read_file(SurgesEntry, root, folder / SURGES)
    yield from (*evidence_issues, *others, *answers_issues, *routing_issues, *surges_issues)


def _read_sections(root: Path, draft: Draft) -> Iterator[CatalogueIssue]:
    for name, section in draft.sections().items():
        folder = draft.folder
        for path in (*folder.glob(f"{name}.yaml"), *sorted(folder.glob(f"{name}/*.yaml"))):
            document = read_document(root, path)
            yield from document.issues
            section.is_whole &= document.is_read
            if document.is_read:
                yield from section.read(document, document.data)


def heading_of(document: Document) -> str:
    """Return the key of the heading of a file of kinds: the stem of its name."""
    return Path(document.file).stem


def _read_services(document: Document, draft: Draft) -> Iterator[CatalogueIssue]:
    yield from document.issues
    draft.services.is_whole &= document.is_read
    if not document.is_read:
        return
    file, wrong = read_entry(ServiceFileEntry, document, document.data)
    yield from wrong
    if file is not None:
        draft.headings[heading_of(document)] = file.group
        yield from draft.services.read(document, file.services, ("services",))


def _read_text_model(root: Path, draft: Draft) -> Iterator[CatalogueIssue]:
    path = draft.folder / TEXT_MODEL
    if not path.exists():
        return
    draft.text_model_file = path.relative_to(root).as_posix()
    try:
        draft.text_model = TrainedModel.of(path.read_bytes())
    except ValueError as error:
        yield CatalogueIssue(draft.text_model_file, 1, f"invalid text model: {error}")
