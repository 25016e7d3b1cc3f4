"""Records that adapters deliver: submissions, and bytes that are none."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from shared.contract.events import SubmissionReceived
from shared.vocabulary import GeoPoint
from workbench.demo.scenario.channels import (
    CHANNELS,
    EMAIL_SOURCE,
    HTTP_SOURCE,
    PAGES_SOURCE,
    SMS_SOURCE,
    reporter_fields,
)
from workbench.demo.scenario.locations import NamedPlace
from workbench.demo.scenario.residents import Resident

Way: TypeAlias = Literal["kafka", "http", "open311", "pages", "email", "sms"]
"""A way by which a submission reaches the router."""

CITY = "portland.gov"
_ACCURACY_M = 12
_NOTICED_BEFORE = timedelta(minutes=10)
_WAYS: Mapping[str, Way] = MappingProxyType(
    {HTTP_SOURCE: "http", PAGES_SOURCE: "pages", EMAIL_SOURCE: "email", SMS_SOURCE: "sms"}
)


@dataclass(frozen=True, slots=True)
class DemoSubmission:
    """A submission by an adapter, or a report by a resident.

    Attributes:
        source: Names the adapter or the channel; with ``id`` it names the submission.
        id: Chosen by the adapter; of a resident's report the scenario's own.
        delivered_at: Time at which the router gets it; later than ``sent_at`` after an outage.
        data: Body of the submission as JSON.
        story: Planted story that it belongs to; None for an ordinary one.
    """

    source: str
    id: str
    sent_at: datetime
    delivered_at: datetime
    data: Mapping[str, Any]
    story: str | None = None

    @property
    def way(self) -> Way:
        """The way by which it reaches the router; that of an adapter is Kafka."""
        way = _WAYS.get(self.source, "kafka")
        return "open311" if way == "http" and self.data["channel"] == "open311" else way

    @property
    def address(self) -> str | None:
        """Address of the problem; None where it has none."""
        address: str | None = (self.data.get("location") or {}).get("address")
        return address

    @property
    def point(self) -> GeoPoint | None:
        """Point of the problem; None where the resident did not give it at once."""
        at = self.data.get("location") or {}
        return GeoPoint(at["latitude"], at["longitude"]) if "latitude" in at else None

    @property
    def identity(self) -> tuple[str, str, str]:
        """Source, id and body: repeats of the same identity get the same receipt."""
        return self.source, self.id, json.dumps(self.data, sort_keys=True)

    def event(self) -> SubmissionReceived:
        """Return the event for the adapters' topic."""
        return SubmissionReceived(
            id=self.id, source=self.source, time=self.sent_at.isoformat(), data=dict(self.data)
        )

    def delayed_until(self, moment: datetime) -> "DemoSubmission":
        """Return it as delivered at a later moment."""
        return replace(self, delivered_at=moment)


@dataclass(frozen=True, slots=True)
class UnreadableRecord:
    """Bytes on the adapters' topic that intake dead-letters.

    Attributes:
        delivered_at: Time at which the router gets it.
        value: The bytes.
        code: Expected reason of the dead letter.
    """

    source: str
    delivered_at: datetime
    value: bytes
    code: str


@dataclass(frozen=True, slots=True)
class ResidentReport:
    """A report in a resident's words, before it becomes a submission.

    Attributes:
        channel: A key of ``CHANNELS``; by it the report is submitted at once.
        language: ``en`` or ``es``.
        kind: Service code; None leaves the kind to intake's classification.
        place: None for a question about no location.
        exact: False to give the address without a point; in a message, only when asked for it.
        resident: None for an anonymous report.
        with_email: The resident volunteers an e-mail address.
        story: Planted story that the report belongs to.
        source: The source, where it is not the channel's usual one.
    """

    channel: str
    at: datetime
    text: str
    language: str = "en"
    kind: str | None = None
    place: NamedPlace | None = None
    exact: bool = True
    resident: Resident | None = None
    with_email: bool = False
    photo: bool = False
    story: str | None = None
    source: str | None = None


class SubmissionWriter:
    """Turns reports into submissions with consecutive ids."""

    def __init__(self, on: date, prefix: str) -> None:
        self._ids = f"{on:%Y%m%d}-{prefix}"
        self._count = 0

    def write(self, report: ResidentReport) -> DemoSubmission:
        """Return the submission of a report."""
        self._count += 1
        id_ = f"{self._ids}{self._count:05d}"
        data = _data(report, f"https://photos.example.org/{id_}.jpg")
        source = report.source or CHANNELS[report.channel].source
        return DemoSubmission(source, id_, report.at, report.at, data, report.story)


def _data(report: ResidentReport, photo_url: str) -> dict[str, Any]:
    resident, channel = report.resident, report.channel
    fields = {
        "jurisdiction": CITY,
        "channel": channel,
        "service_code": report.kind,
        "description": report.text,
        "language": report.language,
        "location": _location(report),
        "observed_at": (report.at - _NOTICED_BEFORE).isoformat(),
        "media": [{"url": photo_url, "media_type": "image/jpeg"}] if report.photo else None,
        "reporter": resident and reporter_fields(resident, channel, with_email=report.with_email),
    }
    return {name: value for name, value in fields.items() if value is not None}


def _location(report: ResidentReport) -> dict[str, Any] | None:
    place = report.place
    if place is None:
        return None
    if not report.exact:
        return {"address": place.address}
    return {
        "latitude": place.point.latitude,
        "longitude": place.point.longitude,
        "accuracy_m": _ACCURACY_M,
        "address": place.address,
    }
