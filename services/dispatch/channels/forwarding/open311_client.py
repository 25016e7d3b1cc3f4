"""Client of an Open311 GeoReport v2 endpoint that takes a bureau's work orders as requests."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from urllib.parse import quote, urlencode
from zlib import crc32

from services.dispatch.channels.forwarding.rules import forwards, open311
from services.dispatch.channels.forwarding.rules.open311 import Accepted, Entry
from shared.catalogue import Open311Forward
from shared.contract.events import Location, WorkOrder
from shared.delivery_attempts import Outcome
from shared.runtime.http.client import OutgoingCalls

_FORM = "application/x-www-form-urlencoded; charset=utf-8"
_MAX_ANSWER = 8 * 1024 * 1024
_CLOCKS_DIFFER = timedelta(hours=1)
_MAX_PAGES = 5
# Where a server's list ends by the specification, though it has more.
_FULL_PAGE = 1_000
_ABOUT_THE_REQUEST = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY}
)


class CallFailedError(Exception):
    """The other system gave no usable answer, for a reason that an operator reads."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Open311Client:
    """Submits requests to an endpoint and reads them; a failed read raises ``CallFailedError``."""

    calls: OutgoingCalls
    to: Open311Forward
    api_key: str = field(repr=False)

    async def submit(self, order: WorkOrder) -> forwards.TryResult:
        """Submit a work order whose kind has a code there; return the result."""
        form = urlencode(request_form(order, self.to)).encode()
        headers = {
            "Content-Type": _FORM,
            "Accept": "application/json",
            # where the server knows it, as ours does; a form that was mended is another one
            "Idempotency-Key": f"{order.work_order_id}-{crc32(form):08x}",
        }
        key = urlencode({"api_key": self.api_key}).encode()
        url = f"{self.to.endpoint}/requests.json"
        outcome, body = await self.calls.send(
            "POST", url, headers, form + b"&" + key, max_answer=_MAX_ANSWER
        )
        entries = open311.read_list(body)
        if outcome.error is None:
            if taken := open311.accepted(entries):
                return forwards.Taken(*taken)
            return forwards.Failed(_unusable(outcome), "unreadable_answer", may_have_arrived=True)
        words = open311.refusal(entries)
        if words and outcome.status in _ABOUT_THE_REQUEST:
            return forwards.Refused("parked", f"refused there: {words}")
        return forwards.Failed(outcome, _reason(outcome, words), forwards.may_have_arrived(outcome))

    async def find(self, order: WorkOrder, since: datetime) -> Accepted | None:
        """Return the request that a work order became since a time; None where there is none."""
        began = (since - _CLOCKS_DIFFER).astimezone(UTC)
        query = {
            "service_code": self.to.service_codes[order.service_code],
            "start_date": f"{began:%Y-%m-%dT%H:%M:%SZ}",
        }
        seen = set[str | None]()
        page = 1
        while True:
            outcome, entries = await self._read("requests", query | {"page": f"{page}"})
            if found := open311.find_reference(entries, order.work_order_id):
                return found
            ids = {open311.id_of(entry) for entry in entries}
            knows_no_pages = bool(ids) and ids <= seen
            if page == _MAX_PAGES or (knows_no_pages and len(seen) >= _FULL_PAGE):
                raise CallFailedError(_unusable(outcome), "too_many_requests_to_search")
            if ids <= seen:
                return None
            seen |= ids
            page += 1

    async def requests(self, ids: Sequence[str]) -> Mapping[str, Entry]:
        """Return requests by id, without those that the server does not know.

        A server that has since given requests other ids answers by these. Each of them is read
        alone then, so that it is certain which request is meant.
        """
        query = {"service_request_id": ",".join(ids), "extensions": "true"}
        _, entries = await self._read("requests", query, missing_is_empty=True)
        found = {id_: entry for entry in entries if (id_ := open311.id_of(entry))}
        known = {id_: found[id_] for id_ in ids if id_ in found}
        if len(known) < len(found):
            missing = [id_ for id_ in ids if id_ not in known]
            with suppress(CallFailedError):  # no such route there: the others are known
                for id_ in missing:
                    if entry := await self._request(id_):
                        known[id_] = entry
        return known

    async def _request(self, id_: str) -> Entry | None:
        path = f"requests/{quote(id_, safe='')}"
        _, entries = await self._read(path, {"extensions": "true"}, missing_is_empty=True)
        return entries[0] if entries else None

    async def id_of_token(self, token: str) -> str | None:
        """Return the id that a token stands for; None while there is none."""
        path = f"tokens/{quote(token, safe='')}"
        _, entries = await self._read(path, {}, missing_is_empty=True)
        return open311.id_of(entries[0]) if entries else None

    async def _read(
        self, path: str, query: Mapping[str, str], *, missing_is_empty: bool = False
    ) -> tuple[Outcome, Sequence[Entry]]:
        city = {"jurisdiction_id": self.to.jurisdiction_id} if self.to.jurisdiction_id else {}
        url = f"{self.to.endpoint}/{path}.json?{urlencode({**city, **query})}"
        headers = {"Accept": "application/json"}
        outcome, body = await self.calls.send("GET", url, headers, max_answer=_MAX_ANSWER)
        entries = open311.read_list(body)
        if missing_is_empty and outcome.status == HTTPStatus.NOT_FOUND:
            return outcome, []
        if outcome.error is not None:
            raise CallFailedError(outcome, _reason(outcome, open311.refusal(entries)))
        if entries is None:
            raise CallFailedError(_unusable(outcome), "unreadable_answer")
        return outcome, entries


def request_form(order: WorkOrder, to: Open311Forward) -> dict[str, str]:
    """Return the parameters of a request without key, pictures or contacts: it may be public."""
    location = order.location
    answers = [f"{code}: {_text(value)}" for code, value in order.attributes.items()]
    parts = (order.summary, location.details, "\n".join(answers))
    fields = {
        "jurisdiction_id": to.jurisdiction_id,
        "service_code": to.service_codes[order.service_code],
        **_point(location),
        "address_string": location.address,
        "description": open311.described(parts, order.work_order_id),
    }
    return {name: value for name, value in fields.items() if value}


def _point(location: Location) -> Mapping[str, str]:
    """Return the point, unless it is none or a placeholder for "unknown"."""
    latitude, longitude = location.latitude, location.longitude
    if latitude is None or longitude is None or location.precision in {"default", "none"}:
        return {}
    return {"lat": f"{latitude:.6f}", "long": f"{longitude:.6f}"}


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _unusable(outcome: Outcome) -> Outcome:
    """Return the outcome of a call that failed despite its status."""
    return replace(outcome, error="unusable_answer")


def _reason(outcome: Outcome, words: str | None) -> str:
    status = f"{outcome.error} ({outcome.status})" if outcome.status else f"{outcome.error}"
    return f"{status}: {words}" if words else status
