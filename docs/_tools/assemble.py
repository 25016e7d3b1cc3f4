"""Assemble the source of the documentation site: the pages of ``docs`` and the generated ones.

``python -m docs._tools.assemble`` writes ``build/mkdocs.yml`` and ``build/docs``; ``make docs``
builds the site from them.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from docs._tools.contract_pages import ASYNCAPI, INDEX, Contract, index_tables, pages
from docs._tools.openapi_pages import openapi_pages

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build"
CONFIG = "mkdocs.yml"
NAV_ENTRY = "Contract"


def assemble(build: Path) -> None:
    """Write the configuration and every page of the site, in place of those before."""
    contract = Contract.read(ASYNCAPI)
    generated = {**openapi_pages(), **pages(contract)}
    source = build / "docs"
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(ROOT / "docs", source, ignore=shutil.ignore_patterns("_*"))
    for name, text in generated.items():
        page = source / name
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text)
    with (source / INDEX).open("a") as index:
        index.write(index_tables(contract))
    config = yaml.safe_load((ROOT / CONFIG).read_text())
    (build / CONFIG).write_text(yaml.safe_dump(with_pages(config, generated), sort_keys=False))


def with_pages(config: Mapping[str, Any], generated: Mapping[str, str]) -> dict[str, Any]:
    """Return the configuration with the generated pages in the navigation."""
    entries = [{Path(name).stem: name} for name in generated if name.endswith(".md")]
    nav = [
        {NAV_ENTRY: [*entry[NAV_ENTRY], *entries]} if NAV_ENTRY in entry else entry
        for entry in config["nav"]
    ]
    return {**config, "nav": nav}


if __name__ == "__main__":
    assemble(BUILD)
