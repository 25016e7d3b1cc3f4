"""The file of a text model; without NumPy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from types import MappingProxyType

_VERSION_DIGITS = 12


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """The file of a text model, with what the catalogue asks of it without reading the weights.

    Attributes:
        version: Beginning of the SHA-256 of the file; empty for no model.
    """

    version: str = ""
    dangers: tuple[str, ...] = ()
    levels: Mapping[str, Mapping[int, int]] = field(default_factory=lambda: MappingProxyType({}))
    file: bytes = b""

    @classmethod
    def of(cls, data: bytes) -> "TrainedModel":
        """Read the heads of a model file; raises as ``decode_model``."""
        from shared.text_matching.text_model import decode_model  # noqa: PLC0415 - takes NumPy

        heads = decode_model(data).heads
        version = sha256(data).hexdigest()[:_VERSION_DIGITS]
        return cls(version, heads.dangers, heads.levels, data)
