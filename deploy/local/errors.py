"""Errors of the local stack.

A module of its own, so that the command line can catch them without importing the stack.
"""

from shared.errors import Route311Error


class StackError(Route311Error):
    """The stack cannot be started here; the text is one line for the operator."""

    code = "stack"


class OtherVersionError(StackError):
    """The data belong to another version, without a migration to this one."""

    code = "other_version"

    def __init__(self, data: str, found: str) -> None:
        super().__init__(
            f"{data}: made by another version ({found}); run that version of route311, "
            "or delete the data by `--fresh`"
        )


class StartError(StackError):
    """A program ended, or did not become ready in time."""

    code = "start"
