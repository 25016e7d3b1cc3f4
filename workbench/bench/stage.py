"""Speed of triage alone, against bare aiokafka on the same requests."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from deploy.local.infrastructure import infrastructure
from deploy.local.services import ROUTER, running_services
from deploy.local.supervisor import prepare_stores
from services.intake.inbound.validation import ValidatedSubmission, validate
from services.intake.outbound import AdminArea, to_judgement, to_location
from shared.catalogue import Catalogue, load_catalogue_with_indexes, text_rules_version
from shared.contract.events import RequestSubmitted, SubmittedRequest, new_id
from shared.contract.topic import Topic
from shared.contract.topics import INTAKE_REQUESTS, TRIAGE_DECISIONS
from shared.runtime.clock import utc_now
from shared.runtime.kafka import Partition, open_sink
from shared.runtime.kafka.reader import follow
from shared.runtime.kafka.topics import apply_topics
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.outgoing import Outgoing
from workbench.adapter.command import offline_policy
from workbench.bench.child import child, finished
from workbench.bench.load import submissions
from workbench.bench.mix import Mix
from workbench.bench.usage import Usage, process_usage, router_usage_since

_VALIDATED = {
    mode: replace(TRIAGE_DECISIONS, name=f"bench-validated-{mode}") for mode in ("bare", "tuned")
}
_MS_PER_S = 1000
_GIVE_UP_AFTER_S = 300.0


@dataclass(frozen=True, slots=True)
class StageBenchmark:
    """Result of ``bench triage``; rates in events per second.

    Attributes:
        bare_per_s: Rate of aiokafka with default settings.
        tuned_per_s: Rate of aiokafka that waits for all replicas and fills batches, as triage does.
        parts: Resources that each part used while triage decided.
    """

    requests: int
    bare_per_s: float
    tuned_per_s: float
    triage_per_s: float
    parts: dict[str, Usage]

    @property
    def ratio(self) -> float:
        """Triage's rate as a share of bare aiokafka's."""
        return self.triage_per_s / self.bare_per_s

    @property
    def ratio_to_tuned(self) -> float:
        """Triage's rate as a share of tuned aiokafka's."""
        return self.triage_per_s / self.tuned_per_s


async def measure_stage(data: Path, count: int, mix: Mix) -> StageBenchmark:
    """Measure bare aiokafka, tuned aiokafka and triage on the same requests.

    A rate is measured from the first record that a stage wrote to the last, without its start-up.
    """
    catalogue = load_catalogue_with_indexes()
    triage = [service for service in ROUTER if service.name == "triage"]
    async with infrastructure(data, mail=False) as infra:
        await prepare_stores(infra, catalogue.bureau_codes)
        await apply_topics(infra.access, list(_VALIDATED.values()))
        async with open_sink(infra.access) as sink:
            await sink.publish(list(_records(count, catalogue, mix)))
        bare_per_s = await _raw_rate(infra.access, count, "bare")
        tuned_per_s = await _raw_rate(infra.access, count, "tuned")
        before = process_usage()
        async with running_services(infra, triage):
            triage_per_s = await _rate(infra.access, TRIAGE_DECISIONS, count)
            parts = router_usage_since(before)
    return StageBenchmark(count, bare_per_s, tuned_per_s, triage_per_s, parts)


async def _raw_rate(access: KafkaAccess, count: int, mode: str) -> float:
    arguments = (INTAKE_REQUESTS.name, _VALIDATED[mode].name, str(count), mode)
    async with child(access, "workbench.bench.validator", *arguments) as validator:
        rate = await _rate(access, _VALIDATED[mode], count)
        await finished(validator)
        return rate


async def _rate(access: KafkaAccess, topic: Topic, count: int) -> float:
    since = {Partition(topic.name, number): 0 for number in range(topic.partitions)}
    written_at: list[int] = []
    give_up_at = time.monotonic() + _GIVE_UP_AFTER_S
    async with follow(access, since) as tail:
        while len(written_at) < count and time.monotonic() < give_up_at:
            written_at += [record.timestamp for record in await tail.poll(1.0)]
    first, last = min(written_at), max(written_at)
    return sum(at > first for at in written_at) / (last - first) * _MS_PER_S


def _records(count: int, catalogue: Catalogue, mix: Mix) -> Iterator[Outgoing]:
    for request in requests(count, catalogue, mix):
        event = RequestSubmitted.of(request, now=utc_now(), request=request.request_id)
        yield from Outgoing.for_event(event)


def requests(count: int, catalogue: Catalogue, mix: Mix) -> Iterable[SubmittedRequest]:
    """Yield the requests that the benchmark's submissions become."""
    version, policy = text_rules_version(catalogue.version), offline_policy()
    for number, submission in enumerate(submissions(count, mix=mix)):
        now = utc_now()
        valid = validate(submission, now, policy)
        if not isinstance(valid, ValidatedSubmission):
            raise TypeError(f"submission {number} is invalid")
        yield SubmittedRequest(
            request_id=new_id(),
            tracking_number=f"26-{number}",
            jurisdiction=valid.city.jurisdiction.id,
            channel=valid.submission.channel,
            service_code=valid.service.code,
            dedup_group=valid.service.dedup.group,
            description=valid.description,
            language=valid.language,
            location=to_location(valid.location, AdminArea(valid.city.jurisdiction.id)),
            submitted_at=now,
            observed_at=now,
            lane="standard",
            judgement=to_judgement(valid.screening.judgement, version),
        )
