"""Errors of the embedded stack, worded for the person who started it.

A module of its own, so that the command line can catch them without loading the stack.
"""

from shared.errors import Route311Error


class StackError(Route311Error):
    """The stack cannot be started here; the text is one line for the operator."""

    code = "stack"


class OtherVersionError(StackError):
    """The data are those of another version, which no migration brings to this one."""

    code = "other_version"

    def __init__(self, data: str, found: str) -> None:
        super().__init__(
            f"{data}: made by another version ({found}); run that version of route311, "
            "or delete the data by `--fresh`"
        )


class StartError(StackError):
    """A program ended, or did not answer its readiness probe, before it was ready."""

    code = "start"
