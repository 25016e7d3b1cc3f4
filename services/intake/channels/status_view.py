"""The public view of a request: its JSON, the block of a private address, and signed links."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Self

from services.intake.pictures import media_url
from services.intake.records.public import PublicDecision, PublicRequest, PublicStatus, StatusChange
from shared.catalogue import Jurisdiction, ProgramText
from shared.runtime.clock import format_moment
from shared.signed_tokens import TokenSigner
from shared.spoken_languages import SpokenLanguage
from shared.vocabulary import START_OF_TIME, is_plausible

_BLOCK = ProgramText("{hundred} block of {street}")
_ROAD = r"(?i:\b(?:hwy|highway|route|rt|us|or|i|sr|state|mile|milepost|exit|carretera|ruta))[\s-]+"
_ROAD_NUMBER = re.compile(rf"{_ROAD}\d{{1,4}}\b")
_ORDINAL = re.compile(r"\b\d{1,3}(?i:st|nd|rd|th|[aoº°])(?!\w)")
_UNIT = re.compile(
    r"\s*(?:#|\b(?i:apt|apartment|unit|suite|ste|room|rm|floor|fl|lot|bldg|building|space|trailer"
    r"|depto|departamento|apto|piso|casa)\b).*"
)
_HOUSE = re.compile(
    r"(?<![\w.#-])(?P<number>\d{1,6})[A-Za-z]?(?:\s?[-\u2013/]\s?\d{1,6}[A-Za-z]?)?"
    r"(?:\s1/2|\s?\u00bd)?,?\s+(?P<street>[^\d\s,].*|\d{1,3}(?i:st|nd|rd|th)\b.*)"
)
_HOUSE_LAST = re.compile(
    r"^(?P<street>\S.*?[^\W\d_]),?\s+(?:(?i:n[\u00bao]?\.?|num\.?|no\.?)\s*)?#?(?P<number>\d{1,6})[A-Za-z]?$"
)
_NUMBER_ALONE = re.compile(r"^\s*(\d{1,6}[A-Za-z]?)\s*,\s*")


def block_of(address: str, language: SpokenLanguage) -> str | None:
    """Return an address with the block in place of the house number, such as ``1200 block``.

    An address without a house number, such as an intersection, stays. None where a number is left
    that may tell which house is meant.
    """
    if not _has_number(address):
        return address
    joined = _NUMBER_ALONE.sub(r"\1 ", ", ".join(address.splitlines()))
    parts = [part.strip() for part in joined.split(",")]
    for pattern in (_HOUSE, _HOUSE_LAST):
        for index, part in enumerate(parts):
            if found := pattern.search(_hidden_roads(part)):
                others = [other for other in parts[index + 1 :] if other and not _has_number(other)]
                return _shown(part, found, others, language)
    return None


def _shown(
    part: str, found: re.Match[str], others: list[str], language: SpokenLanguage
) -> str | None:
    street = _UNIT.sub("", part[slice(*found.span("street"))]).strip()
    if _has_number(street):
        street = re.sub(r"(?<=\w)\s+\d+$", "", street)
    if not street or _has_number(street):
        return None
    hundred = f"{int(found['number']) // 100 * 100}"
    if found["number"].startswith("0"):  # as south of Portland's Naito Parkway
        hundred = f"0{hundred}"
    block = language.say(_BLOCK, hundred=hundred, street=street)
    return ", ".join([block, *others])


def _has_number(text: str) -> bool:
    """Return True when a number is left besides ordinals and the numbers of roads."""
    return re.search(r"\d", _ORDINAL.sub("", _ROAD_NUMBER.sub("", text))) is not None


def _hidden_roads(text: str) -> str:
    """Return the text with the numbers of roads as letters, at the same places."""
    return _ROAD_NUMBER.sub(lambda match: re.sub(r"\d", "x", match.group()), text)


RECEIVED = "received"
REFERRED = "referred"
ANSWERED = "answered"

STATUS_TEXT: Mapping[str, ProgramText] = MappingProxyType(
    {
        RECEIVED: ProgramText("We got your report. We are finding out who takes care of it."),
        "open": ProgramText("Your report is with the team that takes care of it."),
        "acknowledged": ProgramText("The team has seen your report."),
        "scheduled": ProgramText("The team has planned the work."),
        "in_progress": ProgramText("The team is working on it."),
        "waiting_for_resident": ProgramText("The team needs to hear from you before it can go on."),
        "completed": ProgramText("The work is done."),
        "declined": ProgramText("The team cannot do this work."),
        REFERRED: ProgramText("Somebody else takes care of this. Please contact them."),
        ANSWERED: ProgramText("We have answered your question."),
    }
)

NOT_FIXED = ProgramText("Somebody said that it is not fixed.")
OUTCOME_NOTE: Mapping[str, ProgramText] = MappingProxyType(
    {
        "duplicate": ProgramText(
            "Somebody told us about this problem before you. We work on both reports together."
        ),
        "recurrence": ProgramText(
            "We had a report about this place before. We opened a new one and linked the earlier "
            "one."
        ),
    }
)


def outcome_note(outcome: str | None, *, was_moved: bool) -> ProgramText | None:
    """Return the note to residents about triage's outcome; None without one."""
    return None if was_moved else OUTCOME_NOTE.get(outcome or "")


def current_status(outcome: str | None, case_status: str | None) -> str:
    """Return the public status of a request; the status of its case takes precedence."""
    if case_status is not None:
        return case_status
    return {"referral": REFERRED, "answered": ANSWERED}.get(outcome or "", RECEIVED)


# Statuses in which the deadline of the work is public.
CLOCK_RUNS = frozenset({"open", "acknowledged", "scheduled", "in_progress"})


def render_status(
    status: PublicStatus, jurisdiction: Jurisdiction, language: SpokenLanguage
) -> dict[str, Any]:
    """Return the public view of a request."""
    request, decision, due = status.request, status.decision, status.complete_by
    last = status.changes[-1] if status.changes else None
    outcome = decision.outcome if decision else None
    current = current_status(outcome, last.status if last else None)
    service = jurisdiction.services.get(request.service_code)
    is_private = service is None or service.private
    note = outcome_note(outcome, was_moved=status.was_moved)
    answer = jurisdiction.answers.get((decision.answer if decision else None) or "")
    moments = [request.submitted_at, *(change.taken_at for change in status.changes)]
    moments += [decision.decided_at] if decision else []
    return {
        "tracking_number": request.tracking_number,
        "public_id": request.public_id,
        "jurisdiction": request.jurisdiction,
        "service_code": request.service_code,
        "service_name": language.say(service.name) if service else request.service_code,
        "status": current,
        "status_text": language.say(STATUS_TEXT[current]),
        "submitted_at": format_moment(request.submitted_at),
        "updated_at": format_moment(max(moments)),
        "location": _location(request, language, is_private=is_private),
        "description": status.description,
        "text_status": status.text_status,
        "note": language.say(note) if note else None,
        "answer": language.say(answer) if answer else None,
        "bureau": bureau_name(last.bureau, jurisdiction) if last else None,
        "scheduled_for": _scheduled_for(last),
        "complete_by": format_moment(due) if due and current in CLOCK_RUNS else None,
        "referral": _referral(decision, jurisdiction, language),
        "media": list(_media(status.media_ids, is_private=is_private)),
        "history": list(_history(status, jurisdiction, language, is_private=is_private)),
    }


def _location(
    request: PublicRequest, language: SpokenLanguage, *, is_private: bool
) -> dict[str, Any] | None:
    address = request.address
    if address is not None and is_private:
        address = block_of(address, language)
    if address is not None:
        return {"address": address}
    if request.latitude is not None:
        return {"latitude": request.latitude, "longitude": request.longitude}
    return None


def _media(media_ids: Iterable[str], *, is_private: bool) -> Iterator[dict[str, str]]:
    for media_id in () if is_private else media_ids:
        yield {"url": media_url("", media_id)}


def bureau_name(code: str, jurisdiction: Jurisdiction) -> str:
    """Return the name of a bureau; its code where the city has no such bureau any more."""
    bureau = jurisdiction.bureaus.get(code)
    return bureau.name if bureau else code


def _scheduled_for(last: StatusChange | None) -> str | None:
    if last is None or last.status != "scheduled" or last.scheduled_for is None:
        return None
    return format_moment(last.scheduled_for) if is_plausible(last.scheduled_for) else None


def _referral(
    decision: PublicDecision | None, jurisdiction: Jurisdiction, language: SpokenLanguage
) -> dict[str, str | None] | None:
    if decision is None or decision.referral_name is None:
        return None
    reason = jurisdiction.referral_reasons.get(decision.referral_reason or "")
    return {
        "name": decision.referral_name,
        "phone": decision.referral_phone,
        "url": decision.referral_url,
        "reason": language.say(reason) if reason else None,
    }


def _history(
    status: PublicStatus, jurisdiction: Jurisdiction, language: SpokenLanguage, *, is_private: bool
) -> Iterator[dict[str, Any]]:
    yield _entry(status.request.submitted_at, RECEIVED, language)
    decision = status.decision
    if decision and (decided := current_status(decision.outcome, None)) != RECEIVED:
        yield _entry(decision.decided_at, decided, language)
    joined = decision is not None and decision.outcome == "duplicate"
    earliest = status.request.submitted_at if joined else START_OF_TIME  # before, it was another's
    for change in status.changes:
        media_ids = status.work_media_ids.get(change.version, ())
        entry = _entry(max(change.taken_at, earliest), change.status, language)
        if change.not_fixed:
            entry["text"] = f"{language.say(NOT_FIXED)} {entry['text']}"
        yield entry | {
            "bureau": bureau_name(change.bureau, jurisdiction),
            "note": change.note,
            "media": list(_media(media_ids, is_private=is_private)),
        }


def _entry(at: datetime, status: str, language: SpokenLanguage) -> dict[str, Any]:
    text = language.say(STATUS_TEXT[status])
    return {
        "at": format_moment(at),
        "status": status,
        "text": text,
        "bureau": None,
        "note": None,
        "media": [],
    }


TRACK_PATH = "/track"
_PURPOSE = "reporter"


@dataclass(frozen=True, slots=True)
class ReporterLinks:
    """Signed links to the status page, which identify the reporter.

    The person who submits a report gets one. A tracking number is no proof: it may be passed on.
    """

    signer: TokenSigner
    public_url: str

    @classmethod
    def of(cls, secret: bytes, public_url: str) -> Self:
        """Return the links of a service, signed by a key that is derived from its secret."""
        return cls(TokenSigner.derived(secret, "reporters' links"), public_url)

    def key(self, number: str) -> str:
        """Return the signature of a tracking number in its canonical form."""
        return self.signer.sign(_PURPOSE, number).rpartition(".")[2]

    def url(self, number: str) -> str:
        """Return the link of a tracking number."""
        return f"{self.public_url}{TRACK_PATH}/{number}?key={self.key(number)}"

    def is_reporters(self, number: str, key: str) -> bool:
        """Return True for the key of a number."""
        return self.signer.read(_PURPOSE, f"{number}.{key}") is not None
