"""Every package of the product is locked by hash, and its licence lets a city use it."""

import tarfile
from pathlib import Path

import pytest
from helm_python import Chart

from deploy.release import is_permissive, refused_licences, save_chart, sbom


def test_every_package_has_a_hash_and_a_licence_that_is_permissive() -> None:
    bom = sbom()

    assert len(bom["components"]) > 50
    for component in bom["components"]:
        hashes = [h for file in component["externalReferences"] for h in file.get("hashes", [])]
        assert {h["alg"] for h in hashes} == {"SHA-256"}, component["name"]
    assert refused_licences(bom) == []
    names = {c["name"] for c in bom["components"]}
    assert {"aiohttp", "aiokafka", "asyncpg"} <= names
    assert not {"pytest", "helm-python-sdk"} & names


@pytest.mark.parametrize(
    ("text", "permissive"),
    [
        ("MIT", True),
        ("Apache-2.0 AND BSD-2-Clause", True),
        ("GPL-3.0 OR MIT", True),
        ("MIT AND GPL-3.0", False),
        ("AGPL-3.0-or-later", False),
        ("GNU Lesser General Public License v3 (LGPLv3)", False),
        ("unknown", False),
    ],
)
def test_a_licence_is_permissive_by_one_whole_alternative(text: str, permissive: bool) -> None:
    assert is_permissive(text) is permissive


def test_the_chart_of_a_release_is_of_its_moment_and_names_the_image_by_its_digest(
    tmp_path: Path,
) -> None:
    digest = f"sha256:{'0a' * 32}"
    save_chart(tmp_path, digest, 1_700_000_000)

    [archive] = tmp_path.iterdir()
    with tarfile.open(archive) as files:
        assert {file.mtime for file in files} == {1_700_000_000}
    chart = Chart.load_archive(archive.read_bytes())
    assert chart.values["image"]["digest"] == digest
