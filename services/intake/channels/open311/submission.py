"""A submission or a note from the parameters of Open311's forms."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.intake.channels.open311.form import Parameters, moment_of, number_of
from services.intake.channels.open311.responses import Open311Error, bad_request, not_found
from services.intake.identifiers import read_public_id
from shared.catalogue import Attribute, Jurisdiction, ServiceType
from shared.redaction import Answer

_MAX_KEYS_TOLD = 20


def read_answers(
    given: Mapping[str, Sequence[str]], kind: ServiceType
) -> tuple[dict[str, Answer], list[str]]:
    """Return the answers and the errors; an answer to no question of the kind is kept as text."""
    questions = {question.code: question for question in kind.attributes}
    answers: dict[str, Answer] = {}
    errors = [
        f"attribute[{question.code}] is missing: {question.name.en}"
        for question in kind.attributes
        if question.required and not given.get(question.code)
    ]
    for code, texts in given.items():
        question = questions.get(code)
        if question and (advice := _advice(question, texts)):
            errors.append(f"attribute[{code}]: {advice}")
        else:
            answers[code] = _answer(question, texts)
    return answers, errors


def _advice(question: Attribute, texts: Sequence[str]) -> str | None:
    """Return what to write instead; None for a usable answer."""
    if question.datatype != "multivaluelist" and len(texts) > 1:
        return "give one answer."
    match question.datatype:
        case "number":
            return None if number_of(texts[0]) is not None else "write a number, such as 3."
        case "datetime":
            example = "2026-11-24T08:10:00-08:00"
            return None if moment_of(texts[0]) else f"write a moment, such as {example}."
        case "singlevaluelist" | "multivaluelist":
            keys = [key for key, _ in question.values]
            told = ", ".join(keys[:_MAX_KEYS_TOLD])
            return None if set(texts) <= set(keys) else f"write one of the keys: {told}."
        case "string" | "text":
            return None


def _answer(question: Attribute | None, texts: Sequence[str]) -> Answer:
    if question and question.datatype == "multivaluelist":
        return list(texts)
    if question and question.datatype == "number" and (number := number_of(texts[0])) is not None:
        return int(number) if number.is_integer() else number
    return texts[0] if len(texts) == 1 else list(texts)


CHANNEL = "open311"
_PUBLIC = (
    "service_request_id is public and takes no update: write the tracking number in the link of "
    "service_notice."
)


def read_submission(parameters: Parameters, city: Jurisdiction) -> dict[str, Any]:
    """Return the data of a submission, or raise ``Open311Error``; validation follows."""
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
    """Return the tracking number and the note of an update, or raise ``Open311Error``."""
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
