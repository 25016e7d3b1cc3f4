"""Apply the registry's grants as the broker's access rules."""

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import Enum

from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    ResourcePatternType,
    ResourceType,
)

from shared.contract.grants import OPERATOR, Grant, grants, is_managed, is_operator
from shared.contract.topic import Topic
from shared.runtime.kafka.admin import Admin, open_admin, result_of
from shared.runtime.kafka_access import KafkaAccess

_USER = "User:"
_VISIBLE_WITHIN_S = 60.0
_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class AccessChanges:
    """Changes to the broker's access rules, for display.

    Attributes:
        removed: Rules of our principals that the registry does not contain.
        kept: Rules of other principals, or that deny something; they are never touched.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]


async def apply_access(
    access: KafkaAccess, topics: Collection[Topic], operators: Collection[str] = ()
) -> AccessChanges:
    """Write the registry's access rules, and remove others of the same principals.

    It returns once the broker enforces them.

    Args:
        operators: New principals of operators; existing ones keep their rules.

    Raises:
        KafkaAdminError: The broker refuses it, or has no authorizer.
        TimeoutError: The broker does not enforce the rules after 60 s.
    """
    async with open_admin(access) as admin:
        present = await _present(admin)
        known = {_principal(rule) for rule in present}
        people = {OPERATOR, *operators, *filter(is_operator, known)}
        wanted = {_rule(grant) for grant in grants(topics, people)}
        ours = {rule for rule in present if _is_ours(rule)}
        await _create(admin, wanted - present)
        await _delete(admin, ours - wanted)
        if ours != wanted:
            async with asyncio.timeout(_VISIBLE_WITHIN_S):
                while set(filter(_is_ours, await _present(admin))) != wanted:  # noqa: ASYNC110 - polled
                    await asyncio.sleep(_POLL_S)
        return AccessChanges(
            _lines(wanted - present), _lines(ours - wanted), _lines(present - ours - wanted)
        )


async def _present(admin: Admin) -> set[AclBinding]:
    everything = AclBindingFilter(
        restype=ResourceType.ANY,
        name=None,  # type: ignore[arg-type] # any, which its types omit
        resource_pattern_type=ResourcePatternType.ANY,
        principal=None,  # type: ignore[arg-type] # any, which its types omit
        host=None,  # type: ignore[arg-type] # any, which its types omit
        operation=AclOperation.ANY,
        permission_type=AclPermissionType.ANY,
    )
    return set(await result_of(admin.client.describe_acls(everything)))


async def _create(admin: Admin, rules: Collection[AclBinding]) -> None:
    if not rules:
        return
    for request in admin.client.create_acls(list(rules)).values():
        await result_of(request)


async def _delete(admin: Admin, rules: Collection[AclBinding]) -> None:
    if not rules:
        return
    exactly = [
        AclBindingFilter(
            rule.restype,
            rule.name,
            rule.resource_pattern_type,
            rule.principal,
            rule.host,
            rule.operation,
            rule.permission_type,
        )
        for rule in rules
    ]
    for request in admin.client.delete_acls(exactly).values():
        await result_of(request)


def _rule(grant: Grant) -> AclBinding:
    return AclBinding(
        restype=ResourceType[grant.resource.upper()],
        name=grant.name,
        resource_pattern_type=(
            ResourcePatternType.PREFIXED if grant.prefixed else ResourcePatternType.LITERAL
        ),
        principal=f"{_USER}{grant.principal}",
        host="*",
        operation=AclOperation[grant.operation.upper()],
        permission_type=AclPermissionType.ALLOW,
    )


def _principal(rule: AclBinding) -> str:
    return rule.principal.removeprefix(_USER)


def _is_ours(rule: AclBinding) -> bool:
    return rule.permission_type == AclPermissionType.ALLOW and is_managed(_principal(rule))


def _lines(rules: Iterable[AclBinding]) -> tuple[str, ...]:
    return tuple(
        sorted(
            f"{_principal(rule)} {_word(rule.permission_type)} {_word(rule.operation)} "
            f"{_word(rule.restype)} {rule.name}"
            f"{'*' if rule.resource_pattern_type == ResourcePatternType.PREFIXED else ''}"
            for rule in rules
        )
    )


def _word(value: Enum | str | int) -> str:
    return value.name.lower() if isinstance(value, Enum) else str(value)
