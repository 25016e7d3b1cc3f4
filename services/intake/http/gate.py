"""The gate for submissions at the socket: limits by key and address, and admission."""

from functools import partial

from services.intake.http.admission import AdmissionControl
from shared.runtime.http.addresses import caller_address
from shared.runtime.http.api_keys import Principal
from shared.runtime.http.callers import ADAPTER, Callers
from shared.runtime.http.http_bytes import header_values
from shared.runtime.http.load_shedding import EarlyRejectGate, GateDecision
from shared.runtime.http.refusals import ADDRESS_RATE, KEY_RATE

PATH = "/v1/submissions"


def submission_gate(callers: Callers, admission: AdmissionControl) -> EarlyRejectGate:
    """Return the gate for submissions.

    It gives a slot to a complete request with a key that is known without a lookup. It never gives
    one to a stranger: the handler takes it once it knows the caller and has the body.
    """

    def decide(head: bytes, peer: str) -> GateDecision:
        keys = header_values(head, b"authorization")
        key = keys[0] if len(keys) == 1 else b""
        principal = callers.keys.cached(key)
        if principal is None:
            return _refusal_of_stranger(callers, head, key, peer)
        return _decide_by_name(callers, admission, principal)

    return EarlyRejectGate(f"POST {PATH} ".encode(), decide)


def _decide_by_name(
    callers: Callers, admission: AdmissionControl, principal: Principal
) -> GateDecision:
    if principal.scope != ADAPTER:
        return None
    if not callers.by_key.try_take(principal.name):
        return KEY_RATE.raw_response()
    refusal = admission.try_acquire(principal.name)
    return refusal.raw_response() if refusal else partial(admission.release, principal.name)


def _refusal_of_stranger(callers: Callers, head: bytes, key: bytes, peer: str) -> bytes | None:
    """Return the response for a caller whose address has no token; take none."""
    if callers.keys.was_valid(key):
        return None
    forwarded = b",".join(header_values(head, b"x-forwarded-for")).decode("latin-1")
    address = caller_address(peer, forwarded, callers.proxies)
    if callers.by_address.has_token(address):
        return None
    return ADDRESS_RATE.raw_response()
