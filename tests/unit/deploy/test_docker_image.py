"""The Docker image contains every package of the distribution."""

import tomllib

import pytest

from tests.support.paths import REPOSITORY

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
PACKAGES = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_is_in_the_build_context_and_copied_before_the_installation(
    package: str,
) -> None:
    copied = (REPOSITORY / "deploy/docker/Dockerfile").read_text().splitlines()
    context = (REPOSITORY / ".dockerignore").read_text().splitlines()

    assert f"COPY {package} {package}" in copied
    assert f"!{package}" in context
