"""Columns of the exports that cities publish.

Names of columns are compared in lower case with underscores, since portals offer the same export as
``Unique Key`` and as ``unique_key``.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """Columns of an export.

    Attributes:
        city_id: The city that publishes it, as a default.
        request_id: Column of the id; it identifies the format, with ``told_by`` where others have
            it too.
        reported_at: Column of the time, or of the day where ``is_daily``.
        kind: Column of the type, which the catalogue maps to one of its kinds.
        latitude: Column in WGS 84 degrees.
        longitude: Column in WGS 84 degrees.
        address: Column of the address; "" for none.
        description: Column of the description, which defaults to the type; "" for none.
        kinds: Service codes by type; other types are looked up in the catalogue.
        subtype: Column of a part of the type, "" for none; the catalogue may list
            ``type: subtype``.
        code: Column of the service code, which counts before the type; "" for none.
        channel: Column of the channel; "" for none.
        district: Column of the district; "" for none.
        is_daily: Whether times are days.
        told_by: Column without which it is another format that has the same id; "" for none.
    """

    city_id: str
    request_id: str
    reported_at: str
    kind: str
    latitude: str
    longitude: str
    address: str = ""
    description: str = ""
    kinds: Mapping[str, str] = field(default_factory=dict)
    subtype: str = ""
    code: str = ""
    channel: str = ""
    district: str = ""
    is_daily: bool = False
    told_by: str = ""

    @property
    def required_columns(self) -> frozenset[str]:
        """The columns without which no row can be read."""
        return frozenset(
            (self.request_id, self.reported_at, self.kind, self.latitude, self.longitude)
        )

    def has(self, columns: Collection[str]) -> bool:
        """Return whether an export with these columns has this format."""
        return self.request_id in columns and (not self.told_by or self.told_by in columns)


OWN = ExportFormat(
    city_id="portland.gov",
    request_id="request_id",
    reported_at="reported_at",
    kind="service_code",
    latitude="latitude",
    longitude="longitude",
    address="address",
    description="description",
    district="district",
)
BOSTON = ExportFormat(
    city_id="boston.gov",
    request_id="case_enquiry_id",
    reported_at="open_dt",
    kind="type",
    latitude="latitude",
    longitude="longitude",
    address="location",
    description="case_title",
    channel="source",
    district="neighborhood",
)
PORTLAND_CAMPSITES = ExportFormat(
    city_id="portland.gov",
    request_id="inc_id",
    reported_at="inc_date",
    kind="is_vehicle",
    latitude="lat",
    longitude="lon",
    kinds={"No": "CAMP-REPORT", "Yes": "VEH-CAMP"},
    is_daily=True,
)
SF = ExportFormat(
    city_id="sf.gov",
    request_id="caseid",
    reported_at="opened",
    kind="category",
    subtype="request_type",
    latitude="latitude",
    longitude="longitude",
    address="address",
    description="request_details",
    channel="source",
)
SF_API = ExportFormat(
    city_id="sf.gov",
    request_id="service_request_id",
    reported_at="requested_datetime",
    kind="service_name",
    subtype="service_subtype",
    latitude="lat",
    longitude="long",
    address="address",
    description="service_details",
    channel="source",
    told_by="service_subtype",
)
NYC = ExportFormat(
    city_id="nyc.gov",
    request_id="unique_key",
    reported_at="created_date",
    kind="complaint_type",
    subtype="descriptor",
    latitude="latitude",
    longitude="longitude",
    address="incident_address",
    channel="open_data_channel_type",
)
CHICAGO = ExportFormat(
    city_id="chicago.gov",
    request_id="sr_number",
    reported_at="created_date",
    kind="sr_type",
    latitude="latitude",
    longitude="longitude",
    address="street_address",
    channel="origin",
)
OPEN311 = ExportFormat(
    city_id="portland.gov",
    request_id="service_request_id",
    reported_at="requested_datetime",
    kind="service_name",
    code="service_code",
    latitude="lat",
    longitude="long",
    address="address",
    description="description",
)
EXPORTS = (BOSTON, PORTLAND_CAMPSITES, SF, SF_API, NYC, CHICAGO)


def column_name(title: str) -> str:
    """Return a column's name as formats have it."""
    return "_".join(title.casefold().split())
