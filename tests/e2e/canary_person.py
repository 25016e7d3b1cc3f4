"""A person whose name, addresses and secrets can be found wherever they turn up."""

from dataclasses import dataclass
from typing import Any

WORD = "quimberly"
"""Is in each name, address, secret and text of the persons."""
CITY, KIND = "portland.gov", "ROW-DEBRIS"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who uses one way."""

    way: str
    number: int

    @property
    def name(self) -> str:
        return f"Quimberly{self.way.title()}"

    @property
    def email(self) -> str:
        return f"{self.way}@{WORD}.example.org"

    @property
    def phone(self) -> str:
        return f"+1503555{1600 + self.number}"

    @property
    def secret(self) -> str:
        return f"{WORD}-secret-of-{self.way}"

    @property
    def words(self) -> str:
        return f"{self.name}, {self.email}, 503-555-{1600 + self.number}, {self.secret}"

    @property
    def place(self) -> dict[str, Any]:
        """A place that is 500 m from that of every other person."""
        return {"latitude": 45.48 + self.number * 0.0045, "longitude": -122.72, "accuracy_m": 5}

    def report(self, **changes: Any) -> dict[str, Any]:
        reporter = {
            "name": self.name,
            "email": self.email,
            "phone": self.phone,
            "account_id": self.secret,
            "language": "en",
            "status_updates": ["email", "sms"],
        }
        return {
            "jurisdiction": CITY,
            "channel": "web",
            "service_code": KIND,
            "description": f"Mattress in the right lane. {self.words}",
            "location": {**self.place, "address": self.words, "details": self.words},
            "attributes": {"lane_blocked": "yes"},
            "media": [{"url": f"https://photos.example.org/{self.secret}?t={self.secret}"}],
            "reporter": reporter,
            **changes,
        }

    def wrong_reports(self) -> list[Any]:
        report = self.report()
        reporter = {key: [self.words] for key in report["reporter"]}
        return [
            dict.fromkeys(report, self.words),
            {name: [self.words] for name in report},
            report | {"reporter": reporter},
            report | {"service_code": self.name, "jurisdiction": self.name, "language": self.name},
            report | {"media": [self.words], "attributes": {self.words: {self.words: self.words}}},
            [self.words],
        ]
