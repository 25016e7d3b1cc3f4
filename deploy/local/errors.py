"""Errors of the embedded stack, worded for the person who started it.

A module of its own, so that the command line can catch them without loading the stack.
"""

from shared.errors import Route311Error


class StackError(Route311Error):
    """The stack cannot be started here; the text is one line for the operator."""

    code = "stack"


class StartError(StackError):
    """A program ended, or did not answer its readiness probe, before it was ready."""

    code = "start"
