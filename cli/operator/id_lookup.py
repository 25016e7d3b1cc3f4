"""Lookup of the ids of cases and requests by tracking number or public id."""

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg

from cli.connection import find_operations_dsn
from cli.interrupts import query
from services.intake.identifiers import read_public_id, read_tracking_number
from shared.errors import Route311Error

_FIND = (
    "SELECT request_id, case_id FROM intake.requests WHERE tracking_number = $1 OR public_id = $1"
)


class UnknownNameError(Route311Error):
    """No request has this name, or it has no case."""

    code = "unknown_name"


@dataclass(frozen=True, slots=True)
class IdLookup:
    """Resolves names of requests and cases; ids stay, other names are looked up in the database."""

    data: Path

    def case(self, name: str) -> str:
        """Return the case of this id, or of the request with this number, or UnknownNameError."""
        if is_id(name):
            return name
        case_id = self._look_up(name)["case_id"]
        if case_id is None:
            raise UnknownNameError(f"{name}: the request has no case")
        return str(case_id)

    def request(self, name: str) -> str:
        """Return the request of this id, number or public id; UnknownNameError if none."""
        return name if is_id(name) else str(self._look_up(name)["request_id"])

    def _look_up(self, name: str) -> asyncpg.Record:
        number = read_public_id(name) or read_tracking_number(name)
        if number is None:
            raise UnknownNameError(f"{name}: neither an id nor a tracking number")
        row = query(find_operations_dsn(self.data), None, lambda db: db.fetchrow(_FIND, number))
        if row is None:
            raise UnknownNameError(f"{name}: there is no request of this number")
        return row


def is_id(name: str) -> bool:
    """Return True for an id of a request or a case, in its canonical form."""
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False
