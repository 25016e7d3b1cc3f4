"""API keys of the services: one list over all of them, and orders to those that check a key."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from console.api import ApiAnswer, ServiceApi, ServiceDownError
from console.store import Person
from shared.runtime.http.api_keys import Scope, hash_key
from shared.runtime.http.key_store import SCHEMAS_OF_SCOPE, new_key


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key by what the services say.

    Attributes:
        facts: What one of the services says; moments are text.
        states: Its state in each service that knows it.
        last_used_at: Last use in any of them.
    """

    key_id: str
    facts: Mapping[str, Any]
    states: Mapping[str, str]
    last_used_at: str | None

    @property
    def state(self) -> str:
        """``valid`` as long as any service accepts it."""
        return "valid" if "valid" in self.states.values() else next(iter(self.states.values()))


@dataclass(frozen=True, slots=True)
class KeyOverview:
    """The keys, by scope and name, and the services that did not tell theirs."""

    keys: Sequence[KnownKey]
    silent: Sequence[str]


@dataclass(frozen=True, slots=True)
class ServiceKeys:
    """The keys of all services, by their names."""

    services: Mapping[str, ServiceApi]

    async def overview(self, person: Person) -> KeyOverview:
        """Return the keys that the services know."""
        names = tuple(self.services)
        answers = await asyncio.gather(*(self._listed(name, person) for name in names))
        found = dict(zip(names, answers, strict=True))
        said: dict[str, dict[str, Mapping[str, Any]]] = {}
        for name, keys in found.items():
            for key in keys or ():
                said.setdefault(key["id"], {})[name] = key
        merged = [_merged(key_id, by_service) for key_id, by_service in said.items()]
        merged.sort(key=lambda key: (key.facts["scope"], key.facts["name"], key.key_id))
        return KeyOverview(merged, [name for name, keys in found.items() if keys is None])

    async def add(
        self, person: Person, scope: Scope, name: str, expires_at: datetime | None
    ) -> tuple[str, ApiAnswer]:
        """Add a new key to the services of its scope; return it, and the answer that counts.

        If one of them refuses it or does not answer, the key is revoked in the others.
        """
        key = new_key()
        order = {
            "key_hash": hash_key(key),
            "scope": scope,
            "name": name,
            "expires_at": expires_at.isoformat() if expires_at else None,
        }
        wanted = [one for one in SCHEMAS_OF_SCOPE[scope] if one in self.services]
        answers = await asyncio.gather(
            *(self.services[one].post(f"/v1/keys/{one}", person, order) for one in wanted),
            return_exceptions=True,
        )
        failed = [one for one in answers if isinstance(one, BaseException) or not one.is_done]
        if failed:
            added = [a.body["id"] for a in answers if isinstance(a, ApiAnswer) and a.is_done]
            await self._revoke_in(wanted, person, *added[:1])
            return key, _answer_of(failed[0])
        return key, _answer_of(answers[0])

    async def revoke(self, person: Person, key_id: str) -> ApiAnswer:
        """Revoke a key in every service that knows it; return the answer that counts."""
        answers = await self._revoke_in(tuple(self.services), person, key_id)
        knowing = [one for one in answers if not isinstance(one, ApiAnswer) or one.status != 404]  # noqa: PLR2004
        failed = [one for one in knowing if isinstance(one, BaseException) or not one.is_done]
        return _answer_of((failed or knowing or answers)[0])

    async def _revoke_in(
        self, names: Sequence[str], person: Person, *key_ids: str
    ) -> Sequence[ApiAnswer | BaseException]:
        calls = [
            self.services[name].post(f"/v1/keys/{name}/{quote(one, safe='')}/revoke", person, {})
            for name in names
            for one in key_ids
        ]
        return await asyncio.gather(*calls, return_exceptions=True)

    async def _listed(self, name: str, person: Person) -> Sequence[Mapping[str, Any]] | None:
        try:
            answer = await self.services[name].get(f"/v1/keys/{name}", person=person)
        except ServiceDownError:
            return None
        return answer.body["keys"] if answer.is_done else None


def _merged(key_id: str, by_service: Mapping[str, Mapping[str, Any]]) -> KnownKey:
    facts = next(iter(by_service.values()))
    states = {name: key["state"] for name, key in by_service.items()}
    used = [key["last_used_at"] for key in by_service.values() if key["last_used_at"]]
    return KnownKey(key_id, facts, states, max(used, default=None))


def _answer_of(answer: ApiAnswer | BaseException) -> ApiAnswer:
    if isinstance(answer, BaseException):
        raise answer
    return answer
