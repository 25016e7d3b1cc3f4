"""Kafka users: principals with a password (SCRAM-SHA-512)."""

from collections.abc import Collection, Mapping
from concurrent.futures import Future
from typing import Any, cast

from confluent_kafka.admin import ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion

from shared.runtime.kafka.admin import Admin, open_admin, result_of
from shared.runtime.kafka_access import KafkaAccess

_ROUNDS = 8192  # of the hash; Kafka's default is 4096, its minimum


async def set_user_passwords(access: KafkaAccess, passwords: Mapping[str, str]) -> None:
    """Create users or change their passwords; KafkaAdminError if the broker refuses it."""
    async with open_admin(access) as admin:
        await _set_passwords(admin, passwords)


async def add_users(access: KafkaAccess, passwords: Mapping[str, str]) -> Collection[str]:
    """Create missing users, and return their names; KafkaAdminError if the broker refuses it."""
    async with open_admin(access) as admin:
        everybody = admin.client.describe_user_scram_credentials()
        present = await result_of(cast("Future[Mapping[str, Any]]", everybody))
        missing = {name: passwords[name] for name in passwords.keys() - present.keys()}
        if missing:
            await _set_passwords(admin, missing)
        return missing.keys()


async def _set_passwords(admin: Admin, passwords: Mapping[str, str]) -> None:
    how = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, _ROUNDS)
    requests = admin.client.alter_user_scram_credentials(
        [
            UserScramCredentialUpsertion(name, how, password.encode())
            for name, password in passwords.items()
        ]
    )
    for request in requests.values():
        await result_of(request)
