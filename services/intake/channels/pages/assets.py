"""Style sheet, scripts and map of a city, at addresses that change with their content."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePath
from types import MappingProxyType

from services.intake.channels.pages.city_map import draw_city_map
from shared.catalogue import Jurisdiction
from shared.page_style.sheet import style_sheet

_FOLDER = Path(__file__).with_name("static")
_DIGITS = 12
_TYPES: Mapping[str, str] = MappingProxyType(
    {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
)

PATH = "/assets"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that pages refer to.

    Attributes:
        url: Its address, with a digest of the content: it may be cached for ever.
        media_type: Its MIME type.
        content: Its bytes.
        compressed: The same in gzip.
    """

    url: str
    media_type: str
    content: bytes
    compressed: bytes


def load_assets(city: Jurisdiction) -> Mapping[str, Asset]:
    """Return the assets by file name; there is no ``map.svg`` without data for a map."""
    files = {path.name: path.read_bytes() for path in _FOLDER.iterdir() if path.suffix in _TYPES}
    files["pages.css"] = style_sheet(city.pages.color).encode()
    if drawn := draw_city_map(city):
        files["map.svg"] = drawn.encode()
    return {name: _asset(name, content) for name, content in sorted(files.items())}


def _asset(name: str, content: bytes) -> Asset:
    digest = sha256(content).hexdigest()[:_DIGITS]
    url = f"{PATH}/{digest}-{name}"
    return Asset(url, _TYPES[PurePath(name).suffix], content, gzip.compress(content))
