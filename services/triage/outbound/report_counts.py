"""From requests to the counts that the surge watcher reads instead of them."""

from collections.abc import Iterable

from services.triage.surges.detection import slot_of, slot_start
from services.triage.surges.distinct_count import reporter_hash
from services.triage.surges.state import district_of
from shared.contract.events import ReportCount, ReportCounts, Request
from shared.vocabulary import Lane, is_plausible


def to_report_counts(requests: Iterable[Request]) -> list[ReportCounts]:
    """Return one payload for each dedup group and lane among the requests of a batch.

    A reporter appears once for each district and slot, in order of arrival. Requests whose event
    time is not plausible are left out: they would move the watcher's clock.
    """
    groups: dict[tuple[str, str, Lane], dict[tuple[str, int], dict[int, None]]] = {}
    for request in filter(_is_countable, requests):
        group = groups.setdefault((request.jurisdiction, request.dedup_group, request.lane), {})
        reporters = group.setdefault((district_of(request), slot_of(request.observed_at)), {})
        reporters[reporter_hash(request.reporter_ref or request.request_id)] = None
    return [
        ReportCounts(
            jurisdiction=jurisdiction,
            dedup_group=dedup_group,
            lane=lane,
            counts=tuple(
                ReportCount(
                    district=district, observed_from=slot_start(slot), reporters=tuple(reporters)
                )
                for (district, slot), reporters in group.items()
            ),
        )
        for (jurisdiction, dedup_group, lane), group in groups.items()
    ]


def _is_countable(request: Request) -> bool:
    return is_plausible(request.observed_at)
