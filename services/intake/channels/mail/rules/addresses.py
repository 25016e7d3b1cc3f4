"""Addresses that people write to, and those that their answers go to."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from services.intake.channels.mail.rules.returns import bounce_address, may_return
from shared.email_address import without_tag

_TOKEN = re.compile(r"[a-z2-7]{26}")


class OurAddresses:
    """The addresses of all cities; case does not matter."""

    def __init__(self, by_city: Mapping[str, Sequence[str]]) -> None:
        """Take the addresses of each jurisdiction; the first one is the sender of questions."""
        self._cities = {
            address.lower(): city for city, addresses in by_city.items() for address in addresses
        }
        self._senders = {city: addresses[0] for city, addresses in by_city.items() if addresses}
        self._domains = {
            address.rpartition("@")[2]: city for address, city in reversed(self._cities.items())
        }

    @property
    def cities(self) -> Collection[str]:
        """The jurisdictions that have an address."""
        return self._senders.keys()

    def city(self, recipient: str) -> str | None:
        """Return the city of a recipient, with or without a token; None for a stranger's.

        Bounces come back to the domain that they were sent from.
        """
        if bounce := bounce_address(recipient):
            return self._domains.get(bounce[1])
        return self._cities.get(without_tag(recipient.lower()))

    def returned_id(self, recipient: str, now: datetime) -> str | None:
        """Return the id of the message that comes back to a recipient; None for any other one."""
        bounce = bounce_address(recipient)
        is_ours = bounce and bounce[1] in self._domains and may_return(bounce[0], now)
        return bounce[0] if bounce and is_ours else None

    def sender(self, city: str) -> str:
        """Return the address from which a city's questions come."""
        return self._senders[city]

    def answer_address(self, city: str, token: str) -> str:
        """Return the address that an answer goes to."""
        local, _, domain = self._senders[city].rpartition("@")
        return f"{local}+{token}@{domain}"

    def is_known(self, recipient: str) -> bool:
        """Return True for an address of ours without a tag."""
        return recipient.lower() in self._cities

    def token(self, address: str) -> str | None:
        """Return the token in an address of ours, or in an id made of one; None without one."""
        tag = address.lower().rpartition("@")[0].partition("+")[2]
        return tag if self.city(address) and _TOKEN.fullmatch(tag) else None
