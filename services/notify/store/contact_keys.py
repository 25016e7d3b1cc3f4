"""Keys of people in PostgreSQL, wrapped with notify's own: made, read and destroyed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from shared.errors import SystemicError
from shared.runtime.postgres import Connection
from shared.runtime.sealing import Sealer, UnreadableError

# One statement locks the keys of known people as well, in the order of their hashes, so that none
# is destroyed meanwhile and no two transactions deadlock.
_ENSURE_SQL = """
    INSERT INTO contact_keys AS known (person, wrapped)
    SELECT * FROM unnest($1::text[], $2::bytea[]) AS new (person, wrapped) ORDER BY person
    ON CONFLICT (person) DO UPDATE SET person = excluded.person
    RETURNING person, wrapped
"""
_LOCK_SQL = """
    SELECT person FROM contact_keys
     WHERE person IN (SELECT person FROM requests WHERE request_id = ANY($1::uuid[]))
     ORDER BY person
       FOR UPDATE
"""
_DESTROY_SQL = """
    DELETE FROM contact_keys AS known
     WHERE person = ANY($1::text[])
       AND NOT EXISTS (SELECT FROM requests WHERE requests.person = known.person)
"""
_SOME_SQL = "SELECT person, wrapped FROM contact_keys ORDER BY person LIMIT 10"
_USE = "contacts at rest"


class WrongContactKeyError(SystemicError):
    """``NOTIFY_CONTACT_KEY`` opens none of the keys in the database."""

    code = "wrong_contact_key"


def contact_sealer(secret: bytes) -> Sealer:
    """Return the sealer that wraps the keys of people.

    Args:
        secret: ``NOTIFY_CONTACT_KEY``.
    """
    return Sealer.derived(secret, _USE)


@dataclass(slots=True)
class KeyCheck:
    """Checks once that the keys in the database are wrapped with ours.

    With another secret contacts could not be read, and new ones would be lost with it.

    Attributes:
        sealer: Our sealer.
        passed: True once it was checked.
    """

    sealer: Sealer
    passed: bool = field(default=False, init=False)

    async def require(self, db: Connection) -> None:
        """Check it, unless that was done.

        Args:
            db: A connection in notify's schema.

        Raises:
            WrongContactKeyError: There are keys, and none of some can be unwrapped.
        """
        if self.passed:
            return
        keys = await db.fetch(_SOME_SQL)
        if keys and not any(self._opens(row["wrapped"], row["person"]) for row in keys):
            raise WrongContactKeyError("NOTIFY_CONTACT_KEY is not that of the stored contacts")
        self.passed = True

    def _opens(self, wrapped: bytes, person: str) -> bool:
        try:
            self.sealer.unwrapped(wrapped, person)
        except UnreadableError:
            return False
        return True


async def ensure_keys(
    db: Connection, people: Collection[str], sealer: Sealer
) -> Mapping[str, Sealer]:
    """Return the sealer of each person, with a new key for who has none; locks the keys.

    Args:
        db: A connection in a transaction.
        people: Keyed hashes of the people.
        sealer: Our sealer.

    Raises:
        UnreadableError: A stored key is damaged.
    """
    new = {person: sealer.new_wrapped_key(person) for person in people}
    rows = await db.fetch(_ENSURE_SQL, list(new), list(new.values()))
    return {row["person"]: sealer.unwrapped(row["wrapped"], row["person"]) for row in rows}


async def lock_keys(db: Connection, request_ids: Collection[str]) -> list[str]:
    """Lock the keys of the people of these requests, and return the people's hashes."""
    return [row["person"] for row in await db.fetch(_LOCK_SQL, sorted(request_ids))]


async def destroy_keys(db: Connection, people: Collection[str]) -> None:
    """Destroy the locked keys of people who have no contact left."""
    await db.execute(_DESTROY_SQL, people)
