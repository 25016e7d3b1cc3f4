"""Which labelled requests are of one problem."""

from collections.abc import Iterable


def connected_components(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return for each labelled request the name of its family: all that pairs connect."""
    parent: dict[str, str] = {}
    for one, other in pairs:
        parent[_root(parent, one)] = _root(parent, other)
    return {request: _root(parent, request) for request in list(parent)}


def _root(parent: dict[str, str], request: str) -> str:
    path = []
    while (above := parent.setdefault(request, request)) != request:
        path.append(request)
        request = above
    parent.update(dict.fromkeys(path, request))
    return request
