"""Preferences and unsubscribing, by the links in an e-mail."""

from dataclasses import dataclass
from datetime import datetime

from services.notify.rules.preferences import UpdatesChoice
from services.notify.store.preferences import (
    KnownPreferences,
    find_preferences,
    save_preferences,
    unsubscribe,
)
from shared.runtime.postgres import Pool, borrow, transaction


@dataclass(frozen=True, slots=True)
class Preferences:
    """Finds and keeps what people choose; a link stands for the person whom its e-mail was for.

    Attributes:
        pool: Notify's database.
    """

    pool: Pool

    async def find(self, notification_id: str) -> KnownPreferences | None:
        """Return the preferences of a person; None for an unknown e-mail."""
        async with borrow(self.pool) as db:
            return await find_preferences(db, notification_id)

    async def unsubscribe(self, person: str, now: datetime) -> None:
        """Send a person no more e-mail about reports. Idempotent."""
        async with transaction(self.pool) as db:
            await unsubscribe(db, person, now)

    async def save(self, person: str, updates: UpdatesChoice, language: str, now: datetime) -> None:
        """Save what a person chose.

        Args:
            person: Keyed hash of the person.
            updates: Messages that the person gets.
            language: BCP 47 tag of messages.
            now: The present moment.
        """
        async with transaction(self.pool) as db:
            await save_preferences(db, person, updates, language, now)
