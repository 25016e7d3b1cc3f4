from ipaddress import ip_network

import pytest
from pydantic import ValidationError

from shared.runtime.settings import ProcessSettings


def settings(monkeypatch: pytest.MonkeyPatch, proxies: str) -> ProcessSettings:
    monkeypatch.setenv("ROUTE311_KAFKA_BOOTSTRAP", "127.0.0.1:1")
    monkeypatch.setenv("HTTP_PORT", "0")
    monkeypatch.setenv("ROUTE311_TRUSTED_PROXIES", proxies)
    return ProcessSettings()


@pytest.mark.parametrize(
    ("proxies", "networks"),
    [
        ("", []),
        ("10.0.0.0/8", ["10.0.0.0/8"]),
        ("10.0.0.0/8, fd00::/8 ,192.0.2.1", ["10.0.0.0/8", "fd00::/8", "192.0.2.1/32"]),
    ],
)
def test_trusted_proxies_are_networks_with_commas_between(
    monkeypatch: pytest.MonkeyPatch, proxies: str, networks: list[str]
) -> None:
    trusted = settings(monkeypatch, proxies).trusted_proxies

    assert list(trusted) == [ip_network(network) for network in networks]


@pytest.mark.parametrize("proxies", ["proxy.example.org", "10.0.0.1/8", "10.0.0.0/33"])
def test_what_is_no_network_stops_the_process(
    monkeypatch: pytest.MonkeyPatch, proxies: str
) -> None:
    with pytest.raises(ValidationError, match="ROUTE311_TRUSTED_PROXIES"):
        settings(monkeypatch, proxies)
