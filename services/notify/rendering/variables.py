"""Variables of the templates: what a message says about a case, in the reader's language."""

from typing import Any
from zoneinfo import ZoneInfo

from services.notify.policy import CityTexts
from services.notify.rendering.dates import DaysInWords
from services.notify.rendering.untrusted import greeting_name, one_line, safe_address
from services.notify.rules.model import MessageData, ReferralAgency
from shared.catalogue import LocalText
from shared.spoken_languages import SpokenLanguage

_WITH_AGENCY = frozenset({"received", "attached", "referred", "outside_city"})
_NOT_FIXED = "resident_says_not_fixed"


def template_variables(
    data: MessageData, city: CityTexts, reader: SpokenLanguage
) -> dict[str, Any]:
    """Return the variables of a message's template.

    Args:
        data: What the message is about.
        city: Texts of the city.
        reader: The language of the message.
    """
    request, case = data.request, data.case
    outside = case.municipality
    agency = city.neighbours.get(outside) if outside else request.agency
    service = city.service_names.get(request.service_code)
    answer = city.answers.get(request.answer_code or "")
    days = DaysInWords(ZoneInfo(city.timezone), reader.tag)
    return {
        "reader": reader,
        "name": greeting_name(data.name),
        "tracking_number": one_line(request.tracking_number),
        "service": service and service.in_language(reader.tag),
        "place": safe_address(request.address),
        "emergency": request.emergency,
        "agency": _sanitized(agency) if agency and data.template in _WITH_AGENCY else None,
        "why": _reason(agency, city, reader),
        "answer": answer and answer.in_language(reader.tag),
        "bureau": city.bureau_names.get(case.bureau or ""),
        "bureau_phone": city.bureau_phones.get(case.bureau or ""),
        "note": one_line(case.note),
        "picture": case.has_picture and case.bureau in city.open_pictures,
        "reason": one_line(case.reason),
        "called_back": case.reason == _NOT_FIXED,
        "day": days.coming(case.scheduled_for),
        "date": days.coming(case.scheduled_for, short=True),
        "reports": case.request_count or 1,
        "first_day": days.past(case.first_reported_at),
        "first_date": days.past(case.first_reported_at, short=True),
        "followed": [one_line(number) for number in data.followed],
        "city": city.name,
        "phone": phone_in(city.phone, reader.tag),
    }


def phone_in(phone: LocalText, tag: str) -> str:
    """Return a phone number in words; without words in a language that the catalogue has not."""
    number = phone.in_language(tag)
    return number if number.language == tag else number.replace(" or ", " / ")


def _reason(agency: ReferralAgency | None, city: CityTexts, reader: SpokenLanguage) -> str | None:
    """Return why others must act; None where the reader's language has no words for it."""
    reason = city.referral_reasons.get((agency and agency.reason_code) or "")
    if reason is None:
        return None
    known = reader.translated(reason.in_language(reader.tag))
    return known if reader.tag_of(known) == reader.tag else None


def _sanitized(agency: ReferralAgency) -> ReferralAgency:
    url = one_line(agency.url)
    return ReferralAgency(
        name=one_line(agency.name),
        phone=one_line(agency.phone) or None,
        url=url if url.startswith(("https://", "http://")) else None,
    )
