"""Finding a running router."""

from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.folder import DataFolder, is_in_use
from deploy.local.stack_file import Stack, read_stack

DEFAULT_DATA = Path(".route311")

__all__ = ["DEFAULT_DATA", "NoRouterError", "Stack", "load_stack"]


class NoRouterError(StackError):
    """No router runs where one was looked for."""

    code = "no_router"


def load_stack(data: Path = DEFAULT_DATA) -> Stack:
    """Return where to reach the router that runs in a data folder.

    Raises:
        NoRouterError: None runs there.
    """
    stack = read_stack(DataFolder(data).stack_file) if is_in_use(data) else None
    if stack is None:
        raise NoRouterError(f"no running router in {data}; start one with `route311 up`")
    return stack
