"""Tables of what people chose for themselves: keys, team, views; and who has a case open."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from console.store import Person
from shared.runtime.postgres import Pool

MOST_VIEWS = 30
# Nothing is returned where the person has as many views as there may be.
_SAVE_VIEW = """
    INSERT INTO views (name, label, query)
    SELECT $1, $2, $3
     WHERE (SELECT count(*) FROM views WHERE name = $1 AND label <> $2) < $4
    ON CONFLICT (name, label) DO UPDATE SET query = excluded.query
    RETURNING label
"""
_COME = """
    INSERT INTO presence (case_id, session_id) VALUES ($1, $2)
    ON CONFLICT (case_id, session_id) DO UPDATE SET seen_at = now()
"""
_OTHERS = """
    SELECT DISTINCT name FROM presence JOIN sessions USING (session_id)
     WHERE case_id = $1 AND name <> $2 AND presence.seen_at > now() - interval '1 minute'
     ORDER BY name
"""


@dataclass(frozen=True, slots=True)
class SavedView:
    """Filters of the queue under a name; ``query`` as in its URL."""

    label: str
    query: str


@dataclass(frozen=True, slots=True)
class Preferences:
    """Keys, team and views of people."""

    pool: Pool

    async def set_keys(self, name: str, keys: str) -> None:
        """Set a person's single-letter keys to one of ``Keys``; any other word is ``on``."""
        await self.pool.execute(
            "UPDATE people SET uses_keys = $2, keys_with_alt = $3 WHERE name = $1",
            name,
            keys != "off",
            keys == "alt",
        )

    async def set_letters(self, name: str, letters: Mapping[str, str]) -> None:
        """Set the keys of a person that differ from the usual ones, by action."""
        await self.pool.execute(
            "UPDATE people SET letters = $2 WHERE name = $1", name, json.dumps(letters)
        )

    async def set_team(self, name: str, team: str) -> None:
        """Set a person's team, a bureau's code; empty for none."""
        await self.pool.execute("UPDATE people SET team = $2 WHERE name = $1", name, team)

    async def views(self, name: str) -> Sequence[SavedView]:
        """Return the views of a person, by name."""
        rows = await self.pool.fetch(
            "SELECT label, query FROM views WHERE name = $1 ORDER BY lower(label), label", name
        )
        return [SavedView(*row) for row in rows]

    async def save_view(self, name: str, view: SavedView) -> bool:
        """Save a view, over one of the same name; return False where there are too many."""
        saved = await self.pool.fetchval(_SAVE_VIEW, name, view.label, view.query, MOST_VIEWS)
        return saved is not None

    async def delete_view(self, name: str, label: str) -> None:
        """Delete a view; idempotent."""
        await self.pool.execute("DELETE FROM views WHERE name = $1 AND label = $2", name, label)


@dataclass(frozen=True, slots=True)
class Presence:
    """Who has a case open; forgotten after a minute without a sign."""

    pool: Pool

    async def seen_with(self, case_id: UUID, person: Person) -> Sequence[str]:
        """Record that a person has a case open; return the names of the others."""
        await self.pool.execute(_COME, case_id, person.session_id)
        return [row[0] for row in await self.pool.fetch(_OTHERS, case_id, person.name)]
