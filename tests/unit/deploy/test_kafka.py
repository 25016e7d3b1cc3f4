from pathlib import Path

import pytest

from deploy.local.errors import OtherVersionError, StackError
from deploy.local.folder import open_folder
from deploy.local.kafka import (
    admin_access,
    format_data,
    passwords_of,
    super_users,
    user_access,
    write_settings,
)
from deploy.local.site import Credentials


@pytest.fixture
def credentials(tmp_path: Path) -> Credentials:
    with open_folder(tmp_path / "stack") as folder:
        return Credentials(folder)


async def test_a_broker_without_passwords_is_refused_with_the_way_out(
    tmp_path: Path, credentials: Credentials
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "meta.properties").write_text("of an older version")

    with pytest.raises(StackError, match=r"without passwords; `--fresh` starts over"):
        await format_data((), tmp_path / "server.properties", data, credentials)


async def test_a_broker_with_passwords_is_formatted_once(
    tmp_path: Path, credentials: Credentials
) -> None:
    data = tmp_path / "data"
    with pytest.raises(FileNotFoundError):
        await format_data(("/nowhere/java",), tmp_path / "settings", data, credentials)
    data.mkdir()
    (data / "meta.properties").write_text("made by the program that was missing")

    await format_data(("/nowhere/java",), tmp_path / "settings", data, credentials)

    assert not (tmp_path / "format-arguments").exists()


@pytest.mark.parametrize("older", ["", "4.2.0", "4.3.9"])
async def test_a_broker_of_a_newer_kafka_is_refused_and_one_of_an_older_taken(
    tmp_path: Path, credentials: Credentials, older: str
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "meta.properties").write_text("of another version")
    (tmp_path / "formatted-with-passwords").write_text(older)

    await format_data((), tmp_path / "settings", data, credentials)

    (tmp_path / "formatted-with-passwords").write_text("4.10.0")
    with pytest.raises(OtherVersionError, match=r"Kafka 4\.10\.0, here is 4\.3\.1"):
        await format_data((), tmp_path / "settings", data, credentials)


def test_files_with_passwords_are_their_owners_alone(
    tmp_path: Path, credentials: Credentials
) -> None:
    folder = tmp_path / "kafka"

    settings = write_settings(folder, passwords_of(credentials, "clients"))

    assert settings.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_every_user_has_a_password_of_its_own(credentials: Credentials) -> None:
    admin = admin_access(credentials, "127.0.0.1:1")
    others = [user_access(credentials, admin.bootstrap, name) for name in ("intake", "triage")]

    assert len({access.password for access in (admin, *others)}) == 3
    assert any(
        f"name=admin,password={admin.password}]" in user for user in super_users(credentials)
    )
    assert user_access(credentials, admin.bootstrap, "intake") == others[0]
