"""The Docker image contains every package of the distribution."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_is_in_the_build_context_and_copied_before_the_installation(
    package: str,
) -> None:
    copied = (ROOT / "deploy/docker/Dockerfile").read_text().splitlines()
    context = (ROOT / ".dockerignore").read_text().splitlines()

    assert f"COPY {package} {package}" in copied
    assert f"!{package}" in context
