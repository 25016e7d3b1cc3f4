"""What can go wrong with the embedded stack, in words for the person who started it."""

from shared.errors import Route311Error


class StackError(Route311Error):
    """The stack cannot be started here; the text says why in one line."""

    code = "stack"


class StartError(StackError):
    """A program ended, or did not answer, before it was ready."""

    code = "start"
