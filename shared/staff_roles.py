"""Roles of the staff: what a person may do."""

from enum import IntEnum
from typing import TypeAlias

from shared.vocabulary import CommandName


class Role(IntEnum):
    """Roles, in ascending order; each includes the ones before it."""

    VIEWER = 1
    AGENT = 2
    DISPATCHER = 3
    SUPERVISOR = 4
    ADMIN = 5

    @property
    def label(self) -> str:
        """Name in the database, on pages and in ``Route311-Role``."""
        return self.name.lower()


RoleName: TypeAlias = str
ROLE_NAMES: tuple[RoleName, ...] = tuple(role.label for role in Role)
_OF_AGENTS: frozenset[CommandName] = frozenset({"note", "answer"})


def role_of(name: RoleName) -> Role:
    """Return the role of a name; ValueError if there is none."""
    if name not in ROLE_NAMES:
        raise ValueError(f"there is no role {name!r}; roles are {', '.join(ROLE_NAMES)}")
    return Role[name.upper()]


def role_for(command: object) -> Role:
    """Return the lowest role that may give a command."""
    return Role.AGENT if isinstance(command, str) and command in _OF_AGENTS else Role.DISPATCHER
