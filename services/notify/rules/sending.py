"""Rules of the cities about sending: which of them send text messages, when, in which language."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo

from services.notify.rules.languages import LanguageRules
from services.notify.rules.quiet_hours import QuietHours


@dataclass(frozen=True, slots=True)
class SendingRules:
    """Rules of the cities about sending.

    Attributes:
        texting: Jurisdictions that send text messages.
        timezones: Time zone by jurisdiction; any other one has UTC.
        quiet_hours: Hours without text messages, in each city's time; None for none.
        languages: Languages of messages.
    """

    texting: Collection[str] = frozenset()
    timezones: Mapping[str, tzinfo] = field(default_factory=dict)
    quiet_hours: QuietHours | None = None
    languages: LanguageRules = field(default_factory=LanguageRules)

    def timezone(self, jurisdiction: str) -> tzinfo:
        """Return the time zone of a jurisdiction."""
        return self.timezones.get(jurisdiction, UTC)
