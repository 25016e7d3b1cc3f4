from pathlib import Path

import pytest

from deploy.local.credentials import Credentials
from deploy.local.errors import StackError
from deploy.local.folder import DataFolder


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
