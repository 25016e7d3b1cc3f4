"""Small text models, written as the weights of their features."""

from collections.abc import Mapping
from pathlib import Path
from shutil import copytree
from tempfile import mkdtemp
from typing import Any

import numpy as np

from shared.catalogue import Catalogue, load_catalogue
from shared.text_matching.text_model import ModelHeads, TextModel, encode_model

TEXT_MODEL = "common/text_model.npz"


def text_model(
    weights: Mapping[str, Mapping[str, int]],
    *,
    languages: tuple[str, ...] = ("en",),
    **heads_of: Any,
) -> TextModel:
    """Return a model of the weights by head and feature; the feature "" is the bias.

    ``heads_of`` are further fields of its heads.
    """
    heads = ModelHeads(languages=languages, **heads_of)
    names = TextModel(heads, (), np.zeros((0, 0), np.int8), np.zeros(0, np.int64)).names
    features = sorted({feature for of in weights.values() for feature in of if feature})
    table = [[weights.get(name, {}).get(feature, 0) for name in names] for feature in features]
    return TextModel(
        heads,
        tuple(features),
        np.array(table, np.int8).reshape(len(features), len(names)),
        np.array([weights.get(name, {}).get("", 0) for name in names], np.int64),
    )


def catalogue_with(folder: Path, model: TextModel) -> Catalogue:
    """Load a copy of a catalogue that has a text model."""
    copy = Path(mkdtemp()) / folder.name
    copytree(folder, copy)
    (copy / TEXT_MODEL).write_bytes(encode_model(model))
    return load_catalogue(copy)
