"""A feed with a plan: pages, a failure in between, and how to judge what a program makes of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from workbench.bureau.conformance import SampleEvent, Samples
from workbench.bureau.findings import BureauFinding

_FIRST, _SECOND = "first-page", "second-page"
_KEY_HEADER = "Idempotency-Key"


@dataclass(frozen=True, slots=True)
class FeedAnswer:
    """An answer of the played dispatch."""

    status: int
    body: Mapping[str, Any]


_BUSY = FeedAnswer(HTTPStatus.SERVICE_UNAVAILABLE, {"title": "Busy", "detail": "Call again."})


@dataclass(slots=True)
class FeedScript:
    """The plan: two work orders, a call that fails, a change of the first, then nothing more.

    The first update fails, too.

    Attributes:
        pages: Number of pages that the program has taken.
    """

    samples: Samples
    pages: int = 0
    _failed: bool = False
    _calls: int = 0
    _waits: bool = False
    _lost_cursor: bool = False
    _is_excused: bool = False  # an update of the page failed
    _updates: dict[str | None, Any] = field(default_factory=dict)
    _first_update: tuple[str | None, Any] | None = None
    _repeated: bool = False
    _orders: list[SampleEvent] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        """True when the program has seen everything."""
        return self.pages > 2 and (self._first_update is None or self._repeated)  # noqa: PLR2004

    def page(self, after: str | None, wait: str | None) -> FeedAnswer:
        """Answer a call of the feed.

        Args:
            after: The cursor that the program sends.
            wait: How long the answer may be held back.
        """
        self._calls += 1
        self._waits |= wait is not None
        if after is None:
            self._lost_cursor |= self.pages > 0 and not self._is_excused
            self._is_excused = False
            self._orders = self._orders or [self.samples.event(), self.samples.event()]
            self.pages = max(self.pages, 1)
            return _page(_FIRST, *self._orders)
        if after not in {_FIRST, _SECOND}:
            problem = {"title": "Bad cursor", "code": "bad_cursor"}
            return FeedAnswer(HTTPStatus.BAD_REQUEST, problem)
        if not self._failed:
            self._failed = True
            return _BUSY
        if after == _FIRST:
            self.pages = max(self.pages, 2)
            known = self._orders[0]["data"]
            order = {name: known[name] for name in ("work_order_id", "case_id")}
            return _page(_SECOND, self.samples.event("changed", **order, version=2))
        self.pages = 3
        return _page(_SECOND)

    def update(self, key: str | None, body: Any) -> FeedAnswer:  # noqa: ANN401 - any JSON
        """Answer an update.

        Args:
            key: Its ``Idempotency-Key``.
        """
        if self._first_update is None:
            self._first_update = key, body
            self._is_excused = True
            return _BUSY
        self._repeated |= (key, body) == self._first_update
        self._updates[key] = body
        return FeedAnswer(HTTPStatus.OK, {"changed": True, "code": None})

    def findings(self) -> Iterator[BureauFinding]:
        """Yield what is wrong with the program, and what would be better."""
        if not self._calls:
            yield BureauFinding("no_call", "It did not ask for the feed.")
            return
        if self._lost_cursor:
            yield BureauFinding(
                "cursor_lost",
                "It began anew after it had a page: keep next with what you stored, and send it "
                "as after.",
            )
        if self.pages == 0:
            yield BureauFinding(
                "foreign_cursor", "It began with a cursor of another feed: begin without one."
            )
        elif self.pages == 1 and self._failed:
            yield BureauFinding(
                "gave_up",
                "It did not ask again with its cursor after a 503: wait a moment and ask again.",
            )
        elif self.pages == 1 and not self._lost_cursor:
            yield BureauFinding("stopped", "It asked for one page and then no more.")
        if not self._waits:
            yield BureauFinding(
                "no_wait",
                "It never sends wait: with wait=30 an answer comes as soon as there is an event, "
                "and few calls are empty.",
                is_wrong=False,
            )
        yield from self._judge_updates()

    def _judge_updates(self) -> Iterator[BureauFinding]:
        if self._first_update is None:
            yield BureauFinding("no_update", "It acknowledged no work order.", is_wrong=False)
            return
        key, body = self._first_update
        if key is None:
            yield BureauFinding(
                "no_idempotency_key",
                f"It sends updates without {_KEY_HEADER}: without one a repeat counts as another "
                "update.",
            )
        elif not self._repeated and body in self._updates.values():
            yield BureauFinding(
                "new_key", f"It repeated an update under another {_KEY_HEADER}: take the same one."
            )
        elif not self._repeated:
            yield BureauFinding(
                "update_not_repeated",
                f"It did not send an update again after a 503: send it with the same {_KEY_HEADER}"
                " until there is an answer.",
            )


def _page(cursor: str, *events: SampleEvent) -> FeedAnswer:
    return FeedAnswer(HTTPStatus.OK, {"events": list(events), "next": cursor, "more": False})
