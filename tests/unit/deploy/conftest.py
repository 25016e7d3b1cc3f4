from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.folder import DataFolder, open_folder


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[DataFolder]:
    with open_folder(tmp_path) as folder:
        yield folder
