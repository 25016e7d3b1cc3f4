"""The files of a month: CSV, GeoJSON, and GeoParquet where PyArrow is installed."""

import io
import json
import struct
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from importlib.util import find_spec
from typing import Any

from services.intake.channels.open_data.rows import FIELDS, OpenRequest
from shared.csv_text import csv_text
from shared.runtime.clock import format_moment

MEDIA_TYPES: Mapping[str, str] = {
    "csv": "text/csv",
    "geojson": "application/geo+json",
    "parquet": "application/vnd.apache.parquet",
}
_GEOPARQUET = "1.1.0"
_LITTLE_ENDIAN, _POINT = 1, 1


def written_formats() -> Mapping[str, Callable[[Sequence[OpenRequest]], bytes]]:
    """Return the writer of each format that can be written here."""
    found: dict[str, Callable[[Sequence[OpenRequest]], bytes]] = {"csv": csv, "geojson": geojson}
    return found | {"parquet": geoparquet} if find_spec("pyarrow") else found


def csv(rows: Sequence[OpenRequest]) -> bytes:
    """Return GeoReport Bulk CSV in UTF-8."""
    return csv_text(tuple(FIELDS), (map(_text, row) for row in rows)).encode()


def geojson(rows: Sequence[OpenRequest]) -> bytes:
    """Return a feature collection (RFC 7946), one feature a line."""
    features = ",\n".join(json.dumps(_feature(row), ensure_ascii=False) for row in rows)
    return f'{{"type": "FeatureCollection", "features": [\n{features}\n]}}\n'.encode()


def geoparquet(rows: Sequence[OpenRequest]) -> bytes:
    """Return GeoParquet with points as WKB."""
    import pyarrow as pa  # noqa: PLC0415 - large, and used once a night
    from pyarrow import parquet  # noqa: PLC0415 - the same

    types = {
        "string": pa.string(),
        "datetime": pa.timestamp("ms", tz="UTC"),
        "number": pa.float64(),
    }
    columns = zip(*rows, strict=True) if rows else [()] * len(FIELDS)
    arrays = [
        pa.array(values, types[kind]) for values, kind in zip(columns, FIELDS.values(), strict=True)
    ]
    geometry = pa.array([_wkb(row) for row in rows], pa.binary())
    column = {"encoding": "WKB", "geometry_types": ["Point"]}
    geo = {
        "version": _GEOPARQUET,
        "primary_column": "geometry",
        "columns": {"geometry": column},
    }
    table = pa.table([*arrays, geometry], names=[*FIELDS, "geometry"])
    file = io.BytesIO()
    parquet.write_table(
        table.replace_schema_metadata({"geo": json.dumps(geo)}), file, compression="zstd"
    )
    return file.getvalue()


def _text(value: object) -> object:
    return format_moment(value) if isinstance(value, datetime) else value


def _feature(row: OpenRequest) -> Mapping[str, Any]:
    point = {"type": "Point", "coordinates": [row.long, row.lat]}
    fields = row._asdict()
    properties = {name: _text(fields[name]) for name in FIELDS if name not in ("lat", "long")}
    return {
        "type": "Feature",
        "id": row.service_request_id,
        "geometry": point if _has_point(row) else None,
        "properties": properties,
    }


def _wkb(row: OpenRequest) -> bytes | None:
    if not _has_point(row):
        return None
    return struct.pack("<BIdd", _LITTLE_ENDIAN, _POINT, row.long, row.lat)


def _has_point(row: OpenRequest) -> bool:
    return row.lat is not None and row.long is not None
