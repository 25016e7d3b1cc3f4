"""Plays dispatch against the webhook of a bureau."""

import asyncio
from collections.abc import Sequence
from secrets import token_bytes

import aiohttp

from services.dispatch.channels.webhooks.rules import secret_of, signature, url_error
from shared.delivery_attempts import MAX_IN_FLIGHT
from shared.runtime.clock import utc_now
from workbench.bureau.conformance import (
    Probe,
    Reply,
    Samples,
    body_of,
    burst,
    judge,
    probes,
    unique,
)
from workbench.bureau.findings import BureauFinding

WITHIN_S = 15.0


async def check_endpoint(
    bureau: str, url: str, secret: str, within_s: float = WITHIN_S
) -> list[BureauFinding]:
    """Return what is wrong with an endpoint, and what would be better.

    Args:
        bureau: Code of the bureau that the events are for.
        secret: Its secret, ``whsec_`` and base64.
        within_s: Seconds for a call.
    """
    samples = Samples(bureau, utc_now())
    findings = _judge_url(url)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        caller = _Caller(session, url, secret, within_s)
        for number, probe in enumerate(probes(samples)):
            found = judge(probe, await caller.play(probe))
            findings += found
            if number == 0 and any(finding.is_wrong for finding in found):
                return findings
        at_once = burst(samples, MAX_IN_FLIGHT)
        replies = await asyncio.gather(*map(caller.play, at_once))
    for probe, reply in zip(at_once, replies, strict=True):
        findings += judge(probe, reply)
    return unique(findings)


def _judge_url(url: str) -> list[BureauFinding]:
    advice = url_error(url, ())
    if advice is None:
        return []
    sentence = f"A city will not take this URL unless its operator allows the network: {advice}"
    return [BureauFinding("url", sentence, is_wrong=False)]


class _Caller:
    def __init__(
        self, session: aiohttp.ClientSession, url: str, secret: str, within_s: float
    ) -> None:
        self._session, self._url, self._within_s = session, url, within_s
        self._secrets = {"own": secret, "other": secret_of(token_bytes(32))}

    async def play(self, probe: Probe) -> Reply:
        """Make the call."""
        signed, body = body_of(probe)
        headers = self._headers(probe, signed)
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            async with (
                asyncio.timeout(self._within_s),
                self._session.post(
                    self._url, data=body, headers=headers, allow_redirects=False
                ) as answer,
            ):
                return Reply(answer.status, clock() - began)
        except TimeoutError:
            return Reply(None, clock() - began, "timeout")
        except (aiohttp.ClientError, OSError):
            return Reply(None, clock() - began, "connection")

    def _headers(self, probe: Probe, signed: bytes) -> dict[str, str]:
        at, id_ = int(utc_now().timestamp()) - probe.age_s, str(probe.event["id"])
        headers = {
            "Content-Type": "application/cloudevents+json",
            "User-Agent": "route311",
            "webhook-id": id_,
            "webhook-timestamp": f"{at}",
        }
        secrets: Sequence[str] = [self._secrets[signer] for signer in probe.signers]
        if secrets:
            headers["webhook-signature"] = signature(secrets, id_, at, signed)
        return headers
