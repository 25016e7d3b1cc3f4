import socket
from pathlib import Path

import pytest

from deploy.local.ports import LOOPBACK, Ports, is_free


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ports.json"


def test_a_free_port_is_kept_from_run_to_run(file: Path) -> None:
    assert Ports(file).port("kafka") == Ports(file).port("kafka")


def test_a_port_that_somebody_took_is_replaced_and_the_new_one_kept(file: Path) -> None:
    first = Ports(file).port("kafka")
    with socket.create_server((LOOPBACK, first)):
        assert not is_free(first)
        second = Ports(file).port("kafka")

    assert second != first
    assert Ports(file).port("kafka") == second


def test_ports_differ_by_name_and_lie_below_those_of_outgoing_connections(file: Path) -> None:
    ports = Ports(file)
    chosen = {ports.port(str(number)) for number in range(50)}

    assert len(chosen) == 50
    assert max(chosen) < 32_768


def test_a_damaged_file_of_ports_is_replaced(file: Path) -> None:
    file.write_text("{")

    assert is_free(Ports(file).port("kafka"))
