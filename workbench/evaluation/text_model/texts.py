"""Labelled texts of reports."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.errors import Route311Error
from shared.vocabulary import Language

Label = Literal["emergency", "urgent", "routine", "harmless"]

_TRAINING = "train"


class LabelledText(BaseModel):
    """A text with its label.

    Attributes:
        label: ``harmless`` texts use the words of a hazard without reporting one.
        language: Language that it is written in.
        part: ``train`` for training; other parts are held out for measurement.
        source: Its file. Texts of one writer resemble each other, so each writer has a file.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    label: Label
    language: Language
    text: str
    part: str = _TRAINING
    source: str = ""


class UnfitTextsError(Route311Error):
    """The files are not labelled texts that a model can be trained on."""

    code = "unfit_texts"


def read_texts(files: Iterable[Path]) -> Sequence[LabelledText]:
    """Read the training texts of JSON Lines files.

    Raises:
        UnfitTextsError: A line is invalid; it names line, field and error, not the text.
    """
    return [text for file in files for text in _read(file) if text.part == _TRAINING]


def _read(file: Path) -> Iterator[LabelledText]:
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            text = LabelledText.model_validate_json(line)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            field = ".".join(map(str, first["loc"])) or "line"
            raise UnfitTextsError(f"{file.name}, line {number}: {field}: {first['msg']}") from None
        yield text.model_copy(update={"source": file.name})
