"""Roles: what a person may do; each includes the ones before it."""

from enum import IntEnum
from typing import TypeAlias


class Role(IntEnum):
    """Roles, in ascending order."""

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


def role_of(name: RoleName) -> Role:
    """Return the role of a name; ValueError if there is none."""
    if name not in ROLE_NAMES:
        raise ValueError(f"there is no role {name!r}; roles are {', '.join(ROLE_NAMES)}")
    return Role[name.upper()]
