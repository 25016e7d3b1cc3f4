from itertools import islice

from workbench.bench.bursts import mixed
from workbench.bench.load import submissions
from workbench.bench.urgent import _urgent_reports


def test_urgent_ones_stand_evenly_inside_a_burst() -> None:
    routine, urgent = list(submissions(103)), list(islice(_urgent_reports(), 10))

    events = mixed(routine, urgent)

    assert [n for n, event in enumerate(events) if event in urgent] == list(range(10, 110, 11))
    assert [event for event in events if event not in urgent] == routine
