"""Labels of real reports, whose texts are kept outside the repository.

A file of labels has the columns ``id``, ``language``, ``label`` and ``second`` (``E`` emergency,
``U`` urgent, ``R`` routine; ``second`` where another label is as fair), ``danger_word`` (``yes``
where the text uses a word of danger), ``sample``, ``group`` and ``part``. People label reports for
training, and ``workbench.evaluation.feedback`` turns operators' corrections into labels.
"""

import csv
import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal, TextIO, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.vocabulary import Language
from workbench.evaluation.text_model.texts import UnfitTextsError

Class = Literal["E", "U", "R"]
_Row = TypeVar("_Row", bound=BaseModel)
TEXTS_SUFFIX = ".jsonl.gz"
"""End of the names of files with texts."""
UNJUDGED = "?"
"""The value of ``dangers`` where unjudged."""


class ReportLabel(BaseModel):
    """The label of one real report.

    Attributes:
        language: Language that it is written in.
        label: The label that fits best.
        second: Another label that is as fair; empty for none.
        danger_word: Whether it uses a word of danger, whatever its label.
        sample: ``random`` for a random sample; ``feedback`` from people's corrections of the
            router; the others were chosen for their words.
        group: Id of the first of the reports that begin or end with the same words.
        part: ``train``, or ``test`` for measurement alone; a group lies in one part.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    language: Language
    label: Class
    second: Class | Literal[""] = ""
    danger_word: bool = False
    sample: Literal["random", "net", "top", "ext", "feedback"]
    group: str
    part: Literal["train", "test"]

    @property
    def is_routine(self) -> bool:
        """True when no other label is as fair: only then a finding is a false alarm."""
        return self.label == "R" and not self.second

    @property
    def is_urgent(self) -> bool:
        """True when it is urgent or worse, and routine is not as fair."""
        return self.label != "R" and self.second != "R"


class KindLabel(BaseModel):
    """The kinds and dangers of one real report.

    Attributes:
        kinds: Service codes that fit, the best first, joined by ``/``; empty where unjudged.
        dangers: Classes of danger that are there now, joined by ``/``; empty for none, ``?`` where
            unjudged.
        person: Whether it names, accuses or describes a private person.
        part: ``calibrate`` for what sets the probabilities alone, ``test`` for measurement alone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    language: Language
    kinds: str = ""
    dangers: str = ""
    person: bool = False
    part: Literal["train", "calibrate", "test"]

    @property
    def codes(self) -> tuple[str, ...]:
        """The service codes that fit, the best first."""
        return tuple(filter(None, self.kinds.split("/")))

    @property
    def classes(self) -> frozenset[str] | None:
        """The classes of danger; None where unjudged."""
        if self.dangers == UNJUDGED:
            return None
        return frozenset(filter(None, self.dangers.split("/")))


def read_kinds(file: Path) -> list[KindLabel]:
    """Read a file of kinds; raises as ``read_labels``."""
    return list(_read(file, KindLabel))


def read_labels(file: Path) -> list[ReportLabel]:
    """Read a file of labels.

    Raises:
        UnfitTextsError: A line is invalid; it names line and field.
    """
    return list(_read(file, ReportLabel))


def _read(file: Path, model: type[_Row]) -> Iterator[_Row]:
    with file.open(encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines), start=2):
            filled = {name: value for name, value in row.items() if value != ""}
            try:
                yield model.model_validate(filled)
            except ValidationError as error:
                field = ".".join(map(str, error.errors(include_url=False)[0]["loc"]))
                raise UnfitTextsError(f"{file.name}, line {number}: {field}") from None


def write_labels(labels: Iterable[ReportLabel], file: TextIO) -> None:
    """Write a file of labels, as ``read_labels`` reads it."""
    _write(labels, ReportLabel, file)


def write_kinds(labels: Iterable[KindLabel], file: TextIO) -> None:
    """Write a file of kinds, as ``read_kinds`` reads it."""
    _write(labels, KindLabel, file)


def _write(labels: Iterable[BaseModel], model: type[BaseModel], file: TextIO) -> None:
    rows = csv.DictWriter(file, list(model.model_fields), lineterminator="\n")
    rows.writeheader()
    words = {True: "yes", False: ""}
    for label in labels:
        fields = label.model_dump().items()
        rows.writerow({name: words[v] if isinstance(v, bool) else v for name, v in fields})


def read_report_texts(folder: Path) -> Mapping[str, str]:
    """Read the texts of real reports by id.

    Raises:
        UnfitTextsError: The folder has none; it says what is missing.
    """
    texts = dict(_texts(folder))
    if not texts:
        raise UnfitTextsError(
            f"{folder}: no *{TEXTS_SUFFIX} here. The texts of the labelled reports are not part of "
            "the repository; --reports names their folder."
        )
    return texts


def _texts(folder: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(folder.glob(f"*{TEXTS_SUFFIX}")):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                item = json.loads(line)
                yield item["id"], item["text"]
