"""Errors as log fields: type, stack and causes, without texts that may hold personal data."""

import asyncio
import sys
import threading
import traceback
from types import TracebackType
from typing import Any, TypeAlias

import structlog

from shared.errors import Route311Error

log = structlog.get_logger()

ExcInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None]

_MAX_FRAMES = 30
_MAX_CAUSES = 8


def as_fields(exc_info: ExcInfo) -> list[dict[str, Any]]:
    """Return an error and its causes, the outermost first, for a JSON log.

    The message is kept for our own errors, which name fields and never values. Those of libraries
    may quote the value that they could not handle, such as a key or a whole text.
    """
    return _chain(exc_info[1], _MAX_CAUSES)


def _chain(error: BaseException | None, left: int) -> list[dict[str, Any]]:
    chain: list[dict[str, Any]] = []
    while error is not None and len(chain) < left:
        chain.append(_fields(error, left))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return chain


def _fields(error: BaseException, left: int) -> dict[str, Any]:
    fields: dict[str, Any] = {"type": f"{type(error).__module__}.{type(error).__qualname__}"}
    if isinstance(error, Route311Error):
        fields["message"] = str(error)
    elif isinstance(error, OSError) and error.strerror:
        fields["message"] = error.strerror  # the system's own words, without file or address
    fields["frames"] = frames_of(error, _MAX_FRAMES)
    if isinstance(error, BaseExceptionGroup):
        fields["errors"] = [_chain(each, left - 1) for each in error.exceptions[:left]]
    return fields


def frames_of(error: BaseException, most: int) -> list[str]:
    """Return the innermost frames of an error's traceback, without values."""
    frames = traceback.extract_tb(error.__traceback__)[-most:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


def log_uncaught() -> None:
    """Log uncaught errors, of the main thread and of others, instead of printing them."""

    def uncaught(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        log.critical("process_failed", reason=kind.__name__, exc_info=(kind, error, trace))

    def uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            info = (args.exc_type, args.exc_value, args.exc_traceback)
            log.critical("thread_failed", reason=args.exc_type.__name__, exc_info=info)

    def unraisable(args: "sys.UnraisableHookArgs") -> None:
        if args.exc_value is not None:
            info = (args.exc_type, args.exc_value, args.exc_traceback)
            log.error("error_in_finalizer", reason=args.exc_type.__name__, exc_info=info)

    sys.excepthook = uncaught
    threading.excepthook = uncaught_in_thread
    sys.unraisablehook = unraisable


def log_loop_errors(loop: asyncio.AbstractEventLoop) -> None:
    """Log errors of tasks that are never awaited, without the tasks' names and results."""

    def handle(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        info = (type(error), error, error.__traceback__) if error else None
        reason = type(error).__name__ if error else None
        log.error("loop_error", what=context.get("message"), reason=reason, exc_info=info)

    loop.set_exception_handler(handle)
