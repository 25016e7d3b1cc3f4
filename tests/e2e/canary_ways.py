"""Ways to say something personal to a router, rightly and wrongly, each by a person of its own."""

import asyncio
import json
import re
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any, TypeAlias
from uuid import uuid4

import aiohttp
import aiosmtplib

from tests.e2e.actors import call, event_data, mails_to, text_of, update, work_order_for
from tests.e2e.canary_person import CITY, KIND, WORD, Person
from tests.e2e.test_sms import say
from tests.support.intake.browser import visit
from tests.support.pictures import encoded
from tests.support.router import Router
from tests.support.waiting import eventually

BUREAU = "PBOT-MOD"
HOOKED = "WATER"
"""A bureau that gets a webhook, and no work from other tests."""
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


Way: TypeAlias = Callable[[Router, Person], Awaitable[None]]


async def attempt(
    router: Router, service: str, path: str, key: str, *bodies: Any, **headers: str
) -> list[str]:
    """Post bodies with a key, and once with a wrong key and keys in wrong places; return answers.

    Args:
        router: The router.
        service: Name of the service.
        path: The path.
        key: A bearer key.
        bodies: Bytes, or what is sent as JSON.
        headers: More headers.
    """
    url = f"{router.stack[service]}{path}"
    answers = []
    for body in bodies:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {"Content-Type": JSON, "Idempotency-Key": str(uuid4()), **headers}
        bearer = {"Authorization": f"Bearer {key}"}
        _, text = await call("POST", url, data=data, headers={**named, **bearer})
        answers.append(text)
    for wrong in keys_in_wrong_places(f"{WORD}-{path}"):
        params = {"api_key": f"{WORD}-in-query"}
        await call("POST", url, data=b"{", params=params, headers={"Content-Type": JSON, **wrong})
    return answers


def keys_in_wrong_places(secret: str) -> list[Mapping[str, str]]:
    basic = b64encode(f"{WORD}:{secret}".encode()).decode()
    return [
        {"Authorization": f"Bearer {secret}"},
        {"Authorization": secret},
        {"Authorization": f"Basic {basic}"},
        {"X-Api-Key": secret, "Cookie": f"key={secret}", "traceparent": secret},
    ]


def adapter(router: Router) -> str:
    return str(router.stack["keys"]["adapters"]["demo"])


def bureau(router: Router, code: str = BUREAU) -> str:
    return str(router.stack["keys"]["bureaus"][code])


def operator(router: Router) -> str:
    return str(router.stack["keys"]["operator"])


async def by_http(router: Router, person: Person) -> None:
    bodies = [person.report(), *person.wrong_reports(), f'{{"x": "{person.words}"'.encode()]
    for path in ("/v1/submissions", "/v1/submissions/preview"):
        first, *_ = await attempt(router, "intake", path, adapter(router), *bodies)
        assert json.loads(first).get("service_code") == KIND, first


async def by_bulk(router: Router, person: Person) -> None:
    reports = [person.report(), *person.wrong_reports()]
    lines = [json.dumps({"id": f"{person.secret}-{n}", "data": r}) for n, r in enumerate(reports)]
    body = "\n".join([*lines, f'{{"x": "{person.words}"']).encode()
    headers = {"Content-Type": "application/x-ndjson"}
    path = "/v1/submissions/bulk"
    await attempt(router, "intake", path, adapter(router), body, **headers)


async def by_open311(router: Router, person: Person) -> None:
    right = {
        "jurisdiction_id": CITY,
        "service_code": KIND,
        "lat": str(person.place["latitude"]),
        "long": str(person.place["longitude"]),
        "attribute[lane_blocked]": "yes",
        "first_name": person.name,
        "email": person.email,
        "phone": person.phone,
        "description": person.words,
    }
    url = f"{router.stack['intake']}/open311/v2"
    for fields in (right, dict.fromkeys(right, person.words)):
        for key in (adapter(router), person.secret):
            sent = {**fields, "api_key": key}
            await call("POST", f"{url}/requests.json", data=sent)
            await call("POST", f"{url}/servicerequestupdates.xml", data=sent)
    await call("GET", f"{url}/requests/{person.secret}.json")
    await call("GET", f"{url}/requests.xml", params={"jurisdiction_id": person.words})


async def by_page(router: Router, person: Person) -> None:
    async with aiohttp.ClientSession(router.stack["intake"]) as client:
        report = await visit(client, f"/report?note={person.secret}")
        filled = {"description": f"Mattress in the lane. {person.words}", "address": person.words}
        await report.submit({**filled, "photo": person.words.encode()})
        kind = await report.submit({**filled, "photo": encoded()})
        contact = await kind.submit()
        done = {"name": person.name, "email": person.email, "phone": person.phone}
        await contact.submit({**done, "form": person.secret})
        await contact.submit({**done, "email": person.name})
        await contact.submit(done)
        await visit(client, f"/track/{person.secret}")
        await visit(client, f"/track?number={person.secret}")


async def by_text(router: Router, person: Person) -> None:
    for text in (f"Pothole at 1 SE Nowhere St. {person.words}", person.words, "STOP", "START"):
        await say(router, text, person.phone)
    url = f"{router.stack['intake']}/v1/channels/sms"
    fields = {"MessageSid": person.secret, "From": person.phone, "To": person.name}
    for signature in (person.secret, ""):
        headers = {"X-Twilio-Signature": signature}
        await call("POST", url, data={**fields, "Body": person.words}, headers=headers)


async def by_mail(router: Router, person: Person) -> None:
    mail = EmailMessage()
    mail["From"] = f"{person.name} <{person.email}>"
    mail["To"], mail["Subject"] = "311@portlandoregon.gov", person.words
    mail["Message-ID"] = f"<{uuid4()}@{WORD}.example.org>"
    mail.set_content(f"Mattress in the right lane on SW 4th Ave. {person.words}")
    host, _, port = router.stack["inbound_mail"].partition(":")

    async def taken() -> bool:
        with suppress(aiosmtplib.SMTPException):
            await aiosmtplib.send(mail, hostname=host, port=int(port), start_tls=False)
            return True
        return False

    await eventually(taken)
    envelope = f"MAIL FROM:<{person.email}>"
    for lines in (
        [f"HELO {person.name}", envelope, f"RCPT TO:<{person.email}>", f"VRFY {person.email}"],
        [f"EHLO {person.name}", f"MAIL FROM:{person.email} {person.secret}", f"AUTH {person.name}"],
        [f"{person.secret}", f"HELP {person.secret}", "HELO x", envelope, envelope],
        [
            "EHLO x",
            envelope,
            "RCPT TO:<311@portlandoregon.gov>",
            "DATA",
            f"{person.secret}: \xff\r\n{'x' * 2_000}{person.words}",
            ".",
        ],
    ):
        await raw(host, int(port), "\r\n".join([*lines, "QUIT", ""]).encode("latin-1"))


async def by_kafka(router: Router, person: Person) -> None:
    def event(id_: str, data: Any) -> bytes:
        kind = "route311.submission.v1"
        envelope = {"specversion": "1.0", "id": id_, "source": "/adapter/canary", "type": kind}
        return json.dumps({**envelope, "data": data}).encode()

    right = event(f"{person.secret}", person.report())
    wrong = [event(str(uuid4()), data) for data in person.wrong_reports()]
    await router.write("channel-submissions", person.secret, person.words.encode(), *wrong, right)


async def by_note(router: Router, person: Person) -> None:
    _, number = await accepted(router, person)
    notes = [
        {"text": person.words, "media": [{"url": f"https://photos.example.org/{person.secret}"}]},
        {"text": [person.words], "language": person.words, "channel": person.words},
        {"text": person.words * 200},
        person.words.encode(),
    ]
    for path in (number, person.secret):
        await attempt(router, "intake", f"/v1/requests/{path}/notes", adapter(router), *notes)


async def by_links(router: Router, person: Person) -> None:
    """Follow the links of a message about the person's closed case, signed and not."""
    request_id, _ = await accepted(router, person)
    work = await work_order_for(router, BUREAU.lower(), request_id)
    done = update(work, "completed", public_note=person.words)
    await router.write(f"bureau-{BUREAU.lower()}-updates", work["case_id"], done)

    async def told() -> list[Any]:
        return mails_to(router, person.email, "/feedback/")

    [mail, *_] = await eventually(told)
    links = re.findall(r"https?://\S+/(?:feedback|preferences|unsubscribe)/\S+", text_of(mail))
    assert len(links) > 1
    for link in links:
        forged = re.sub(r"[^/]+$", person.secret, link)
        for url in (link, forged, f"{link}{person.secret}"):
            await call("GET", url)
            for fields in ({"fixed": person.secret, "comment": person.words}, {}):
                await call("POST", url, data=fields)
    [feedback] = {link.partition("?")[0] for link in links if "/feedback/" in link}
    said = {"fixed": "no", "comment": person.words}
    assert (await call("POST", feedback, data=said))[0] == 200


async def by_bureau(router: Router, person: Person) -> None:
    request_id, _ = await accepted(router, person)
    work = await work_order_for(router, BUREAU.lower(), request_id)
    notes = {"public_note": person.words, "assignee": person.name, "reason": person.words}
    records = [
        update(work, "in_progress", **notes),
        update(work, person.secret, work_order_id=person.secret, **notes),
        person.words.encode(),
    ]
    await router.write(f"bureau-{BUREAU.lower()}-updates", person.secret, *records)
    bodies = [
        {"status": "in_progress", "at": datetime.now(UTC).isoformat(), **notes},  # noqa: TID251 - a bureau has a clock of its own
        {"status": person.words, "at": person.words, **{name: [person.words] for name in notes}},
    ]
    for order in (work["work_order_id"], person.secret):
        path = f"/v1/work-orders/{order}/updates"
        await attempt(router, "dispatch", path, bureau(router), *bodies)
        url = f"{router.stack['notify']}/v1/work-orders/{order}/contacts"
        headers = {"Authorization": f"Bearer {bureau(router)}", "Purpose": person.words}
        await call("GET", url, headers=headers)
    feed = f"{router.stack['dispatch']}/v1/bureaus/{BUREAU}/work-orders"
    bearer = {"Authorization": f"Bearer {bureau(router)}"}
    await call("GET", feed, headers=bearer, params={"after": person.secret, "limit": person.secret})


async def by_operator(router: Router, person: Person) -> None:
    request_id, _ = await accepted(router, person)
    case_id = (await event_data(router, "dispatch-cases", request_id, "opened.v1"))["case_id"]
    right = {"command": "close", "status": "declined", "reason": person.words}
    bodies = [
        dict.fromkeys(right, person.words),
        {**right, "actor": [person.name]},
        {**right, "actor": "Kim"},
    ]
    for case in (person.secret, case_id):
        await attempt(router, "dispatch", f"/v1/cases/{case}/commands", operator(router), *bodies)
    bearer = {"Authorization": f"Bearer {operator(router)}"}
    query = {"status": person.words, "after": person.secret, "q": person.words}
    for path in ("cases", "surges"):
        await call("GET", f"{router.stack['dispatch']}/v1/{path}", headers=bearer, params=query)
    await router.write("operator-commands", person.secret, person.words.encode())


async def by_webhook(router: Router, person: Person) -> None:
    """Let a webhook with a secret in its address fail."""
    url = f"{router.stack['dispatch']}/v1/bureaus/{HOOKED}"
    bearer = {"Authorization": f"Bearer {operator(router)}"}
    hook = f"http://127.0.0.1:1/{person.secret}?token={person.secret}"
    for address in (f"https://{person.secret}@192.0.2.1/x", person.words):
        await call("PUT", f"{url}/webhook", headers=bearer, json={"url": address, "enabled": True})
    on = {"url": hook, "enabled": True}
    assert (await call("PUT", f"{url}/webhook", headers=bearer, json=on))[0] == 200
    await accepted(router, person, service_code="WAT-QUALITY", attributes={})

    async def called() -> bool:
        return bool(
            json.loads((await call("GET", f"{url}/deliveries", headers=bearer))[1])["deliveries"]
        )

    await eventually(called)
    off = on | {"enabled": False}
    assert (await call("PUT", f"{url}/webhook", headers=bearer, json=off))[0] == 200


async def by_status(router: Router, person: Person) -> None:
    fields = {"MessageSid": person.secret, "MessageStatus": person.words, "To": person.phone}
    headers = {"X-Twilio-Signature": person.secret}
    url = f"{router.stack['notify']}/v1/channels/sms/status"
    await call("POST", url, data=fields, headers=headers, params={"id": person.secret})


async def by_picture(router: Router, person: Person) -> None:
    form = aiohttp.FormData()
    form.add_field(
        person.name, b"no picture", filename=f"{person.secret}.jpg", content_type="image/jpeg"
    )
    bearer = {"Authorization": f"Bearer {adapter(router)}"}
    await call("POST", f"{router.stack['intake']}/v1/media", data=form(), headers=bearer)
    await attempt(router, "intake", "/v1/media", adapter(router), person.words.encode())
    for verb in ("", "/release"):
        path = f"/v1/media/{person.secret}{verb}"
        await call("GET", f"{router.stack['intake']}{path}")
        await attempt(router, "intake", path, operator(router), b"")


async def by_broken_calls(router: Router, person: Person) -> None:
    secret = person.secret
    for service in ("intake", "triage", "dispatch", "notify"):
        host, _, port = router.stack[service].removeprefix("http://").partition(":")
        for head in (
            f"GET /{secret}\x00 HTTP/1.1",
            f"GET /{secret} HTTP/9.{secret}",
            f"{secret.upper()} / HTTP/1.1\r\nHost: {secret}\r\n {secret}",
            f"POST /v1/submissions HTTP/1.1\r\nContent-Length: {secret}",
            f"POST /v1/submissions HTTP/1.1\r\nTransfer-Encoding: {secret}",
            f"GET /%ff%zz{secret} HTTP/1.1\r\nHost: {secret}:{secret}",
            f"GET / HTTP/1.1\r\nX-{secret}: {secret * 1_000}",
        ):
            await raw(host, int(port), f"{head}\r\nConnection: close\r\n\r\n".encode("latin-1"))


async def accepted(router: Router, person: Person, **changes: Any) -> tuple[str, str]:
    """Hand in the person's report with changes; return the ids of request and tracking number."""
    report = person.report(**changes)
    [text] = await attempt(router, "intake", "/v1/submissions", adapter(router), report)
    answer = json.loads(text)
    return answer["request_id"], answer["tracking_number"]


async def raw(host: str, port: int, sent: bytes) -> None:
    """Send bytes to a port, and wait until it has answered and closed."""
    reader, writer = await asyncio.open_connection(host, port)
    with suppress(ConnectionError):
        writer.write(sent)
        async with asyncio.timeout(30):
            await reader.read()
    writer.close()


WAYS: Mapping[str, Way] = {
    way.__name__.removeprefix("by_"): way
    for way in (
        by_http,
        by_bulk,
        by_open311,
        by_page,
        by_text,
        by_mail,
        by_kafka,
        by_note,
        by_links,
        by_bureau,
        by_operator,
        by_webhook,
        by_status,
        by_picture,
        by_broken_calls,
    )
}
