"""A catalogue in which one city weighs evidence by another file."""

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from evaluation.rows import city_of
from shared.catalogue import PACKAGE_DATA
from shared.catalogue.evidence_file import EVIDENCE

_NOT_DATA = shutil.ignore_patterns("*.py", "__pycache__")


@contextmanager
def rules_with(text: str, city_id: str, root: Path = PACKAGE_DATA) -> Generator[Path]:
    """Make a copy of a catalogue with this text as the city's ``evidence.yaml``."""
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "catalogue"
        shutil.copytree(root, copy, ignore=_NOT_DATA)
        (copy / city_id / EVIDENCE).write_text(text, encoding="utf-8")
        yield copy


@contextmanager
def rules_at(rules: Path, requests: Path, city_id: str | None) -> Generator[Path]:
    """Return the root of the catalogue that is meant: a folder, or ours with this file in place.

    Args:
        rules: A catalogue's folder, or an ``evidence.yaml`` by whatever name.
        requests: Says whose the file is, where nobody does.
        city_id: Whose it is.
    """
    if rules.is_dir():
        yield rules
    else:
        text = rules.read_text(encoding="utf-8")
        with rules_with(text, city_of(requests, city_id)) as root:
            yield root
