"""Users of the broker: principals that prove themselves by a password (SCRAM-SHA-512)."""

from collections.abc import Mapping

from confluent_kafka.admin import (
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from shared.runtime.kafka.admin import open_admin, result_of
from shared.runtime.kafka_access import KafkaAccess

_ROUNDS = 8192  # of the hash; Kafka's default is 4096, its minimum


async def set_user_passwords(access: KafkaAccess, passwords: Mapping[str, str]) -> None:
    """Create users, or change the passwords of those that exist; the broker stores hashes.

    Raises:
        KafkaAdminError: The broker refuses it.
    """
    how = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, _ROUNDS)
    async with open_admin(access) as admin:
        requests = admin.client.alter_user_scram_credentials(
            [
                UserScramCredentialUpsertion(name, how, password.encode())
                for name, password in passwords.items()
            ]
        )
        for request in requests.values():
            await result_of(request)
