"""Text of an HTTP problem for a terminal."""

from typing import Any


def explanation(problem: dict[str, Any]) -> str:
    """Return what a problem says, by field where it names some."""
    fields = [f"{error['field']}: {error['message']}" for error in problem.get("errors", ())]
    return "; ".join(fields) or f"{problem.get('title')}: {problem.get('detail')}"
