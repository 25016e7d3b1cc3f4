"""Types of settings that services share: secrets, base URLs, numbers, networks."""

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, HttpUrl, SecretStr, StringConstraints
from pydantic_settings import NoDecode

from shared.runtime.transport_encryption import is_loopback

# Minimum length of a secret; 16 characters of base64 are 96 random bits.
MIN_SECRET_CHARACTERS = 16

SECRET_TOO_SHORT = (
    f"needs {MIN_SECRET_CHARACTERS} characters or more; make one with: openssl rand -base64 32"
)


def is_long_enough(secret: str) -> bool:
    """Return True for a secret of ``MIN_SECRET_CHARACTERS`` or more, surrounding space excluded."""
    return len(secret.strip()) >= MIN_SECRET_CHARACTERS


def _require_length(secret: SecretStr) -> SecretStr:
    if not is_long_enough(secret.get_secret_value()):
        raise ValueError(SECRET_TOO_SHORT)
    return secret


# A secret that is too long to guess.
LongSecret = Annotated[SecretStr, AfterValidator(_require_length)]


def _empty_is_none(value: object) -> object:
    return None if value == "" else value


# An optional secret; an empty variable counts as unset.
OptionalSecret = Annotated[LongSecret | None, BeforeValidator(_empty_is_none)]


def secrets_of(present: SecretStr, *before: SecretStr | None) -> tuple[bytes, ...]:
    """Return the live secrets of one use: the present one, then the older ones that are set."""
    live = (present, *filter(None, before))
    return tuple(one.get_secret_value().encode() for one in live)


def _encrypted(url: HttpUrl) -> HttpUrl:
    if url.scheme != "https" and not is_loopback(url.host or ""):
        raise ValueError("write an https URL, or one of this machine")
    return url


# URL of another server, `https` except on this machine.
EncryptedUrl = Annotated[HttpUrl, AfterValidator(_encrypted)]


def _base(url: HttpUrl) -> HttpUrl:
    if url.query or url.fragment or url.username or url.password:
        raise ValueError("write a base URL, without user, query or fragment")
    return url


# Base URL of another server, `https` except on this machine.
EncryptedBase = Annotated[EncryptedUrl, AfterValidator(_base)]


def _split_pairs(value: object) -> object:
    if not isinstance(value, str):
        return value
    pairs = [part.partition("=") for part in value.split(",") if part.strip()]
    return {name.strip(): city.strip() for name, _, city in pairs}


# City by telephone number in E.164, such as `+15035550100=portland.gov`, comma-separated.
CityNumbers = Annotated[
    Mapping[Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{6,14}$")], str],
    NoDecode,
    BeforeValidator(_split_pairs),
    Field(default_factory=dict),
]


def split_commas(value: object) -> object:
    """Return the parts of a text such as ``a,b``; any other value unchanged."""
    if not isinstance(value, str):
        return value
    return [part.strip() for part in value.split(",") if part.strip()]


# Networks, separated by commas.
NetworkList: TypeAlias = Annotated[
    tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(split_commas)
]


def _split_hosts(value: object) -> object:
    parts = split_commas(value)
    return [part.lower() for part in parts] if isinstance(parts, list) else parts


# Names of hosts, separated by commas.
HostList: TypeAlias = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_hosts)]
