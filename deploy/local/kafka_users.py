"""Users of the stack's broker, with random passwords from the site's credentials."""

from collections.abc import Iterator

from deploy.local.site import Credentials
from shared.runtime.kafka_access import KafkaAccess

_BROKER, _ADMIN = "broker", "admin"  # the super users; see kafka.properties
_MODULES = "org.apache.kafka.common.security"


def admin_access(credentials: Credentials, bootstrap: str) -> KafkaAccess:
    """Return the access of the administrator, who has all rights."""
    return user_access(credentials, bootstrap, _ADMIN)


def user_access(credentials: Credentials, bootstrap: str, user: str) -> KafkaAccess:
    """Return the access of a user of the stack's broker."""
    return KafkaAccess(
        bootstrap,
        security_protocol="SASL_PLAINTEXT",
        username=user,
        password=_password(credentials, user),
    )


def passwords_of(credentials: Credentials, listener: str) -> dict[str, str]:
    """Return the settings for mutual authentication of brokers and controllers."""
    password = _password(credentials, _BROKER)
    login = f'required username="{_BROKER}" password="{password}"'
    known = f'user_{_BROKER}="{password}"'
    return {
        f"listener.name.{listener}.scram-sha-512.sasl.jaas.config": (
            f"{_MODULES}.scram.ScramLoginModule {login};"
        ),
        "listener.name.controller.plain.sasl.jaas.config": (
            f"{_MODULES}.plain.PlainLoginModule {login} {known};"
        ),
    }


def super_users(credentials: Credentials) -> Iterator[str]:
    """Yield the super users with their passwords, as arguments of the formatter."""
    for user in (_BROKER, _ADMIN):
        yield f"SCRAM-SHA-512=[name={user},password={_password(credentials, user)}]"


def _password(credentials: Credentials, user: str) -> str:
    return credentials.get(f"kafka-{user}")
