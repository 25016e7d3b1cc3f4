"""Files of pages, as a browser fetches them."""

import gzip
from collections.abc import Mapping
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from shared.runtime.http.assets import Asset, asset_handler, load_assets


@pytest.fixture
def assets(tmp_path: Path) -> Mapping[str, Asset]:
    (tmp_path / "a.js").write_text("start();")
    (tmp_path / "a.md").write_text("no asset")
    return load_assets("/assets", tmp_path, made={"a.css": b"p {}"})


def test_an_address_changes_with_its_content(assets: Mapping[str, Asset], tmp_path: Path) -> None:
    before = assets["a.js"].url
    (tmp_path / "a.js").write_text("begin();")

    assert before.startswith("/assets/")
    assert load_assets("/assets", tmp_path)["a.js"].url != before
    assert assets.keys() == {"a.css", "a.js"}


@pytest.mark.parametrize("accepted", ["", "br, gzip"])
async def test_a_file_is_kept_for_ever_and_compressed_if_it_may(
    assets: Mapping[str, Asset], accepted: str
) -> None:
    request = make_mocked_request("GET", assets["a.css"].url, {"Accept-Encoding": accepted})
    response = await asset_handler(assets)(request)

    assert isinstance(response, web.Response)
    assert isinstance(response.body, bytes)
    is_zipped = response.headers.get("Content-Encoding") == "gzip"
    assert is_zipped is bool(accepted)
    assert (gzip.decompress(response.body) if is_zipped else response.body) == b"p {}"
    assert response.content_type == "text/css"
    assert "immutable" in response.headers["Cache-Control"]


async def test_an_address_of_another_version_is_404(assets: Mapping[str, Asset]) -> None:
    with pytest.raises(web.HTTPNotFound):
        await asset_handler(assets)(make_mocked_request("GET", "/assets/a.js"))
