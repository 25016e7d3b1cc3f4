"""Texts of reports, each with what a person says that it is."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.errors import Route311Error
from shared.vocabulary import Language

Label = Literal["emergency", "urgent", "routine", "harmless"]

_LEARNT_FROM = "train"


class LabelledText(BaseModel):
    """One text.

    Attributes:
        label: ``harmless`` are texts with the words of a danger that tell of none.
        part: Only ``train`` is learnt from; other parts say how good the result is.
        source: The file that it stands in: texts of one hand are alike.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    label: Label
    language: Language
    text: str
    part: str = _LEARNT_FROM
    source: str = ""


class UnfitTextsError(Route311Error):
    """A file does not hold labelled texts that can be learnt from."""

    code = "unfit_texts"


def read_texts(files: Iterable[Path]) -> Sequence[LabelledText]:
    """Return the texts to learn from, of JSON Lines files.

    Raises:
        UnfitTextsError: A line is no labelled text; it says where, which field and why.
    """
    return [text for file in files for text in _read(file) if text.part == _LEARNT_FROM]


def _read(file: Path) -> Iterator[LabelledText]:
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            text = LabelledText.model_validate_json(line)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            field = ".".join(map(str, first["loc"])) or "line"
            raise UnfitTextsError(f"{file.name}, line {number}: {field}: {first['msg']}") from None
        yield text.model_copy(update={"source": file.name})
