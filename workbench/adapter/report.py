"""The report on an adapter: what the rules found, by sentence."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cli.terminal import printable
from services.intake.inbound.validation import read_partly
from services.intake.policy import IntakePolicy
from shared.contract.events import FieldError
from shared.contract.events.submissions import SubmissionAccepted, SubmissionRejected
from workbench.adapter.records import Receipts, RefusedRecord, WrittenSubmission
from workbench.adapter.rules import (
    EACH,
    JudgedSubmission,
    Remark,
    keys,
    kinds,
    reused_ids,
    unreadable,
)

_EXAMPLES = 3
_NO_RECEIPT = Remark(
    "missing_receipt",
    "No receipt: intake is behind, or the record is lost. Send it again under the same id.",
)


@dataclass(slots=True)
class Finding:
    """A sentence, and the records that it is about.

    Attributes:
        sentence: What is wrong or would be better, and what to do.
        count: How many records it is about.
        examples: Ids of some of them, or positions.
    """

    code: str
    sentence: str
    count: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class AdapterReport:
    """The findings in an adapter's records.

    Attributes:
        accepted: How many receipts accept; None where receipts are not known.
        rejected: How many receipts reject; None as above.
        wrong: What is wrong, the most frequent first.
        better: What would be better, the most frequent first.
    """

    records: int
    accepted: int | None
    rejected: int | None
    wrong: Sequence[Finding]
    better: Sequence[Finding]


def report_on(
    read: Sequence[WrittenSubmission | RefusedRecord],
    receipts: Receipts | None,
    policy: IntakePolicy,
    answered_before: datetime,
) -> AdapterReport:
    """Apply every rule to an adapter's records.

    Args:
        read: The records, in the order in which they were written.
        receipts: The receipts; None where they are not known.
        answered_before: What was written until then should have a receipt.
    """
    submissions = [one for one in read if isinstance(one, WrittenSubmission)]
    times = Counter(one.identity for one in submissions)
    judged = [
        _judge(one, policy, _rejections(one, receipts or {}, is_repeated=times[one.identity] > 1))
        for one in submissions
    ]
    findings = _Findings()
    for broken in read:
        if isinstance(broken, RefusedRecord):
            findings.add(unreadable(broken), broken.record.position)
    for one in judged:
        findings.add((remark for rule in EACH for remark in rule(one)), one.name)
        is_due = one.written.record.written_at <= answered_before
        if receipts is not None and is_due and one.written.identity not in receipts:
            findings.add([_NO_RECEIPT], one.name)
    for remark, one in (*reused_ids(judged), *keys(judged)):
        findings.add([remark], one.name)
    for remark in kinds(judged):
        for one in judged:
            findings.add([remark], one.name)
    return AdapterReport(
        len(read),
        _count(receipts, times, SubmissionAccepted),
        _count(receipts, times, SubmissionRejected),
        findings.sorted(is_wrong=True),
        findings.sorted(is_wrong=False),
    )


class _Findings:
    """Findings by what they say."""

    def __init__(self) -> None:
        self._of: dict[Remark, Finding] = {}

    def add(self, remarks: Iterable[Remark], name: str) -> None:
        for remark in remarks:
            finding = self._of.setdefault(remark, Finding(remark.code, printable(remark.sentence)))
            finding.count += 1
            if len(finding.examples) < _EXAMPLES:
                finding.examples.append(printable(name))

    def sorted(self, *, is_wrong: bool) -> Sequence[Finding]:
        found = [finding for remark, finding in self._of.items() if remark.is_wrong == is_wrong]
        return sorted(found, key=lambda finding: -finding.count)


def _judge(
    written: WrittenSubmission, policy: IntakePolicy, rejections: Iterable[FieldError]
) -> JudgedSubmission:
    """Return the submission as intake judges it today, and as it did by its receipts."""
    validated, errors = read_partly(written.event, written.record.written_at, policy)
    by_fault = {(error.field, error.code): error for error in (*errors, *rejections)}
    redactors = (city.redactor for city in policy.cities.values())
    holds_contact = any(one.holds_contact(written.event.id) for one in redactors)
    is_private = holds_contact or (validated is not None and validated.cause is not written.event)
    name = written.record.position if is_private else written.event.id
    return JudgedSubmission(written, list(by_fault.values()), validated, name)


def _rejections(
    written: WrittenSubmission, receipts: Receipts, *, is_repeated: bool
) -> list[FieldError]:
    """Return the errors in the receipts; which of several records reused an id is seen itself."""
    return [
        error
        for receipt in receipts.get(written.identity, ())
        if isinstance(receipt, SubmissionRejected)
        for error in receipt.data.errors
        if not (is_repeated and error.code == "id_reused")
    ]


def _count(
    receipts: Receipts | None,
    identities: Iterable[tuple[str, str]],
    kind: type[SubmissionAccepted | SubmissionRejected],
) -> int | None:
    if receipts is None:
        return None
    return sum(
        isinstance(one, kind) for identity in identities for one in receipts.get(identity, ())
    )
