"""Records that adapters deliver: submissions, and bytes that are none."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from cli.demo.scenario.channels import CHANNELS, HTTP_SOURCE, reporter_fields
from cli.demo.scenario.locations import NamedPlace
from cli.demo.scenario.residents import Resident
from shared.contract.events import SubmissionReceived

CITY = "portland.gov"
_ACCURACY_M = 12
_NOTICED_BEFORE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class DemoSubmission:
    """A submission by one adapter.

    Attributes:
        source: Names the adapter; with ``id`` it names the submission.
        id: Chosen by the adapter.
        sent_at: Time in the envelope.
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
    def over_http(self) -> bool:
        """True when it is posted to intake, false when it goes to the adapters' topic."""
        return self.source == HTTP_SOURCE

    @property
    def over_open311(self) -> bool:
        """True when it is posted to the Open311 endpoint."""
        return self.over_http and self.data["channel"] == "open311"

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
        source: Key of the record.
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
    """A report in a resident's words, before an adapter turns it into a submission.

    Attributes:
        channel: A key of ``CHANNELS``; its adapter submits the report at once.
        at: Local time.
        text: Description of the problem.
        language: ``en`` or ``es``.
        kind: Service code; None leaves the kind to intake's classification.
        place: None for a question about no location.
        exact: False to give the address without a point.
        resident: None for an anonymous report.
        with_email: The resident volunteers an e-mail address.
        photo: A picture comes along.
        story: Planted story that the report belongs to.
        source: The adapter, where it is not the channel's usual one.
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
        source = report.source or CHANNELS[report.channel].adapter
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
