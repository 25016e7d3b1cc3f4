"""Docstrings of a model's fields, read from its source when a schema is made, not at import."""

import ast
import inspect
from collections.abc import Iterator
from itertools import pairwise
from textwrap import dedent

from pydantic import BaseModel


def field_docstrings(model: type[BaseModel]) -> dict[str, str]:
    """Return the docstring of each field that has one; a subclass precedes its bases."""
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if issubclass(base, BaseModel) and not base.__module__.startswith("pydantic"):
            found.update(_own_docstrings(base))
    return found


def _own_docstrings(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    try:
        source = inspect.getsource(model)
    except (OSError, TypeError):  # a class that a function made
        return
    body = (node for part in ast.parse(dedent(source)).body for node in ast.iter_child_nodes(part))
    for field, after in pairwise(body):
        match field, after:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield name, inspect.cleandoc(text)
            case _:
                pass
