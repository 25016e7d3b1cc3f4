"""Passwords: argon2id hashes, computed beside the event loop."""

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

MIN_LENGTH = 12
MAX_LENGTH = 200
_JUDGED = 72  # characters; more take the library long
_LEAST_SCORE = 3  # of 4: a hundred million guesses

_HASHER = PasswordHasher()
_UNKNOWN = _HASHER.hash(secrets.token_urlsafe())  # checked for unknown names: same time
_AT_ONCE = asyncio.Semaphore(2)  # a hash takes 64 MiB


def one_time_password() -> str:
    """Return a random password, good until its owner changes it."""
    return secrets.token_urlsafe(12)


def hashed(password: str) -> str:
    """Return the argon2id hash of a password, with its parameters."""
    return _HASHER.hash(password)


def is_guessable(password: str, *words: str) -> bool:
    """Return True for a password that a guesser finds early: common, regular, or of these words."""
    return zxcvbn(password[:_JUDGED], user_inputs=words)["score"] < _LEAST_SCORE


async def new_hash(password: str) -> str:
    """Return the hash of a password, computed in a thread."""
    async with _AT_ONCE:
        return await asyncio.to_thread(hashed, password)


async def is_password(password: str, password_hash: str | None) -> bool:
    """Return True when the password fits; an unknown person's check takes as long."""
    async with _AT_ONCE:
        fits = await asyncio.to_thread(_verify, password, password_hash or _UNKNOWN)
    return fits and password_hash is not None


def _verify(password: str, password_hash: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
