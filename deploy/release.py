"""Build a release into ``build/release``: image, wheel, chart, SBOM, changes, checksums.

``make release`` runs it. All files depend on the commit alone, the image on its base image, too.
The chart names the image by its digest.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from helm_python import Chart

ROOT = Path(__file__).parents[1]
RELEASE = ROOT / "build/release"
SBOM = "sbom.cdx.json"
IMAGE = "image.oci.tar"

_CHART = ROOT / "deploy/helm/route311"
_NO_ENGINE = 3
_UV = Path(sys.executable).with_name("uv")
_CLASSIFIER = "License :: "
# Mozilla's asks for the source of changed files alone, and certifi's are used as they are; dkimpy
# says "DFSG approved", and its text is that of zlib.
_PERMISSIVE = re.compile(
    r"\b(MIT|BSD|0BSD|Apache|ISC|PSF|Python Software Foundation|Unlicense|Zlib|CC0|MPL-2\.0"
    r"|Mozilla Public License 2\.0|Repoze Public|DFSG approved)"
)
_ALTERNATIVES = re.compile(r" OR |; ")


def sbom() -> dict[str, Any]:
    """Return the locked packages of the product as CycloneDX, with hashes and licences."""
    arguments = ("export", "--frozen", "--no-dev", "--all-extras", "--format", "cyclonedx1.5")
    bom: dict[str, Any] = json.loads(_run(_UV, *arguments, "--preview-features", "sbom-export"))
    del bom["serialNumber"], bom["metadata"]["timestamp"]  # the same commit, the same bytes
    for component in bom["components"]:
        if name := licence(component["name"]):
            component["licenses"] = [{"license": {"name": name}}]
    return bom


def licence(package: str) -> str:
    """Return what an installed package says of its licence; empty where it is not installed."""
    try:
        known = metadata(package)
    except PackageNotFoundError:
        return ""
    expression, text = (
        (known.get_all(field) or [""])[0] for field in ("License-Expression", "License")
    )
    classifiers = [c for c in known.get_all("Classifier") or () if c.startswith(_CLASSIFIER)]
    named = "; ".join(classifier.rpartition(" :: ")[2] for classifier in classifiers)
    return expression or named or text.partition("\n")[0] or "unknown"


def refused_licences(bom: Mapping[str, Any]) -> list[str]:
    """Return the installed packages none of whose licences is a permissive one."""
    found = {c["name"]: c.get("licenses", []) for c in bom["components"]}
    texts = {name: one["license"]["name"] for name, licences in found.items() for one in licences}
    return [f"{name}: {text}" for name, text in texts.items() if not is_permissive(text)]


def is_permissive(text: str) -> bool:
    """Return True when one alternative of a licence has permissive terms alone."""
    return any(
        all(_PERMISSIVE.search(term) for term in alternative.split(" AND "))
        for alternative in _ALTERNATIVES.split(text)
    )


def save_chart(folder: Path, digest: str, moment: int) -> None:
    """Write the chart, as of a moment, with the image's digest among its values."""
    with TemporaryDirectory() as work:
        chart = Path(shutil.copytree(_CHART, Path(work) / _CHART.name))
        values = chart / "values.yaml"
        values.write_text(values.read_text().replace('digest: ""', f'digest: "{digest}"', 1))
        for file in chart.rglob("*"):
            os.utime(file, (moment, moment))
        Chart.load(chart).save(folder)


def main() -> None:
    """Write the files; exit with the licences that are refused."""
    bom = sbom()
    if refused := refused_licences(bom):
        sys.exit(f"release: licences to look at: {'; '.join(refused)}")
    shutil.rmtree(RELEASE, ignore_errors=True)
    RELEASE.mkdir(parents=True)
    committed_at = _run("git", "log", "-1", "--format=%ct").strip()
    _run(_UV, "build", "--wheel", "--out-dir", str(RELEASE), SOURCE_DATE_EPOCH=committed_at)
    if not (digest := _image(RELEASE / IMAGE)):
        sys.stderr.write("release: no image, and a chart that names none\n")
    save_chart(RELEASE, digest, int(committed_at))
    (RELEASE / SBOM).write_text(json.dumps(bom, indent=1) + "\n")
    shutil.copy(ROOT / "CHANGELOG.md", RELEASE)
    sums = [
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n"
        for file in sorted(RELEASE.iterdir())
        if not file.name.startswith(".")
    ]
    (RELEASE / "SHA256SUMS").write_text("".join(sums))
    sys.stdout.write("".join(sums))


def _image(archive: Path) -> str:
    """Build the image and return its digest; empty where no container engine is."""
    script = ROOT / "deploy/docker/image.sh"
    done = subprocess.run(  # noqa: S603 - a script of our own
        ["/bin/sh", script, archive], stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode not in (0, _NO_ENGINE):
        sys.exit("release: the image could not be built")
    return done.stdout.strip()


def _run(program: str | Path, *arguments: str, **variables: str) -> str:
    done = subprocess.run(  # noqa: S603 - programs of our own
        [program, *arguments],
        cwd=ROOT,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"release: {program} {arguments[0]} failed:\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
