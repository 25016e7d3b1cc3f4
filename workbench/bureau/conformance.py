"""Probes of a bureau's webhook: calls as dispatch makes them, and how to judge the answers."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.resources import files
from typing import Any, Literal, TypeAlias

from shared.contract.events import new_id
from shared.delivery_attempts import error_of
from workbench.bureau.findings import BureauFinding

SampleEvent: TypeAlias = Mapping[str, Any]
SLOW_S = 5.0
_OLD_S = 600
_EXAMPLES = files("shared.contract.events") / "examples"
_TROUBLE = {
    "timeout": "there was no answer within 15 s: store the event, answer 2xx, and work afterwards",
    "connection": "there was no answer: is the endpoint up, and does it read the whole body?",
    "redirect_not_followed": "it redirects, and dispatch follows no redirect: set the final URL",
    "gone": "it answers 410, which switches the webhook off",
    "refused": "dispatch counts that as a failure and sends the event again for 72 hours",
}


@dataclass(frozen=True, slots=True)
class Probe:
    """A call that plays dispatch.

    Attributes:
        code: Stable code of the finding.
        complaint: What is wrong where the answer is not the wanted one.
        wanted: Whether the endpoint shall take the event.
        signers: What signs: ``own`` is the secret of the bureau, ``other`` one that it never had.
        age_s: Seconds by which the timestamp lies in the past.
        is_changed: True where the body was changed after it was signed.
    """

    code: str
    event: SampleEvent
    complaint: str
    wanted: Literal["taken", "refused"] = "taken"
    signers: Sequence[Literal["own", "other"]] = ("own",)
    age_s: int = 0
    is_changed: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer to a probe.

    Attributes:
        status: Status of the answer; None without one.
        error: Why there is none.
    """

    status: int | None
    seconds: float
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Samples:
    """Events about work orders that do not exist, for one bureau."""

    bureau: str
    now: datetime
    ids: Callable[[], str] = field(default=new_id)

    def event(self, kind: str = "issued", **data: object) -> SampleEvent:
        """Return an event of a kind such as ``issued``, with these data."""
        text = (_EXAMPLES / f"route311.work_order.{kind}.v1.json").read_text()
        example = json.loads(text)
        known = {"bureau": self.bureau, "work_order_id": self.ids(), "case_id": self.ids()}
        found = example["data"] | known | data
        head = {"id": self.ids(), "time": self.now.isoformat(), "subject": found["case_id"]}
        return dict(example) | head | {"data": found}


def probes(samples: Samples) -> list[Probe]:
    """Return the probes in the order of play; without the first one no other is played."""
    issued = samples.event()
    order = {name: issued["data"][name] for name in ("work_order_id", "case_id")}
    changed = samples.event("changed", **order, version=2)
    forged = samples.event()
    return [
        Probe("not_taken", issued, "It did not take a genuine event"),
        Probe(
            "repeat_refused",
            issued,
            "It did not take an event that it knows: answer 2xx and do nothing",
        ),
        Probe(
            "rotation_refused",
            samples.event(),
            "It did not take an event with two signatures, of which the second is by its secret: "
            "one that fits is enough, so that secrets can be changed",
            signers=("other", "own"),
        ),
        Probe("change_refused", changed, "It did not take a change of a work order"),
        Probe(
            "replay_refused",
            issued,
            "It did not take an older version again, as a replay sends it: answer 2xx and do "
            "nothing",
        ),
        Probe(
            "reminder_refused",
            samples.event("reminder", **order, version=2),
            "It did not take a reminder",
        ),
        Probe(
            "new_field_refused",
            samples.event(a_field_of_tomorrow="x"),
            "It did not take an event with a field that it does not know: fields may be added",
        ),
        Probe(
            "forged_taken",
            forged,
            "It took an event that is signed by another secret: check webhook-signature",
            wanted="refused",
            signers=("other",),
        ),
        Probe(
            "unsigned_taken",
            samples.event(),
            "It took an event without a signature: check webhook-signature",
            wanted="refused",
            signers=(),
        ),
        Probe(
            "changed_body_taken",
            samples.event(),
            "It took a body that was changed after it was signed: sign what you read, "
            "<webhook-id>.<webhook-timestamp>.<body>, byte by byte",
            wanted="refused",
            is_changed=True,
        ),
        Probe(
            "stale_taken",
            samples.event(),
            "It took a call that was signed ten minutes ago: refuse a webhook-timestamp that is "
            "more than five minutes off",
            wanted="refused",
            age_s=_OLD_S,
        ),
    ]


def burst(samples: Samples, count: int) -> list[Probe]:
    """Return probes to be played at once: as many as dispatch has in flight at most."""
    complaint = f"It did not take {count} calls at once, which is what dispatch has in flight"
    return [Probe("burst_refused", samples.event(), complaint) for _ in range(count)]


def judge(probe: Probe, reply: Reply) -> list[BureauFinding]:
    """Return what is wrong with an answer."""
    failure = error_of(reply.status) if reply.status is not None else reply.error
    if probe.wanted == "refused":
        return [BureauFinding(probe.code, f"{probe.complaint}.")] if failure is None else []
    if failure is not None:
        answered = f"it answered {reply.status}; " if reply.status is not None else ""
        trouble = _TROUBLE.get(failure, f"the call failed ({failure})")
        return [BureauFinding(probe.code, f"{probe.complaint}: {answered}{trouble}.")]
    if reply.seconds > SLOW_S:
        return [
            BureauFinding(
                "slow",
                f"It answered after more than {SLOW_S:.0f} s: store the event, answer, and work "
                "afterwards; after 15 s a call counts as failed.",
                is_wrong=False,
            )
        ]
    return []


def body_of(probe: Probe) -> tuple[bytes, bytes]:
    """Return the body that is signed, and the one that is sent."""
    signed = json.dumps(probe.event).encode()
    if not probe.is_changed:
        return signed, signed
    data = dict(probe.event["data"]) | {"summary": "Somebody else wrote this"}
    return signed, json.dumps(dict(probe.event) | {"data": data}).encode()


def unique(findings: Sequence[BureauFinding]) -> list[BureauFinding]:
    """Return the findings, each sentence once."""
    return list(dict.fromkeys(findings))
