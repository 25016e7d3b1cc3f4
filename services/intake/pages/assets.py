"""Style sheet and script, at addresses that change with their content."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

_FOLDER = Path(__file__).with_name("static")
_DIGITS = 12
_TYPES: Mapping[str, str] = MappingProxyType({".css": "text/css", ".js": "text/javascript"})

PATH = "/assets"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that pages refer to.

    Attributes:
        url: Its address, with a digest of the content: it may be cached for ever.
        content_type: Its MIME type.
        content: Its bytes.
        compressed: The same in gzip.
    """

    url: str
    content_type: str
    content: bytes
    compressed: bytes


def load_assets(folder: Path = _FOLDER) -> Mapping[str, Asset]:
    """Return the assets by file name."""
    return {path.name: _asset(path) for path in sorted(folder.iterdir()) if path.suffix in _TYPES}


def _asset(path: Path) -> Asset:
    content = path.read_bytes()
    digest = sha256(content).hexdigest()[:_DIGITS]
    url = f"{PATH}/{digest}-{path.name}"
    return Asset(url, _TYPES[path.suffix], content, gzip.compress(content))
