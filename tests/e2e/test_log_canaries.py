"""Nothing personal and no secret that comes in by any way is in the output of a program."""

import json
import re
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from tests.e2e.canary_person import WORD, Person
from tests.e2e.canary_ways import WAYS
from tests.support.router import Router
from tests.support.waiting import eventually

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(400),  # the first test waits for the whole router to start
]

PROGRAMS = {"intake", "triage", "triage-stream", "dispatch", "notify", "mail", "sms"}
STORES = {"kafka", "postgres"}
HEARD = {"http", "bulk", "open311", "page", "mail", "kafka", "note", "links", "bureau"}
PHONE = r"503\W{0,3}555\W{0,3}16\d\d"
LINK = re.compile(r"/(?:feedback|preferences|unsubscribe)/([\w.=-]{20,})")


def secrets_of(router: Router) -> set[str]:
    """Return all keys and passwords of the stack, and the signed parts of all links."""

    def leaves(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            for name, inner in value.items():
                if name != "user":
                    yield from leaves(inner)
        else:
            yield str(value)

    credentials = json.loads((router.data / "credentials.json").read_text())
    messages = [mail.as_string() for mail in router.mails()]
    signed = {found for message in messages for found in LINK.findall(message)}
    assert signed
    return {*leaves(router.stack["keys"]), *leaves(credentials), *signed}


async def metrics_of(router: Router) -> dict[str, str]:
    """Return the metrics of every service, by its name."""
    ports = json.loads((router.data / "ports.json").read_text())
    pages = {}
    async with aiohttp.ClientSession() as session:
        for service in ("intake", "triage", "triage-stream", "dispatch", "notify"):
            async with session.get(f"http://127.0.0.1:{ports[service]}/metrics") as answer:
                assert answer.status == 200
                pages[f"{service} /metrics"] = await answer.text()
    return pages


def output_of(router: Router) -> dict[str, str]:
    """Return what every program wrote, by the name of its log, and what was shown of it."""
    files = [*(router.data / "logs").iterdir(), router.data.with_name("up.log")]
    return {file.name: file.read_text(errors="replace") for file in files}


async def test_no_program_writes_a_contact_or_a_secret_that_came_in_by_any_way(
    router: Router,
) -> None:
    people = [Person(way, number) for number, way in enumerate(WAYS)]
    for person in people:
        await WAYS[person.way](router, person)
    logs = ("--logs", str(router.data / "logs"))
    code, report, _ = await router.command("check", "--json", "--settle", "90", *logs)

    written = output_of(router)
    assert {f"{name}.log" for name in PROGRAMS | STORES} <= written.keys()
    assert all(len(written[f"{name}.log"]) > 0 for name in PROGRAMS - {"mail", "sms"})
    canary = re.compile("|".join([WORD, PHONE, *map(re.escape, secrets_of(router))]), re.IGNORECASE)
    assert all(canary.search(text) for one in people for text in (one.phone, one.words))
    found = [
        f"{name}:{number}: {line}"
        for name, text in (written | await metrics_of(router)).items()
        for number, line in enumerate(text.splitlines(), 1)
        if canary.search(line)
    ]

    assert not found, "\n".join(found)
    assert code == 0, report

    async def all_heard() -> bool:
        return ways_of_those_who_heard(people, router) >= HEARD

    assert await eventually(all_heard, within_s=60)


def ways_of_those_who_heard(people: list[Person], router: Router) -> set[str]:
    """Return the ways of the people to whom the router wrote."""
    sent = {str(mail["To"]) for mail in router.mails()} | {text["To"] for text in router.texts()}
    return {person.way for person in people if sent & {person.email, person.phone}}
