"""Thirty people report one camp in four languages by three ways, and hear each step once."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from functools import partial
from typing import Any

import aiohttp
import aiosmtplib
import pytest
import pytest_asyncio

from tests.e2e.actors import post, report, update, work_order_for
from tests.e2e.test_feedback import reopenings
from tests.e2e.test_sms import say
from tests.support.pictures import encoded
from tests.support.router import Router, running_router
from tests.support.temporary_folders import let_others_in
from tests.support.waiting import eventually

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.long,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(300),
]

PLACE = "1221 SW 4th Ave"
WORDS = {
    "en": f"Homeless camp with tents at {PLACE}",
    "es": f"Campamento con carpas en {PLACE}",
    "ru": f"Палаточный лагерь, {PLACE}",
    "vi": f"Trại lều ở {PLACE}",
}
WAYS = {
    ("web", "en"): 4,
    ("web", "es"): 3,
    ("web", "ru"): 4,
    ("web", "vi"): 3,
    ("mail", "en"): 5,
    ("mail", "es"): 3,
    ("text", "en"): 5,
    ("text", "es"): 3,
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who reports the camp; every other one on the web wants texts."""

    number: int
    way: str
    language: str

    @property
    def email(self) -> str:
        return f"follower-{self.number}@example.org"

    @property
    def phone(self) -> str:
        return f"+1503555{1300 + self.number}"

    @property
    def channel(self) -> str:
        texts = self.way == "text" or (self.way == "web" and self.number % 2)
        return "sms" if texts else "email"


PEOPLE = [
    Person(number, *way)
    for number, way in enumerate(way for way, count in WAYS.items() for _ in range(count))
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def router(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Router]:
    folder = let_others_in(tmp_path_factory.mktemp("followers"))
    settings = {"NOTIFY_UNREVIEWED": "send", "NOTIFY_QUIET_HOURS": "off"}
    async with running_router(folder / "data", **settings) as started:
        yield started


async def by_web(router: Router, person: Person) -> str:
    reporter = {
        "language": person.language,
        "status_updates": [person.channel],
        "email" if person.channel == "email" else "phone": (
            person.email if person.channel == "email" else person.phone
        ),
    }
    code, answer = await post(
        router,
        report(
            service_code="CAMP-REPORT",
            description=WORDS[person.language],
            language=person.language,
            location={"address": PLACE},
            attributes={},
            reporter=reporter,
        ),
    )
    assert code == 201, answer
    return str(answer["request_id"])


async def by_mail(router: Router, person: Person) -> None:
    host, _, port = router.stack["inbound_mail"].partition(":")
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = person.email, "311@portlandoregon.gov", "311"
    mail["Message-ID"] = f"<{person.number}.camp@example.org>"
    mail.set_content(WORDS[person.language])

    async def taken() -> bool:
        with suppress(aiosmtplib.SMTPException):
            await aiosmtplib.send(mail, hostname=host, port=int(port), start_tls=False)
            return True
        return False

    await eventually(taken)


async def released_picture(router: Router) -> str:
    """Hand in the crew's photo and let the public see it; return its address."""
    stack, bearer = router.stack, {"Authorization": f"Bearer {router.stack['keys']['operator']}"}
    crew = {"Authorization": f"Bearer {stack['keys']['bureaus']['IRP']}"}
    async with aiohttp.ClientSession() as session:
        media = f"{stack['intake']}/v1/media"
        async with session.post(media, data=encoded(), headers=crew) as kept:
            assert kept.status == 201, await kept.text()
            picture = await kept.json()
        url = f"{media}/{picture['media_id']}/release"
        async with session.post(url, headers=bearer) as released:
            assert released.status < 300, await released.text()
    return str(picture["url"])


async def told(router: Router, count: int) -> list[dict[str, Any]]:
    """Return what notify says of its messages, once there are as many."""
    events = await router.events("notify-deliveries")
    return [event["data"] | {"type": event["type"]} for event in events] * (len(events) >= count)


async def test_thirty_followers_of_one_camp_hear_each_step_once_in_their_language(
    router: Router,
) -> None:
    first, *others = PEOPLE
    request_id = await by_web(router, first)
    work_order = await work_order_for(router, "irp", request_id)
    case_id = work_order["case_id"]
    await asyncio.gather(*(by_web(router, one) for one in others if one.way == "web"))
    for one in others:
        if one.way == "mail":
            await by_mail(router, one)
        elif one.way == "text":
            await say(router, WORDS[one.language], one.phone)
    await eventually(partial(told, router, 30), within_s=60)

    async def crew(status: str, **changes: Any) -> None:
        await router.write("bureau-irp-updates", case_id, update(work_order, status, **changes))

    monday = datetime.now(UTC) + timedelta(days=3)  # noqa: TID251 - a bureau has a clock of its own
    picture = await released_picture(router)
    steps: list[tuple[str, dict[str, Any]]] = [
        ("acknowledged", {"public_note": "An outreach team visits first."}),
        ("scheduled", {"scheduled_for": monday.replace(hour=17, minute=0).isoformat()}),
        ("completed", {"public_note": "Camp cleared.", "media": [{"url": picture}]}),
    ]
    for number, (status, changes) in enumerate(steps, start=2):
        await crew(status, **changes)
        await eventually(partial(told, router, 30 * number), within_s=60)
    unhappy = next(one for one in PEOPLE if one.way == "text")
    await say(router, "NO", unhappy.phone)
    [reopened] = await reopenings(router, case_id, 1)
    messages = await eventually(partial(told, router, 150), within_s=60)

    assert reopened["request_count"] == 30
    assert {one["type"] for one in messages} == {"route311.notification.sent.v1"}
    assert {one["case_id"] for one in messages} == {case_id}
    assert Counter(one["template"] for one in messages) == {
        "received": 1,
        "attached": 29,
        **dict.fromkeys(["acknowledged", "scheduled", "completed", "reopened"], 30),
    }
    assert Counter((one["channel"], one["language"]) for one in messages) == Counter(
        (one.channel, one.language) for one in PEOPLE for _ in range(5)
    )
    sent_to = Counter(mail["To"] for mail in router.mails())
    sent_to.update(text["To"] for text in router.texts())
    assert sent_to == {one.email if one.channel == "email" else one.phone: 5 for one in PEOPLE}
