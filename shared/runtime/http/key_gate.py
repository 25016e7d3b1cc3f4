"""The gate at the socket for calls with a key: rate limits and admission control."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from shared.runtime.http.addresses import caller_address
from shared.runtime.http.admission import AdmissionControl
from shared.runtime.http.api_keys import Principal, Scope
from shared.runtime.http.authentication import Callers
from shared.runtime.http.http_bytes import header_values
from shared.runtime.http.load_shedding import EarlyRejectGate, GateDecision
from shared.runtime.http.refusals import ADDRESS_RATE, KEY_RATE, Translate, problem_details


@dataclass(frozen=True, slots=True)
class KeyedRoute:
    """A route to which callers with a key submit.

    Attributes:
        path: Its path, with ``{name}`` for variable parts.
        admissions: Admission control by the scope of the callers.
        reads_other_keys: True when the key may also be in the query or the form.
    """

    path: str
    admissions: Mapping[Scope, AdmissionControl]
    reads_other_keys: bool = False
    translate: Translate = problem_details


def key_gate(callers: Callers, routes: Sequence[KeyedRoute]) -> EarlyRejectGate:
    """Return the gate for POSTs on these routes.

    It acquires a slot for a complete request with a cached key. It never does so for a stranger:
    the handler does once it knows the caller and has the body.
    """

    def decide(line: re.Match[bytes], head: bytes, peer: str) -> GateDecision:
        route = routes[(line.lastindex or 1) - 1]
        keys = header_values(head, b"authorization")
        if route.reads_other_keys and not keys:
            return None
        key = keys[0] if len(keys) == 1 else b""
        principal = callers.keys.cached(key)
        if principal is not None:
            return _decide_by_name(callers, route, principal)
        is_refused = _is_refused_stranger(callers, head, key, peer)
        return ADDRESS_RATE.raw_response(route.translate) if is_refused else None

    return EarlyRejectGate(_request_line(routes), decide)


def _decide_by_name(callers: Callers, route: KeyedRoute, principal: Principal) -> GateDecision:
    admission = route.admissions.get(principal.scope)
    if admission is None:
        return None
    if not callers.try_count(principal):
        return KEY_RATE.raw_response(route.translate)
    refusal = admission.try_acquire(principal.name)
    if refusal is not None:
        return refusal.raw_response(route.translate)
    return partial(admission.release, principal.name)


def _request_line(routes: Sequence[KeyedRoute]) -> re.Pattern[bytes]:
    """Return a pattern with a group for each route."""
    parts = [re.split(r"\{\w+\}", route.path) for route in routes]
    alternatives = "|".join(f"({'[^/? ]+'.join(map(re.escape, fixed))})" for fixed in parts)
    return re.compile(f"POST (?:{alternatives})(?:\\?[^ ]*)? ".encode())


def _is_refused_stranger(callers: Callers, head: bytes, key: bytes, peer: str) -> bool:
    """Return True for a caller whose address has no token; take none."""
    if callers.keys.was_valid(key):
        return False
    forwarded = b",".join(header_values(head, b"x-forwarded-for")).decode("latin-1")
    address = caller_address(peer, forwarded, callers.proxies)
    return not callers.by_address.has_token(address)
