"""The log of a case that operators and bureaus work on."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from shared.contract.events import (
    CaseClosed,
    CaseKindChanged,
    CaseOpened,
    CasePriorityLowered,
    CasePriorityRaised,
    CaseReopened,
    CaseRequestAttached,
    CaseRequestSplit,
    Decision,
    Event,
    OperatorCommanded,
    Priority,
    new_id,
)
from tests.support.builders import NOON, case_with_request, location, operator_commanded
from workbench.evaluation.feedback.labels import LabelledReport, label_reports
from workbench.evaluation.feedback.opinions import OpinionCollector


class CaseLog:
    """Events of one case and the commands that led to them, an hour apart."""

    def __init__(self, *request_ids: str, level: str = "P1") -> None:
        self.case_id, self.level, self.status = new_id(), level, "open"
        self.commands: list[OperatorCommanded] = []
        self.events: list[Event] = []
        self.hours = 0
        self.service_code = "ROW-POTHOLE"
        self._add(CaseOpened, request_id=request_ids[0])
        for request_id in request_ids[1:]:
            self.attach(request_id)

    def attach(self, request_id: str) -> None:
        self._add(CaseRequestAttached, request_id=request_id)

    def split(self, request_id: str) -> None:
        self._add(CaseRequestSplit, request_id=request_id, to_case=new_id())

    def lower(
        self, actor: str | None = "kim", reason: str = "Looked at it", to: str = "P4"
    ) -> None:
        cause = self._command(actor, reason)
        before, self.level = self.level, to
        self._add(CasePriorityLowered, cause, reason, previous_level=before, reason=reason)

    def lift(self, actor: str | None = "kim", reason: str = "Looked at it", to: str = "P2") -> None:
        cause = self._command(actor, reason)
        before, self.level = self.level, to
        self._add(CasePriorityRaised, cause, reason, previous_level=before, request_id=None)

    def change_kind(self, service_code: str, actor: str | None = "kim") -> None:
        cause = self._command(actor, "Looked at it", "change_kind")
        before, self.service_code = self.service_code, service_code
        self._add(
            CaseKindChanged,
            cause,
            previous_service_code=before,
            previous_dedup_group="pavement",
            location=location().model_dump(),
            opened_by=new_id(),
        )

    def lifted_by(self, request_id: str, to: str = "P2") -> None:
        before, self.level = self.level, to
        self._add(CasePriorityRaised, previous_level=before, request_id=request_id)

    def close(self, reason: str | None, bureau: str | None = "PBOT-MAINT") -> None:
        cause = None if bureau else self._command("kim", reason or "")
        self._add(
            CaseClosed,
            cause,
            previous_status="open",
            closed_at=NOON,
            bureau=bureau,
            reason=reason,
        )

    def reopen(self) -> None:
        self._add(CaseReopened, previous_status="declined")

    def _command(
        self, actor: str | None, reason: str, command: str = "close"
    ) -> OperatorCommanded | None:
        if actor is None:
            return None
        data = {"command": command, "case_id": self.case_id, "actor": actor, "reason": reason}
        self.commands.append(operator_commanded(data=data))
        return self.commands[-1]

    def _add(
        self, kind: type[Event], cause: Event | None = None, why: str = "", **changes: Any
    ) -> None:
        reasons = [{"code": "by_operator", "points": 1, "evidence": why}]
        fields = {
            "case_id": self.case_id,
            "version": len(self.events) + 1,
            "status": self.status,
            "service_code": self.service_code,
            "priority": Priority.model_validate(
                {"level": self.level, "score": 1, "reasons": reasons}
            ),
        }
        state = case_with_request(**fields).model_dump() | changes
        self.hours += 1
        event = {
            "time": NOON + timedelta(hours=self.hours),
            "subject": self.case_id,
            "causationid": cause.id if cause else None,
            "data": state,
        }
        self.events.append(kind.model_validate(event))


def reports_of(*decisions: Decision, cases: list[CaseLog]) -> Sequence[LabelledReport]:
    """Return the labelled reports of these cases."""
    collector = OpinionCollector()
    for case in cases:
        for command in case.commands:
            collector.add_command(command)
    for case in cases:
        for event in case.events:
            collector.add_case_event(event)
    return label_reports(decisions, collector.by_request(), collector.kinds_by_request())


def labels_of(*decisions: Decision, cases: list[CaseLog]) -> Mapping[str, tuple[str, str]]:
    """Return label and second label of urgency by id of the request."""
    found = (one.urgency for one in reports_of(*decisions, cases=cases))
    return {one.id: (one.label, one.second) for one in found if one}


def kinds_of(*decisions: Decision, cases: list[CaseLog]) -> Mapping[str, tuple[str, str]]:
    """Return kinds and dangers by id of the request."""
    found = (one.kind for one in reports_of(*decisions, cases=cases))
    return {one.id: (one.kinds, one.dangers) for one in found if one}
