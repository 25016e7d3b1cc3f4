"""Rules for the updates of a bureau: what is wrong, and what would be better."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from workbench.bureau.findings import BureauFinding
from workbench.bureau.updates_log import BureauLog

_ENOUGH = 5
"""Updates from which on a rule speaks of all of them."""
_EXAMPLES = 3
_ANSWERED_WITHIN = timedelta(minutes=1)
_REFUSED = {
    "invalid": "fields are missing or have the wrong form; the receipt names them",
    "unknown_work_order": "there is no work order of this id",
    "not_your_work_order": "write your own code in bureau, and to your own work orders alone",
    "missing_reason": "say in reason why the work is declined",
    "missing_transfer_to": "say in transfer_to which bureau shall have the work",
    "unknown_bureau": "transfer_to names no bureau of the city",
    "transition_not_allowed": "the work order could not go there from its status",
}
_CONFLICT = "version_conflict"


def judge_log(log: BureauLog, now: datetime) -> list[BureauFinding]:
    """Return what is wrong with the updates of a bureau, and what would be better."""
    return [finding for rule in _RULES for finding in rule(log, now)]


def _unreadable(log: BureauLog, _: datetime) -> Iterator[BureauFinding]:
    for code, count in Counter(log.unreadable).items():
        yield BureauFinding(
            code,
            f"{_records(count)} on its topic {_is(count)} no update and got no receipt ({code}): "
            "write one CloudEvent of the type route311.work_order.update.v1 as JSON.",
        )


def _refused(log: BureauLog, _: datetime) -> Iterator[BureauFinding]:
    codes = Counter(receipt.code for receipt in log.receipts if receipt.code)
    for code, count in codes.items():
        examples = [receipt.update_id for receipt in log.receipts if receipt.code == code]
        shown = ", ".join(examples[:_EXAMPLES])
        if code == _CONFLICT:
            advice = "read the newest version of a work order before you update it"
            yield BureauFinding(
                code, f"{_updates(count)} refused: {advice} ({shown}).", is_wrong=False
            )
        else:
            yield BureauFinding(code, f"{_updates(count)} refused: {_REFUSED[code]} ({shown}).")


def _reused(log: BureauLog, _: datetime) -> Iterator[BureauFinding]:
    first: dict[tuple[str, str], object] = {}
    reused = [
        one.id
        for one in log.updates
        if first.setdefault((one.source, one.id), one.data) != one.data
    ]
    if reused:
        yield BureauFinding(
            "id_reused",
            f"{_updates(len(reused))} ignored: the id was used for another update before, so give "
            f"each one of its own ({', '.join(reused[:_EXAMPLES])}).",
        )


def _unanswered(log: BureauLog, now: datetime) -> Iterator[BureauFinding]:
    answered = {(receipt.update_source, receipt.update_id) for receipt in log.receipts}
    waiting = [
        one.id
        for one in log.updates
        if (one.source, one.id) not in answered and one.at < now - _ANSWERED_WITHIN
    ]
    if waiting:
        yield BureauFinding(
            "missing_receipt",
            f"{len(waiting):,} of its updates got no receipt: dispatch is behind, or the record is "
            f"lost; send them again under the same id ({', '.join(waiting[:_EXAMPLES])}).",
        )


def _unacknowledged(log: BureauLog, now: datetime) -> Iterator[BureauFinding]:
    late = [
        order.work_order_id
        for order in log.orders.values()
        if order.status == "issued" and order.due.acknowledge_by < now
    ]
    if late:
        yield BureauFinding(
            "not_acknowledged",
            f"{len(late):,} of {len(log.orders):,} work orders were not acknowledged in time: does "
            f"its program read them, and answer? ({', '.join(late[:_EXAMPLES])})",
        )


def _keys(log: BureauLog, _: datetime) -> Iterator[BureauFinding]:
    wrong = [
        one.id
        for one in log.updates
        if (order := log.orders.get(str(one.field("work_order_id")))) and one.key != order.case_id
    ]
    if wrong:
        yield BureauFinding(
            "record_key",
            f"{len(wrong):,} updates have another record key than the id of their case: with it "
            f"they stay in order ({', '.join(wrong[:_EXAMPLES])}).",
            is_wrong=False,
        )


def _versions(log: BureauLog, _: datetime) -> Iterator[BureauFinding]:
    if len(log.updates) >= _ENOUGH and not any(
        one.field("expected_version") for one in log.updates
    ):
        yield BureauFinding(
            "no_expected_version",
            "No update has an expected_version: with it an update is refused where the work order "
            "has changed since.",
            is_wrong=False,
        )


_RULES: Sequence[Callable[[BureauLog, datetime], Iterator[BureauFinding]]] = (
    _unreadable,
    _refused,
    _reused,
    _unanswered,
    _unacknowledged,
    _keys,
    _versions,
)


def _records(count: int) -> str:
    return f"{count:,} record{'s' if count > 1 else ''}"


def _is(count: int) -> str:
    return "are" if count > 1 else "is"


def _updates(count: int) -> str:
    return f"{count:,} update{'s were' if count > 1 else ' was'}"
