import json
import os
import pwd
from pathlib import Path

import pytest

from cli import audit
from deploy.local.folder import open_folder


@pytest.fixture(autouse=True)
def _no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ROUTE311_AUDIT_FILE", raising=False)


def test_the_file_gets_a_line_for_each_event_and_is_its_owners_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "audit.log"
    monkeypatch.setenv("ROUTE311_AUDIT_FILE", str(file))
    monkeypatch.setenv("USER", "somebody-else")
    monkeypatch.setenv("LOGNAME", "somebody-else")

    audit.record("bytes_shown", tmp_path, record="intake-requests-dlq/0/17")
    audit.record("key_revoked", tmp_path, key="1a2b3c4d")

    first, second = (json.loads(line) for line in file.read_text().splitlines())
    assert (first["event"], first["audit"], first["service"]) == ("bytes_shown", True, "cli")
    assert first["record"] == "intake-requests-dlq/0/17"
    assert first["user"] == second["user"] == pwd.getpwuid(os.getuid()).pw_name
    assert file.stat().st_mode & 0o777 == 0o600


def test_by_default_the_line_goes_to_the_logs_of_the_running_router(tmp_path: Path) -> None:
    with open_folder(tmp_path / "data") as folder:
        audit.record("key_added", folder.path, key="1a2b3c4d")

        line = json.loads((folder.logs / "audit.log").read_text())
    assert line["event"] == "key_added"


def test_without_file_and_router_the_line_goes_to_the_standard_error_stream(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    audit.record("key_added", tmp_path / "nothing", key="1a2b3c4d")

    printed = capsys.readouterr()
    assert json.loads(printed.err)["key"] == "1a2b3c4d"
    assert not printed.out
