"""Style sheets, scripts and icons of pages, cached for ever by a digest in their addresses."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePath
from types import MappingProxyType

from aiohttp import web

from shared.runtime.http.calls import Handler

_DIGITS = 12
_TYPES: Mapping[str, str] = MappingProxyType(
    {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
)
_HEADERS = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A style sheet, a script or an icon."""

    url: str
    media_type: str
    content: bytes
    compressed: bytes


def load_assets(
    base: str, *folders: Path, made: Mapping[str, bytes] = MappingProxyType({})
) -> Mapping[str, Asset]:
    """Return the assets of folders by file name, with addresses below ``base``.

    Args:
        made: Assets that a program makes.
    """
    paths = (path for folder in folders for path in folder.iterdir() if path.suffix in _TYPES)
    files = {path.name: path.read_bytes() for path in paths} | dict(made)
    return {
        name: Asset(
            f"{base}/{sha256(content).hexdigest()[:_DIGITS]}-{name}",
            _TYPES[PurePath(name).suffix],
            content,
            gzip.compress(content, mtime=0),
        )
        for name, content in sorted(files.items())
    }


def asset_handler(assets: Mapping[str, Asset]) -> Handler:
    """Return the handler of the assets' addresses."""
    by_url = {asset.url: asset for asset in assets.values()}

    async def get(request: web.Request) -> web.Response:
        asset = by_url.get(request.path)
        if asset is None:
            raise web.HTTPNotFound
        is_zipped = "gzip" in request.headers.get("Accept-Encoding", "")
        return web.Response(
            body=asset.compressed if is_zipped else asset.content,
            content_type=asset.media_type,
            charset="utf-8",
            headers=_HEADERS | ({"Content-Encoding": "gzip"} if is_zipped else {}),
        )

    return get
