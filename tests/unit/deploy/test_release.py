"""Every package of the product is locked by hash, and its licence lets a city use it."""

import pytest

from deploy.release import is_permissive, refused_licences, sbom


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
