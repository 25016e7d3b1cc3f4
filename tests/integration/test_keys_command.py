"""``route311 keys`` on a real database."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.keys import keys
from tests.support.databases import Database

pytestmark = pytest.mark.integration


@pytest.fixture
def audit_file(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ROUTE311_ADMIN_DSN", database.admin_dsn)
    monkeypatch.setenv("ROUTE311_AUDIT_FILE", str(tmp_path / "audit.log"))
    return tmp_path / "audit.log"


def command(*arguments: str) -> str:
    done = CliRunner().invoke(keys, list(arguments), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def listed() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(command("list", "--json"))["keys"]
    return found


def test_a_key_is_shown_once_and_never_listed_or_audited(audit_file: Path) -> None:
    key = command("add", "adapter", "demo", "--expires-in", "90d").strip()
    made = json.loads(command("add", "bureau", "PBOT-MOD", "--json"))
    (first, second) = listed()

    new = command("rotate", first["id"], "--grace", "2d").strip()
    command("revoke", second["id"])
    table = command("list")
    events = [json.loads(line) for line in audit_file.read_text().splitlines()]

    assert (first["scope"], first["name"], first["state"]) == ("adapter", "demo", "valid")
    assert first["expires_at"]
    assert first["last_used_at"] is None
    assert second["id"] == made["id"]
    assert len({key, new, made["key"]}) == 3
    for secret in (key, new, made["key"]):
        assert len(secret) >= 43
        assert secret not in table + audit_file.read_text()
    assert max(len(line) for line in table.splitlines()) <= 80
    assert [event["event"] for event in events] == [
        "key_added",
        "key_added",
        "key_rotated",
        "key_revoked",
    ]
    assert events[2]["replaces"] == first["id"]
    assert {key["state"] for key in listed()} == {"valid", "revoked"}
