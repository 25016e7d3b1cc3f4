import pytest

from cli.migrate import WeakPasswordError, migrate


def test_a_short_password_is_refused_by_the_name_of_its_variable_before_anything_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ROUTE311_ADMIN_DSN", "postgresql://a:b@127.0.0.1:9/x")
    monkeypatch.setenv("OPERATIONS_POSTGRES_PASSWORD", "canary")

    reason = r"^OPERATIONS_POSTGRES_PASSWORD: needs 16 "
    with pytest.raises(WeakPasswordError, match=reason) as error:
        migrate()

    assert "canary" not in str(error.value)
