"""Links of messages: who calls one, which message it is of, and how its pages are described."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import web

from services.notify.channels.resident_links.pages import BadLinkError
from services.notify.rules.signed_links import LinkPurpose, SignedLinks, has_ended
from shared.runtime.clock import utc_now
from shared.runtime.http.addresses import Network, address_of
from shared.runtime.http.body import urlencoded_fields
from shared.runtime.http.callers import RefusedError
from shared.runtime.http.openapi import RETRY_AFTER, Content, Parameter
from shared.runtime.http.problem_details import problem_response
from shared.runtime.http.rate_limits import TokenBuckets
from shared.runtime.http.refusals import ADDRESS_RATE

_PER_SECOND = 20.0
_BURST_S = 5.0

HTML = ("text/html",)
LINK_REFUSALS: Mapping[int, Content] = {
    404: Content("The link is of no message.", HTML),
    410: Content("The link is too old, or was used too often.", HTML),
    429: Content("The address calls too often.", HTML),
    503: Content("It cannot be answered at the moment.", HTML, headers=RETRY_AFTER),
}
"""The responses of every page behind a link that are not its own."""
FORM_REFUSALS: Mapping[int, Content] = {
    400: Content("It is no form.", HTML),
    408: Content("It did not arrive in time."),
    413: Content("It is larger than 128 KiB.", HTML),
    415: Content("It is of another type, or compressed.", HTML),
    422: Content("Fields are wrong; the page shows which and why.", HTML),
    **LINK_REFUSALS,
}
"""Those of a form behind a link."""
LANGUAGE = {"lang": Parameter("Language of the page; that of messages where it is missing.")}


@dataclass(frozen=True, slots=True)
class LinkReader:
    """Reads the links that people call.

    Attributes:
        links: The key of their signatures.
        proxies: Networks of trusted reverse proxies.
        by_address: Limits how often an address calls.
    """

    links: SignedLinks
    proxies: Sequence[Network]
    by_address: TokenBuckets = field(
        default_factory=lambda: TokenBuckets(_PER_SECOND, burst_s=_BURST_S)
    )
    clock: Callable[[], datetime] = utc_now

    def message_of(self, request: web.Request, purpose: LinkPurpose) -> str:
        """Return the id of the message that a called link is of.

        Args:
            purpose: What the link must be for.

        Raises:
            RefusedError: The address calls too often.
            BadLinkError: The link is of no such page.
        """
        if not self.by_address.try_take(address_of(request, self.proxies)):
            raise RefusedError(ADDRESS_RATE.response())
        message = self.links.notification(purpose, request.match_info["token"])
        if message is None:
            raise BadLinkError("unknown")
        return message

    def require_live(self, purpose: LinkPurpose, due_at: datetime) -> None:
        """Check that the link of a message is not too old.

        Args:
            purpose: The page that it opens.
            due_at: When the message became due.

        Raises:
            BadLinkError: It is.
        """
        if has_ended(purpose, due_at, self.clock()):
            raise BadLinkError("ended")


_MAX_FIELDS = 20


def form_fields(body: bytes) -> dict[str, str]:
    """Return the fields of a form.

    Raises:
        RefusedError: It is none.
    """
    try:
        return dict(urlencoded_fields(body, _MAX_FIELDS))
    except ValueError:
        detail = "Send the form of the page."
        raise RefusedError(problem_response(400, "Not a form", detail)) from None
