"""Models of the documents of GeoReport v2, ours and those of other servers.

A field that a model was not given is not sent; one that is None is sent as null.
"""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints

from shared.contract.events import Data

# A text that is not blank.
Filled = Annotated[str, StringConstraints(pattern=r"\S")]

# The most pictures in a form.
MAX_PICTURES = 5


class Open311Model(Data):
    """A part of a document; unknown fields are ignored, numbers are read as texts."""

    model_config = ConfigDict(coerce_numbers_to_str=True)


class Endpoint(Open311Model):
    """An endpoint of a city."""

    specification: str
    """URL of the specification that it follows."""
    url: str
    changeset: str
    """Time of the last change of its kinds or questions."""
    type: str
    """``production`` or ``test``."""
    formats: list[str]
    """MIME types of its formats."""


class Discovery(Open311Model):
    """Contact, keys and endpoints of the cities."""

    changeset: str
    """Time of the last change of this document."""
    contact: str
    """Contact of the city for people."""
    key_service: str
    """Instructions for getting a key."""
    endpoints: list[Endpoint]


class Open311Service(Open311Model):
    """A kind of request."""

    service_code: str
    service_name: str
    description: str | None = None
    metadata: bool
    """True when it has questions."""
    type: str
    """``realtime``: a request gets its id at once."""
    keywords: str | None = None
    """Words for it, with commas."""
    group: str | None = None
    """Heading under which it is shown."""


class ListValue(Open311Model):
    """A value of a list."""

    key: str
    """The value to submit."""
    name: str
    """The label."""


class ServiceAttribute(Open311Model):
    """A question of a kind."""

    variable: bool
    """True for a question, False for information alone."""
    code: str
    datatype: str
    """``string``, ``number``, ``datetime``, ``text``, ``singlevaluelist`` or ``multivaluelist``."""
    required: bool
    datatype_description: str | None = None
    order: int
    """Its place among the questions, from 1 on."""
    description: str | None = None
    values: list[ListValue] | None = None


class ServiceDefinition(Open311Model):
    """The questions of a kind."""

    service_code: str
    attributes: list[ServiceAttribute] = Field(default_factory=list)
    """The questions, in order."""


class RequestNote(Open311Model):
    """An entry of a request's history."""

    datetime: str
    """Time of the change, UTC."""
    type: str
    """The status from then on, in our words."""
    summary: str
    """The same for people."""
    description: str | None = None
    """Note of the bureau for the public."""
    agency: str | None = None


class ServiceRequest(Open311Model):
    """A request."""

    service_request_id: str | None = None
    status: str
    """``open`` or ``closed``."""
    status_notes: str | None = None
    """Meaning of the status, and the note of the bureau."""
    service_name: str | None = None
    service_code: str | None = None
    description: str | None = None
    """The reporter's words, without contact data."""
    agency_responsible: str | None = None
    """Bureau or agency that takes care of it."""
    service_notice: str | None = None
    """Other agencies that must act."""
    requested_datetime: str | None = None
    """Time of submission, UTC."""
    updated_datetime: str | None = None
    """Time of the last change, UTC; for a closed request the time of closing."""
    expected_datetime: str | None = None
    """Planned or expected time of the work, UTC; null once closed."""
    address: str | None = None
    """Address or intersection."""
    address_id: str | None = None
    """Not used."""
    zipcode: str | None = None
    """Not used."""
    lat: float | None = None
    """Degrees north, WGS 84."""
    long: float | None = None
    """Degrees east, WGS 84."""
    media_url: str | None = None
    """A released picture."""
    extended_attributes: dict[str, Any] | None = None
    """With ``extensions=true``: ``detailed_status`` and ``triage_outcome``."""
    notes: list[RequestNote] | None = None
    """With ``extensions=true``: the history, oldest first."""


class RequestAccepted(Open311Model):
    """Answer to a submission: an id, or a token until there is one."""

    service_request_id: str | None = None
    token: str | None = None
    """Placeholder for the id until there is one; our requests have one at once."""
    service_notice: str | None = None
    """Advice to the reporter, such as to call 911, and the link to follow it."""
    account_id: str | None = None
    """Not used."""


class RequestUpdate(Open311Model):
    """An update of a request."""

    update_id: str
    service_request_id: str
    status: str
    """``open`` or ``closed`` from then on."""
    extended_status: str
    """The same in our words."""
    updated_datetime: str
    """Time of the change, UTC."""
    description: str
    """Note of the bureau for the public, or else the meaning of the status."""
    media_url: str | None = None
    """Not used."""


class UpdateTaken(Open311Model):
    """Answer to an update that a client sends."""

    update_id: str


class ErrorEntry(Open311Model):
    """An error."""

    code: int
    description: str
    """The error and its remedy."""


class SubmittedForm(Open311Model):
    """The form of a submission; answers come as ``attribute[CODE]`` or ``attribute[CODE][]``.

    A blank field counts as left out.
    """

    api_key: str = ""
    """An adapter's key."""
    jurisdiction_id: str = ""
    service_code: Filled
    lat: float | Literal[""] = ""
    """Degrees north, WGS 84."""
    long: float | Literal[""] = ""
    """Degrees east, WGS 84."""
    address_string: str = ""
    """Address or intersection, most specific part first."""
    address_id: str = ""
    """Id of the address in a list of the city's."""
    description: str = Field(default="", max_length=4_000)
    """The problem, at most 4,000 characters."""
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    """The reporter's address, for status updates."""
    phone: str = ""
    """The reporter's number, for status updates where there is no address."""
    account_id: str = ""
    """The reporter's account with the client."""
    device_id: str = ""
    """The reporter's device, where there is no account."""
    media_url: str = ""
    """A picture, ``http`` or ``https``: one of ``POST /v1/media``, or text that is not fetched."""


class SubmittedFormWithPictures(SubmittedForm):
    """The form of a submission with pictures."""

    media: list[bytes] = Field(default_factory=list, max_length=MAX_PICTURES)
    """Pictures as for ``POST /v1/media``, at most 10 MiB with the whole form."""


class SubmittedUpdateForm(Open311Model):
    """The form of an update; its description becomes a note.

    A blank field counts as left out.
    """

    api_key: str = ""
    """An adapter's key."""
    jurisdiction_id: str = ""
    service_request_id: Filled
    """The tracking number of the request; its public id takes no update."""
    description: Filled = Field(max_length=4_000)
    """The news, 1 to 4,000 characters."""
    update_id: str = Field(default="", max_length=500)
    """Id of the update in the client's system: a repeat gets the same answer."""
    media_url: str = ""
    """As in the form of a submission."""


class SubmittedUpdateFormWithPictures(SubmittedUpdateForm):
    """The form of an update with pictures."""

    media: list[bytes] = Field(default_factory=list, max_length=MAX_PICTURES)
    """As in the form of a submission."""
