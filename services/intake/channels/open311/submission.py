"""A submission or a note from the parameters of Open311's forms."""

from typing import Any

from services.intake.channels.open311.attributes import read_answers
from services.intake.channels.open311.errors import Open311Error, bad_request, not_found
from services.intake.channels.open311.parameters import Parameters
from services.intake.rules.public_id import read_public_id
from shared.catalogue import Jurisdiction

CHANNEL = "open311"
_PUBLIC = (
    "service_request_id is public and takes no update: write the tracking number in the link of "
    "service_notice."
)


def read_submission(parameters: Parameters, city: Jurisdiction) -> dict[str, Any]:
    """Return the data of a submission, which the same rules as every other one judge then.

    Args:
        parameters: The form and the query.
        city: The city that serves it.

    Raises:
        Open311Error: The kind is missing or unknown, or a number, a moment or an answer is wrong.
    """
    code = parameters.text("service_code")
    if code is None:
        raise bad_request("service_code is missing: write a code of the service list.")
    kind = city.services.get(code)
    if kind is None:
        raise not_found("service_code was not found: write a code of the service list.")
    answers, errors = read_answers(parameters.attributes(), kind)
    location = _location(parameters, errors)
    if errors:
        raise bad_request(*errors)
    media_url = parameters.text("media_url")
    fields = {
        "jurisdiction": city.id,
        "channel": CHANNEL,
        "service_code": code,
        "description": parameters.text("description"),
        "location": location,
        "attributes": answers,
        "media": [{"url": media_url}] if media_url else None,
        "reporter": _reporter(parameters),
    }
    return {name: value for name, value in fields.items() if value}


def read_update(parameters: Parameters) -> tuple[str, dict[str, Any]]:
    """Return the number of an update's request, and the data of the note that it becomes.

    Raises:
        Open311Error: The number is missing, or is a public id, which everybody knows.
    """
    number, media_url = parameters.text("service_request_id"), parameters.text("media_url")
    if number is None:
        raise bad_request("service_request_id is missing: write the number of the request.")
    if read_public_id(number):
        raise not_found(_PUBLIC)
    note = {"text": parameters.text("description") or "", "channel": CHANNEL}
    return number, note | ({"media": [{"url": media_url}]} if media_url else {})


def _location(parameters: Parameters, errors: list[str]) -> dict[str, Any]:
    """Return the location; an address id is given to people who know what it stands for."""
    location: dict[str, Any] = {}
    for name, field in (("lat", "latitude"), ("long", "longitude")):
        try:
            location[field] = parameters.number(name)
        except Open311Error as error:
            errors += error.descriptions
    address, address_id = parameters.text("address_string"), parameters.text("address_id")
    numbered = f"Address id {address_id}" if address_id else None
    location |= {"address": address or numbered, "details": numbered if address else None}
    return {name: value for name, value in location.items() if value is not None}


def _reporter(parameters: Parameters) -> dict[str, Any]:
    """Return the reporter, who gets status updates by e-mail, or else by text message."""
    names = filter(None, (parameters.text("first_name"), parameters.text("last_name")))
    email, phone = parameters.text("email"), parameters.text("phone")
    fields = {
        "name": " ".join(names),
        "email": email,
        "phone": phone,
        "status_updates": ["email"] if email else ["sms"] if phone else None,
        "account_id": parameters.text("account_id") or parameters.text("device_id"),
    }
    return {name: value for name, value in fields.items() if value}
