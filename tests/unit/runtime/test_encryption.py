import pytest

from shared.runtime.transport_encryption import is_encrypted, is_loopback


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "127.0.0.1", "127.9.9.9", "::1"])
def test_this_machine_is_known_by_its_addresses(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["", "postgres", "10.0.0.1", "0.0.0.0", "127.0.0.1.example.org", "localhost.example"],  # noqa: S104 - a text
)
def test_any_other_host_is_remote(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://role:pw@db.example.org/route311?sslmode=verify-full&sslrootcert=/ca.pem",
        "postgresql://role:pw@db.example.org/route311?sslmode=verify-ca",
        "postgresql://role:pw@db.example.org/route311?sslmode=require",
        "postgresql://role:pw@127.0.0.1:5432/route311",
        "postgresql://role:pw@[::1]:5432/route311",
        "postgresql://role:pw@localhost/route311?application_name=x",
        "postgresql://role:pw@%2Fvar%2Frun%2Fpostgresql/route311",
        "postgresql:///route311?host=/var/run/postgresql",
        "postgresql:///route311",
    ],
)
def test_encrypted_or_on_this_machine(dsn: str) -> None:
    assert is_encrypted(dsn, {})


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://role:pw@db.example.org/route311",
        "postgresql://role:pw@db.example.org/route311?sslmode=prefer",
        "postgresql://role:pw@db.example.org/route311?sslmode=allow",
        "postgresql://role:pw@db.example.org/route311?sslmode=disable",
        "postgresql://role:pw@127.0.0.1:1,db.example.org:2/route311",
        "postgresql://role:pw@/route311?host=db.example.org",
        "postgresql://role:pw@[2001:db8::1]:5432/route311",
        "postgresql://role:pw@db.example.org/route311?sslmode=verify-full&sslmode=disable",
        "postgresql://127.0.0.1:5432@db.example.org/route311",
    ],
)
def test_plain_text_to_another_machine(dsn: str) -> None:
    assert not is_encrypted(dsn, {})


def test_the_drivers_own_variables_count_where_the_dsn_is_silent() -> None:
    assert is_encrypted("postgresql://role@db.example.org/x", {"PGSSLMODE": "verify-full"})
    assert not is_encrypted(
        "postgresql://role@db.example.org/x?sslmode=disable", {"PGSSLMODE": "verify-full"}
    )
    assert not is_encrypted("postgresql:///x", {"PGHOST": "db.example.org"})
