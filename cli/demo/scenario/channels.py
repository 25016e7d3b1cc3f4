"""The ways by which people reach the city, and the adapters that write for them."""

from collections.abc import Mapping
from datetime import datetime

from cli.demo.scenario.chance import Random
from cli.demo.scenario.kinds import SENSED

ADAPTERS: Mapping[str, str] = {
    "web": "/adapters/web-form",
    "app": "/adapters/app",
    "phone": "/adapters/311-desk",
    "email": "/adapters/311-mailbox",
    "sms": "/adapters/text-messages",
    "walk_in": "/adapters/walk-in-counter",
    "open311": "/adapters/open311-clients",
    "sensor": "/adapters/street-sensors",
    "kafka": "/adapters/partner-systems",
}

_SHARES: Mapping[str, float] = {
    "web": 34,
    "phone": 30,
    "app": 17,
    "email": 8,
    "open311": 4,
    "sms": 3,
    "walk_in": 3,
    "kafka": 1,
}
_OPEN: Mapping[str, range] = {"phone": range(7, 20), "walk_in": range(8, 17)}
_SENSED_SHARE = 0.4


def some_channel(kind: str, at: datetime, rng: Random) -> str:
    """Return a channel by which a report of this kind may come at this local time."""
    if kind in SENSED and rng.random() < _SENSED_SHARE:
        return "sensor"
    shares = [
        share if at.hour in _OPEN.get(channel, range(24)) else 0
        for channel, share in _SHARES.items()
    ]
    return rng.choices(list(_SHARES), shares)[0]
