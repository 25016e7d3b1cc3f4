"""Channels by which residents reach the city, and the sources of their reports."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workbench.demo.scenario.kinds import ReportKind
from workbench.demo.scenario.randomness import Random
from workbench.demo.scenario.residents import Resident

HTTP_SOURCE = "/http/demo"
"""Source that intake gives to submissions over HTTP with the demo's key."""
PAGES_SOURCE, EMAIL_SOURCE, SMS_SOURCE = "/web", "/email", "/sms"
"""Sources that intake gives to what comes by the residents' pages, by e-mail and by text."""
WEB_FORM = "/adapters/web-form"
"""Adapter of an older web form, whose reports come over Kafka."""
_SENSOR_SHARE = 0.4
_ALL_DAY = range(24)


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel.

    Attributes:
        label: Its name in the summary.
        source: CloudEvents source of its reports, unless a report names another one.
        weight: Relative frequency among ordinary reports; 0 for devices.
        fields: Contact data that it knows of a resident; empty when it identifies no resident.
        hours: Local hours in which it is open.
    """

    label: str
    source: str
    weight: int
    fields: tuple[str, ...] = ()
    hours: range = _ALL_DAY


CHANNELS: Mapping[str, Channel] = {
    "web": Channel("Web", PAGES_SOURCE, 34, ("name", "email")),
    "phone": Channel("Phone", "/adapters/311-desk", 30, ("name", "phone"), range(7, 20)),
    "app": Channel("App", HTTP_SOURCE, 17, ("email", "account_id")),
    "email": Channel("E-mail", EMAIL_SOURCE, 8, ("name", "email")),
    "open311": Channel("Open311", HTTP_SOURCE, 4, ("email",)),
    "sms": Channel("Text message", SMS_SOURCE, 3, ("phone",)),
    "walk_in": Channel(
        "Walk-in desk", "/adapters/walk-in-counter", 3, ("name", "phone"), range(8, 17)
    ),
    "kafka": Channel("Partner systems", "/adapters/partner-systems", 1),
    "sensor": Channel("Sensors", "/adapters/street-sensors", 0),
}


def random_channel(kind: ReportKind, at: datetime, rng: Random) -> str:
    """Return a channel that is open and used for a kind of report.

    Args:
        at: Local time of the report.
    """
    if kind.sensor and rng.random() < _SENSOR_SHARE:
        return "sensor"
    weights = [c.weight if at.hour in c.hours else 0 for c in CHANNELS.values()]
    return rng.choices(list(CHANNELS), weights)[0]


def reporter_fields(
    resident: Resident, channel: str, *, with_email: bool = False
) -> dict[str, Any] | None:
    """Return the ``reporter`` of a submission as the channel's adapter fills it in.

    Args:
        channel: A key of ``CHANNELS``.
        with_email: The resident volunteers an e-mail address.

    Returns:
        None when the channel identifies no resident.
    """
    known = CHANNELS[channel].fields
    if not known:
        return None
    fields = {*known, "email"} if with_email else {*known}
    contact = {field: getattr(resident, field) for field in sorted(fields)}
    updates_by = ["email"] if "email" in fields else ["sms"]
    return {**contact, "language": resident.language, "status_updates": updates_by}
