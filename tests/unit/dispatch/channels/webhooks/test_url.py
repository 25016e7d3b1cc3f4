from ipaddress import ip_address, ip_network

import pytest

from services.dispatch.channels.webhooks.rules import url_error
from shared.network_addresses import is_allowed

LOOPBACK = (ip_network("127.0.0.0/8"),)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "168.63.129.16",
        "0.0.0.0",  # noqa: S104 - an address to refuse
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "192.88.99.1",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b::808:808",
        "64:ff9b:1::a00:1",
        "2002:7f00:1::",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "3fff::1",
        "5f00::1",
    ],
)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not is_allowed(ip_address(address), ())


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111"])
def test_a_public_address_is_allowed_with_encryption_alone(address: str) -> None:
    assert is_allowed(ip_address(address), ())
    assert not is_allowed(ip_address(address), LOOPBACK, encrypted=False)


def test_an_allowed_network_is_allowed_in_its_own_form_alone() -> None:
    assert is_allowed(ip_address("127.9.9.9"), LOOPBACK, encrypted=False)
    assert not is_allowed(ip_address("::ffff:127.0.0.1"), LOOPBACK)
    mapped = (ip_network("::/0"),)
    assert not is_allowed(ip_address("::ffff:127.0.0.1"), mapped)
    assert not is_allowed(ip_address("64:ff9b::7f00:1"), mapped)


@pytest.mark.parametrize(
    "url",
    [
        "https://bureau.example/hook?a=b",
        "https://bureau.example.:8443",
        "https://xn--bcher-kva.example/",
        "https://8.8.8.8/hook",
        "https://[2606:4700:4700::1111]:8443/hook",
        "http://127.0.0.1:9000/hook",
        "https://7eleven.example",
    ],
)
def test_a_url_that_can_be_called_has_no_error(url: str) -> None:
    assert url_error(url, LOOPBACK) is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "bureau.example/hook",
        "ftp://bureau.example",
        "http://bureau.example/",
        "http://8.8.8.8/",
        "https://",
        "https:///hook",
        "https://user@bureau.example/",
        "https://user:word@bureau.example/",
        "https://bureau.example/#part",
        "https://bureau.example/a b",
        "https://bureau.example/\n",
        "https://bureau.example\\@127.0.0.1/",
        "https://bureau.example:99999/",
        "https://bureau.example:port/",
        "https://b\N{LATIN SMALL LETTER U WITH DIAERESIS}ro.example/",
        "https://\N{FULLWIDTH DIGIT ONE}27.0.0.1/",
        "https://%31%32%37.0.0.1/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://8.8.8.8./",
        "https://08.8.8.8/",
        "https://bureau.0x7f/",
        "https://[::1]/",
        "https://[::ffff:8.8.8.8]/",
        "https://[64:ff9b::808:808]/",
        "https://[2002:808:808::]/",
        "https://[fe80::1%25eth0]/",
        f"https://bureau.example/{'a' * 2_048}",
    ],
)
def test_a_url_that_cannot_be_called_is_explained(url: str) -> None:
    assert url_error(url, LOOPBACK)
