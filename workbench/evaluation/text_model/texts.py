"""Labelled texts of reports."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.errors import Route311Error
from shared.vocabulary import DangerClass

Label = Literal["emergency", "urgent", "routine", "harmless"]

_TRAINING = ("train", "calibrate")


class LabelledText(BaseModel):
    """A text with its labels.

    Attributes:
        label: ``harmless`` texts use the words of a hazard without reporting one; None without a
            label of urgency.
        kinds: Service codes that fit, the best first, joined by ``/``; empty without a label.
        dangers: Classes of danger that are there; None without a label.
        language: BCP 47 tag.
        part: ``train`` for training, ``calibrate`` for the probabilities of kinds; other parts are
            held out for measurement.
        source: Its file. Texts of one writer resemble each other, so each writer has a file.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    label: Label | None = None
    kinds: str = ""
    dangers: tuple[DangerClass, ...] | None = None
    language: str
    text: str
    part: str = "train"
    source: str = ""


class UnfitTextsError(Route311Error):
    """The files are not labelled texts that a model can be trained on."""

    code = "unfit_texts"


def read_texts(files: Iterable[Path]) -> Sequence[LabelledText]:
    """Read the training texts of JSON Lines files.

    Raises:
        UnfitTextsError: A line is invalid; it names line, field and error, not the text.
    """
    return [text for file in files for text in _read(file) if text.part in _TRAINING]


def _read(file: Path) -> Iterator[LabelledText]:
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            text = LabelledText.model_validate_json(line)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            field = ".".join(map(str, first["loc"])) or "line"
            raise UnfitTextsError(f"{file.name}, line {number}: {field}: {first['msg']}") from None
        yield text.model_copy(update={"source": file.name})
