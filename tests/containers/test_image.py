"""The image of a release: the same bytes from each build, and it runs.

``make compose-test`` runs it, since it needs a container engine.
"""

import asyncio
import hashlib
import json
import os
import shutil
import tarfile
from pathlib import Path

import pytest

from tests.support.paths import REPOSITORY

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        "ROUTE311_COMPOSE" not in os.environ or not shutil.which("buildah"),
        reason="make compose-test runs it, with buildah: it builds the image twice",
    ),
]


async def test_two_builds_of_a_commit_give_the_same_archive(tmp_path: Path) -> None:
    archives = [tmp_path / "one.tar", tmp_path / "two.tar"]
    digests = [await _build(archive) for archive in archives]

    with tarfile.open(archives[0]) as archive:
        index = archive.extractfile("./index.json")
        assert index
        [manifest] = json.load(index)["manifests"]
    assert digests == [manifest["digest"]] * 2
    first, second = (hashlib.sha256(archive.read_bytes()).hexdigest() for archive in archives)
    assert first == second


async def _build(archive: Path) -> str:
    process = await asyncio.create_subprocess_exec(
        "sh", "deploy/docker/image.sh", archive, cwd=REPOSITORY, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    return output.decode().strip()
