"""The gate at the socket: which requests it knows, whose they are, and in what form it refuses."""

import pytest

from services.intake.channels.api.operations import (
    BULK_PATH,
    NOTES_PATH,
    PREVIEW_PATH,
    SUBMISSIONS_PATH,
)
from services.intake.channels.open311.channel import keyed_open311_routes
from shared.runtime.http.admission import AdmissionControl
from shared.runtime.http.api_keys import Scope
from shared.runtime.http.key_gate import KeyedRoute, key_gate
from shared.runtime.http.load_shedding import GateDecision
from tests.unit.runtime.http.serving import Intake

UPLOAD = "/v1/media"
ADAPTER, BUREAU = "Bearer adapter", "Bearer bureau"
FORM = "/open311/v2/requests"


async def decide(intake: Intake, path: str, *keys: str, method: str = "POST") -> GateDecision:
    """Return what the gate decides on a request with known keys; None where it is not asked."""
    for key in (ADAPTER, BUREAU):
        await intake.callers.keys.principal(key)
    uploads: dict[Scope, AdmissionControl] = {
        "adapter": intake.admission,
        "bureau": intake.admission,
    }
    gate = key_gate(
        intake.callers,
        [
            *(
                KeyedRoute(known, {"adapter": intake.admission})
                for known in (SUBMISSIONS_PATH, BULK_PATH, PREVIEW_PATH, NOTES_PATH)
            ),
            KeyedRoute(UPLOAD, uploads),
            *keyed_open311_routes(intake.admission, intake.admission),
        ],
    )
    lines = [f"{method} {path} HTTP/1.1", *(f"Authorization: {key}" for key in keys)]
    head = "\r\n".join(lines).encode()
    line = gate.request_line.match(head)
    return gate.decide(line, head, "127.0.0.1") if line else None


@pytest.mark.parametrize(
    "path",
    [
        "/v1/submissions",
        "/v1/submissions/bulk",
        "/v1/submissions/preview",
        "/v1/submissions/preview?x=%2F&y",
        "/v1/requests/26-7KQ4-M2/notes",
        "/v1/media",
        "/open311/v2/requests.json",
        "/open311/v2/requests.xml?jurisdiction_id=portland.gov",
        "/open311/v2/servicerequestupdates.xml",
    ],
)
async def test_every_way_in_gets_a_slot_and_gives_it_back(path: str) -> None:
    intake = Intake(slots=1, by_key=100)
    release = await decide(intake, path, ADAPTER)
    assert callable(release)
    assert isinstance(await decide(intake, path, ADAPTER), bytes), "there was one slot"
    release()
    assert callable(await decide(intake, path, ADAPTER))


@pytest.mark.parametrize(
    "path",
    [
        "/v1/submissions/other",
        "/v1/submissionsbulk",
        "/v1/requests//notes",
        "/v1/requests/a/b/notes",
        "/v1/requests/26-7KQ4-M2",
        "/v1/media/0/release",
        "/open311/v2/requestsxjson",
        "/x/v1/media",
    ],
)
async def test_other_paths_are_the_handlers(path: str) -> None:
    assert await decide(Intake(by_key=0), path, ADAPTER) is None


async def test_other_methods_are_the_handlers() -> None:
    assert await decide(Intake(by_key=0), SUBMISSIONS_PATH, ADAPTER, method="GET") is None


async def test_a_bureau_may_hand_in_pictures_alone() -> None:
    intake = Intake()
    assert callable(await decide(intake, UPLOAD, BUREAU))
    assert await decide(intake, SUBMISSIONS_PATH, BUREAU) is None


@pytest.mark.parametrize(
    ("path", "begin"),
    [
        (NOTES_PATH.format(tracking_number="26-7KQ4-M2"), b'{"type": "about:blank"'),
        (f"{FORM}.json", b"["),
        (f"{FORM}.xml", b"<?xml"),
    ],
)
async def test_a_refusal_has_the_form_of_its_route(path: str, begin: bytes) -> None:
    refusal = await decide(Intake(by_key=0), path, ADAPTER)
    assert isinstance(refusal, bytes)
    head, _, body = refusal.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 429 ")
    assert b"\r\nRetry-After: 1" in head
    assert b"rate limit of this key is exceeded" in body
    assert body.startswith(begin)


async def test_a_call_whose_key_may_be_in_its_form_is_the_handlers() -> None:
    intake = Intake(by_address=1)
    intake.callers.by_address.try_take("127.0.0.1")
    assert await decide(intake, f"{FORM}.json") is None
    assert isinstance(await decide(intake, f"{FORM}.json", "Bearer false"), bytes)
    assert isinstance(await decide(intake, SUBMISSIONS_PATH), bytes)
