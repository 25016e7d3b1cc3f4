from collections import Counter
from itertools import islice

from workbench.bench.end_to_end import to_submit
from workbench.bench.load import submissions
from workbench.bench.urgent import _mixed, _urgent_reports


def test_urgent_ones_stand_evenly_inside_a_burst_of_several_adapters() -> None:
    routine = to_submit(submissions(103))

    records = _mixed(routine, list(islice(_urgent_reports(), 10)), adapters=4)

    urgent = [n for n, record in enumerate(records) if record.event_id.startswith("urgent-")]
    assert urgent == list(range(10, 110, 11))
    assert sorted(Counter(record.key for record in records).values()) == [28, 28, 28, 29]
    assert [record for record in records if records.count(record) > 1] == []
