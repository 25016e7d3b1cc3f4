"""Factories of notify's inputs and values; a test gives only the fields it is about."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from services.notify.policy import CityTexts, NotifyPolicy
from services.notify.ports import NotifyPorts
from services.notify.records import MessageData
from services.notify.rendering.catalogues import load_message_languages, message_catalogues
from services.notify.rendering.renderer import MessageRenderer
from services.notify.rules.daily_limit import SendingRules
from services.notify.rules.languages import LanguageRules
from services.notify.rules.model import (
    CaseFacts,
    CausingEvent,
    Delivery,
    Follower,
    Recipient,
    ReferralAgency,
    RequestFacts,
    StoredDelivery,
    Trigger,
)
from services.notify.rules.signed_links import SignedLinks
from services.notify.settings import NotifySettings, SecondProviders
from services.notify.store.contacts import ContactKeys
from shared.catalogue import LocalText
from shared.contract.events import (
    CaseClosed,
    CaseClosing,
    CaseLowering,
    CaseMissedDeadline,
    CaseOpened,
    CaseOverdue,
    CasePriorityLowered,
    CasePriorityRaise,
    CasePriorityRaised,
    CaseReopened,
    CaseReopening,
    CaseRequestAttached,
    CaseRequestSplit,
    CaseSplit,
    CaseStatusChange,
    CaseStatusChanged,
    Event,
    NoteAdded,
    RequestTriaged,
    new_id,
)
from shared.redaction import Redactor
from shared.runtime.consumer.messages import Message
from shared.runtime.http.authentication import Callers
from shared.runtime.postgres import Pool
from tests.support.builders import (
    NOON,
    case_with_request,
    location,
    note_added,
    priority,
    request,
    request_triaged,
)
from tests.support.records import record

CONTACT_KEY = b"a key of sixteen bytes and more"
LANGUAGES = load_message_languages()
LANGUAGE_RULES = LanguageRules(
    message_catalogues(LANGUAGES), {"portland.gov": ("en", "es", "vi", "ar")}
)
RULES = SendingRules(
    texting={"portland.gov"},
    timezones={"portland.gov": ZoneInfo("US/Pacific")},
    languages=LANGUAGE_RULES,
)
GRESHAM = ReferralAgency("City of Gresham", None, "https://www.greshamoregon.gov")
POLICY = NotifyPolicy(CONTACT_KEY, RULES, neighbours={"portland.gov": {"gresham"}})
SEALER = ContactKeys([CONTACT_KEY]).sealer
PUBLIC_URL = "https://311.example.org"
MESSAGE = "0197a1b2-c3d4-7000-8000-000000000001"
LINKS = SignedLinks.of([CONTACT_KEY], PUBLIC_URL)
SENDER = "311@city.example"
PORTLAND = CityTexts(
    name="City of Portland",
    title=LocalText("Portland 311", "311 de Portland"),
    color="#0b5a6b",
    phone="3-1-1 or 503-823-4000",
    timezone="America/Los_Angeles",
    service_names={
        "ROW-POTHOLE": LocalText("Pothole", "Bache"),
        "ROW-DEBRIS": LocalText("Debris in roadway", "Escombros en la calle"),
    },
    bureau_names={"PBOT-MAINT": "PBOT Maintenance Operations"},
    bureau_phones={"PBOT-MAINT": "503-823-1700"},
    open_pictures={"PBOT-MAINT"},
    districts={"east": "East Portland"},
    public_kinds={"ROW-POTHOLE", "ROW-DEBRIS"},
    answers={"garbage_day": LocalText("It is on Monday.", "Es el lunes.")},
    referral_reasons={"state_land": LocalText("It is the State's.", "Es del Estado.")},
    neighbours={"gresham": GRESHAM},
)


@cache
def renderer() -> MessageRenderer:
    return MessageRenderer({"portland.gov": PORTLAND}, PUBLIC_URL, LINKS, LANGUAGES)


SETTINGS = NotifySettings.model_validate(
    {
        "ROUTE311_KAFKA_BOOTSTRAP": "127.0.0.1:1",
        "postgres_dsn": "postgresql://route311_notify@127.0.0.1/postgres",
        "http_port": 0,
        "contact_key": CONTACT_KEY.decode(),
        "public_url": f"{PUBLIC_URL}/",
        "sender": SENDER,
        "smtp_host": "127.0.0.1",
        "smtp_port": 25,
    }
)


def ports(pool: Pool, **changes: Any) -> NotifyPorts:
    """The core on a database, as the channels see it, at noon."""
    fields: dict[str, Any] = {
        "settings": SETTINGS,
        "second": SecondProviders(),
        "callers": Callers.of(pool, key_per_second=1_000, address_per_second=1_000, proxies=()),
        "policy": replace(POLICY, redactors={"portland.gov": Redactor("US")}),
        "cities": {"portland.gov": PORTLAND},
        "languages": LANGUAGES,
        "inboxes": {},
        "renderer": renderer(),
        "links": LINKS,
        "sealer": SEALER,
        "hash_key": ContactKeys([CONTACT_KEY]).require,
        "on_commit": lambda _: None,
        "may_send": lambda: True,
        "clock": lambda: NOON,
    }
    return NotifyPorts(pool=pool, **(fields | changes))


def message_data(**changes: Any) -> MessageData:
    fields: dict[str, Any] = {
        "notification_id": MESSAGE,
        "template": "received",
        "language": "en",
        "name": "Ana",
        "request": request_facts(),
        "case": CaseFacts(),
    }
    return MessageData(**(fields | changes))


def request_facts(**changes: Any) -> RequestFacts:
    fields: dict[str, Any] = {
        "request_id": new_id(),
        "tracking_number": "26-7KQ4-M2",
        "jurisdiction": "portland.gov",
        "service_code": "ROW-POTHOLE",
        "language": "en",
        "address": None,
        "emergency": False,
        "agency": None,
    }
    return RequestFacts(**(fields | changes))


def recipient(**changes: Any) -> Recipient:
    fields: dict[str, Any] = {
        "person": "ana",
        "wants": frozenset({"email"}),
        "has": frozenset({"email"}),
        "languages": ("en",),
    }
    return Recipient(**(fields | changes))


def follower(subject_id: str = "case", **changes: Any) -> Follower:
    fields: dict[str, Any] = {
        "request_id": "request",
        "since": 1,
        "recipient": recipient(),
        "jurisdiction": "portland.gov",
    }
    return Follower(subject_id=subject_id, **(fields | changes))


def trigger(subject_id: str = "case", version: int = 2, **changes: Any) -> Trigger:
    fields: dict[str, Any] = {
        "template": "in_progress",
        "priority": "P4",
        "cause": CausingEvent("event"),
    }
    return Trigger(subject_id=subject_id, version=version, **(fields | changes))


def delivery(**changes: Any) -> Delivery:
    fields: dict[str, Any] = {
        "person": "ana",
        "request_id": new_id(),
        "language": "en",
        "channel": "email",
        "trigger": trigger(subject_id=new_id()),
        "day": NOON.date(),
    }
    return Delivery(**(fields | changes))


def stored(**changes: Any) -> StoredDelivery:
    return StoredDelivery(new_id(), delivery(**changes))


def messages(events: Iterable[Event]) -> list[Message[Event]]:
    return [Message(record(offset=offset), event) for offset, event in enumerate(events)]


def triaged(request_id: str, case_id: str | None, **changes: Any) -> RequestTriaged:
    """The decision about a request whose reporter is known."""
    of_request: dict[str, Any] = {
        "request_id": request_id,
        "reporter_ref": "somebody",
        "tracking_number": f"26-{request_id[-8:]}",
    }
    given = request(**(of_request | changes.pop("request", {})))
    return request_triaged(
        **(
            {
                "request_id": request_id,
                "tracking_number": given.tracking_number,
                "case_id": case_id,
                "service_code": given.service_code,
                "request": given,
            }
            | changes
        )
    )


def placed(request_id: str, municipality: str | None) -> NoteAdded:
    """The note by which a reporter states the place of a danger."""
    at = location(municipality=municipality)
    return note_added(request_id=request_id, by="reporter", lane="express", location=at)


def opened(request_id: str, case_id: str, **changes: Any) -> CaseOpened:
    state = case_with_request(request_id=request_id, case_id=case_id, **changes)
    return CaseOpened.of(state, now=NOON, request=request_id)


def attached(request_id: str, case_id: str, version: int, **changes: Any) -> CaseRequestAttached:
    state = case_with_request(request_id=request_id, case_id=case_id, version=version, **changes)
    return CaseRequestAttached.of(state, now=NOON, request=request_id)


def moved(case_id: str, version: int, status: str, **changes: Any) -> CaseStatusChanged:
    return CaseStatusChanged.of(
        CaseStatusChange(**(_state(case_id, version, status) | {"bureau": "PBOT-MAINT"} | changes)),
        now=NOON,
    )


def closed(case_id: str, version: int, status: str = "completed", **changes: Any) -> CaseClosed:
    fields = _state(case_id, version, status) | {"closed_at": NOON}
    return CaseClosed.of(CaseClosing(**(fields | changes)), now=NOON)


def reopened(case_id: str, version: int, reason: str = "More to do") -> CaseReopened:
    fields = _state(case_id, version, "open") | {"previous_status": "completed", "reason": reason}
    return CaseReopened.of(CaseReopening(**fields), now=NOON)


def raised(case_id: str, version: int) -> CasePriorityRaised:
    fields = _state(case_id, version, "open") | {"previous_level": "P5"}
    return CasePriorityRaised.of(CasePriorityRaise(**fields), now=NOON)


def lowered(case_id: str, version: int) -> CasePriorityLowered:
    fields = _state(case_id, version, "open") | {"previous_level": "P1", "reason": "Free again"}
    return CasePriorityLowered.of(CaseLowering(**fields), now=NOON)


def overdue(case_id: str, version: int, what: str = "complete") -> CaseOverdue:
    fields = _state(case_id, version, "open") | {
        "what": what,
        "due_at": NOON,
        "bureau": "PBOT-MAINT",
    }
    return CaseOverdue.of(CaseMissedDeadline(**fields), now=NOON)


def split(request_id: str, case_id: str, version: int, status: str = "open") -> CaseRequestSplit:
    fields = _state(case_id, version, status) | {"request_id": request_id, "to_case": new_id()}
    return CaseRequestSplit.of(CaseSplit(**fields), now=NOON)


def _state(case_id: str, version: int, status: str) -> dict[str, Any]:
    return {
        "case_id": case_id,
        "version": version,
        "jurisdiction": "portland.gov",
        "status": status,
        "previous_status": "open",
        "priority": priority(),
        "service_code": "ROW-POTHOLE",
        "dedup_group": "pavement",
        "lead_bureau": "PBOT-MAINT",
        "request_count": 1,
    }
