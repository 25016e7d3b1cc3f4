"""What is named as the limit of a run."""

import pytest

from workbench.bench.bottleneck import Running, find_bottleneck

INTAKE = Running("intake", 0.95)
KAFKA = Running("kafka", 1.4)
TRIAGE = Running("triage", 0.3)


@pytest.mark.parametrize(
    ("processes", "busy", "cores", "name"),
    [
        pytest.param([INTAKE, TRIAGE], 1.8, 2, "machine", id="no idle processor"),
        pytest.param([INTAKE, TRIAGE], 1.79, 2, "intake", id="one process without a core left"),
        pytest.param([KAFKA, TRIAGE], 1.7, 4, "none", id="a process of many threads"),
        pytest.param([TRIAGE, TRIAGE, TRIAGE, TRIAGE], 1.2, 4, "none", id="several share a part"),
        pytest.param([Running("triage", 0.89)], 0.9, 4, "none", id="just below"),
        pytest.param([Running("triage", 0.9)], 0.9, 4, "triage", id="just saturated"),
        pytest.param([Running("benchmark", 0.99)], 1.0, 4, "benchmark", id="the benchmark itself"),
        pytest.param([], 0.1, 2, "none", id="nothing ran"),
    ],
)
def test_the_machine_comes_first_then_the_busiest_process(
    processes: list[Running], busy: float, cores: int, name: str
) -> None:
    assert find_bottleneck(processes, busy, cores).name == name


def test_of_a_busy_machine_the_share_of_other_programs_is_told() -> None:
    found = find_bottleneck([INTAKE, TRIAGE, TRIAGE], 2.0, 2)

    assert found.reason == (
        "2.00 of 2 cores busy, 0.45 of them with other programs; "
        "most used: intake 0.95, triage 0.60"
    )
