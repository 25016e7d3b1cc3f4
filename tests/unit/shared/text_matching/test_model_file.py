"""The file of the text model."""

import gzip
import json
from typing import Any

import pytest

from shared.text_matching import FeatureWeights, ModelFigures, decode_model, encode_model

WEIGHTS = {"fire": {"en": FeatureWeights(-10, {"smoke": 6, "film": -8}, {20: 5, 80: -3})}}
FIGURES = {"fire": {"en": ModelFigures(recall=0.83333, false_alarms=0.02)}}


def changed(**changes: Any) -> bytes:
    one: dict[str, Any] = {"bias": -1, "weights": {"smoke": 2}}
    return json.dumps({"format": 2, "labels": {"fire": {"en": one | changes}}}).encode()


def test_a_model_that_is_written_is_read_back_with_its_weights() -> None:
    assert decode_model(encode_model(WEIGHTS, FIGURES, 3)).weights == WEIGHTS


def test_the_same_model_gives_the_same_bytes_and_another_one_another_version() -> None:
    first, again = (encode_model(WEIGHTS, FIGURES, 3) for _ in range(2))
    other = encode_model({"fire": {"en": FeatureWeights(-11, {"smoke": 6})}}, FIGURES, 3)

    assert first == again
    assert decode_model(first).version != decode_model(other).version


def test_a_model_may_be_plain_json_and_has_the_version_of_its_compressed_form() -> None:
    packed = encode_model(WEIGHTS, FIGURES, 3)

    assert decode_model(gzip.decompress(packed)).version == decode_model(packed).version


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(changed(bias=0.5), "labels.fire.en.bias: ", id="bias"),
        pytest.param(changed(weights={}), "labels.fire.en.weights: ", id="no weights"),
        pytest.param(changed(weights={"a": 1.5}), "labels.fire.en.weights.a: ", id="a fraction"),
        pytest.param(b'{"format": 1, "labels": {}}', "format: ", id="another format"),
        pytest.param(b"no model", "Invalid JSON", id="no JSON"),
        pytest.param(b"\x1f\x8bno model", "no file compressed with gzip", id="no gzip"),
    ],
)
def test_what_is_no_model_is_refused_with_the_field(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        decode_model(data)
