import socket
from pathlib import Path

import pytest

from deploy.local.errors import StackError
from deploy.local.folder import DataFolder
from deploy.local.readiness import LOOPBACK
from deploy.local.site import Credentials, Ports, is_port_free


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ports.json"


def test_a_free_port_is_kept_from_run_to_run(file: Path) -> None:
    assert Ports(file).port("kafka") == Ports(file).port("kafka")


def test_a_port_that_somebody_took_is_replaced_and_the_new_one_kept(file: Path) -> None:
    first = Ports(file).port("kafka")
    with socket.create_server((LOOPBACK, first)):
        assert not is_port_free(first)
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

    assert is_port_free(Ports(file).port("kafka"))


def test_a_secret_survives_a_restart_and_differs_from_every_other(tmp_path: Path) -> None:
    first = Credentials(DataFolder(tmp_path))
    secrets = [first.get("postgres"), first.get("reporter-key")]
    again = Credentials(DataFolder(tmp_path))

    assert [again.get("postgres"), again.get("reporter-key")] == secrets
    assert len(set(secrets)) == 2


def test_only_the_owner_can_read_the_secrets(tmp_path: Path) -> None:
    Credentials(DataFolder(tmp_path)).get("postgres")

    assert (tmp_path / "credentials.json").stat().st_mode & 0o777 == 0o600


def test_damaged_secrets_are_an_error_and_never_replaced_in_silence(tmp_path: Path) -> None:
    (tmp_path / "credentials.json").write_text("[1]")

    with pytest.raises(StackError, match="damaged"):
        Credentials(DataFolder(tmp_path))
