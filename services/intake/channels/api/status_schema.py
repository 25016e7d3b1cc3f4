"""The public status of a request as a model, for the OpenAPI document."""

from pydantic import AwareDatetime

from shared.contract.events import Data


class PublicLocation(Data):
    """Location of the problem: an address, or else a point to about 100 m."""

    address: str | None = None
    """Address; of private kinds the block alone."""
    latitude: float | None = None
    """Degrees north, WGS 84."""
    longitude: float | None = None
    """Degrees east, WGS 84."""


class PublicReferral(Data):
    """An agency outside the city that must act."""

    name: str
    """Its name."""
    phone: str | None
    """Its telephone number."""
    url: str | None
    """Its website."""
    reason: str | None
    """Why it must act."""


class PublicMedia(Data):
    """A picture that is public: an operator released it, or its bureau publishes its own."""

    url: str
    """Its address, relative to that of the status."""


class HistoryEntry(Data):
    """A change of the status."""

    at: AwareDatetime
    """When it happened, UTC."""
    status: str
    """The status from then on."""
    text: str
    """The same in plain words."""
    bureau: str | None
    """The bureau in charge."""
    note: str | None
    """What it wrote for the public."""
    media: list[PublicMedia]
    """Its pictures of the work that are public, oldest first."""


class RequestStatus(Data):
    """The public status of a request."""

    tracking_number: str
    """The number by which it is looked up."""
    public_id: str | None
    """Id by which Open311 and open data name it; it opens no page and takes no note."""
    jurisdiction: str
    """The city."""
    service_code: str
    """Its kind."""
    service_name: str
    """The kind's name."""
    status: str
    """The status."""
    status_text: str
    """The same in plain words."""
    submitted_at: AwareDatetime
    """When it was submitted, UTC."""
    updated_at: AwareDatetime
    """When it last changed, UTC."""
    location: PublicLocation | None
    """Where the problem is."""
    note: str | None
    """What triage found out, such as that it was known."""
    answer: str | None
    """The answer to a question."""
    bureau: str | None
    """The bureau in charge."""
    scheduled_for: AwareDatetime | None
    """When the work is planned, UTC."""
    complete_by: AwareDatetime | None
    """By when the city means to finish, UTC; null while the clock stands still and when closed."""
    referral: PublicReferral | None
    """The agency outside the city that must act."""
    media: list[PublicMedia]
    """Pictures of the reporter that an operator released, oldest first."""
    history: list[HistoryEntry]
    """The changes, oldest first."""
