"""Which bureaus of a catalogue have a worker of forwarding."""

from dataclasses import replace
from datetime import time
from typing import Any, cast

import pytest

from services.dispatch.channels.forwarding.channel import ForwardSettingError, forwarding_tasks
from services.dispatch.settings import DispatchSettings
from shared.catalogue import DigestForward, ForwardTarget, Open311Forward
from shared.runtime.service import ServiceTask
from tests.support.dispatch.factories import CITY, POLICY, ports

API = ForwardTarget(
    Open311Forward("https://a.example/v2", None, {"POTHOLE": "1"}, "ROADS_KEY"), None
)
DIGEST = ForwardTarget(None, DigestForward("roads@example.gov", time(7)))


def tasks(forward: ForwardTarget | None, **settings: Any) -> list[ServiceTask]:
    roads = replace(CITY.bureaus["ROADS"], forward=forward)
    city = replace(CITY, bureaus={**CITY.bureaus, "ROADS": roads})
    catalogue = replace(POLICY.catalogue, jurisdictions={city.id: city})
    nothing = cast("Any", None)
    usual = {
        "ROUTE311_KAFKA_BOOTSTRAP": "127.0.0.1:1",
        "postgres_dsn": "postgresql://a:b@127.0.0.1/c",
        "http_port": 0,
    }
    core = ports(
        settings=DispatchSettings.model_validate(usual | settings),
        policy=replace(POLICY, catalogue=catalogue),
    )
    return forwarding_tasks(core, nothing, nothing)


def test_a_bureau_that_forwards_has_a_worker_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROADS_KEY", "a key")

    assert len(tasks(API)) == 1
    assert len(tasks(DIGEST, smtp_host="127.0.0.1", sender="311@example.gov")) == 1
    assert not tasks(None)


@pytest.mark.parametrize(
    ("forward", "settings", "told"),
    [
        (API, {}, "ROADS forwards by Open311: set ROADS_KEY"),
        (DIGEST, {"smtp_host": "127.0.0.1"}, "set DISPATCH_SMTP_HOST and DISPATCH_SENDER"),
        (DIGEST, {"sender": "311@example.gov"}, "set DISPATCH_SMTP_HOST and DISPATCH_SENDER"),
    ],
)
def test_a_setting_that_is_missing_is_named(
    forward: ForwardTarget, settings: dict[str, Any], told: str
) -> None:
    with pytest.raises(ForwardSettingError, match=told):
        tasks(forward, **settings)
