from ipaddress import ip_network

import pytest

from shared.runtime.http.addresses import caller_address, is_trusted

PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "caller"),
    [
        pytest.param("192.0.2.7", "", "192.0.2.7", id="no proxy"),
        pytest.param("192.0.2.7", "203.0.113.5", "192.0.2.7", id="a stranger's word"),
        pytest.param("10.0.0.1", "", "10.0.0.1", id="the proxy itself"),
        pytest.param("10.0.0.1", "203.0.113.5", "203.0.113.5", id="the proxy's word"),
        pytest.param("10.0.0.1", "1.1.1.1, 203.0.113.5", "203.0.113.5", id="invented before"),
        pytest.param("10.0.0.1", "203.0.113.5, 10.2.2.2", "203.0.113.5", id="two proxies"),
        pytest.param("10.0.0.1", "203.0.113.5, nonsense", "10.0.0.1", id="nonsense at the end"),
        pytest.param("10.0.0.1", "10.3.3.3", "10.3.3.3", id="proxies alone"),
        pytest.param("fd00::1", "203.0.113.5", "203.0.113.5", id="a proxy by IPv6"),
        pytest.param("::ffff:10.0.0.1", "203.0.113.5", "203.0.113.5", id="IPv4 as IPv6"),
        pytest.param("2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64", id="IPv6 by network"),
        pytest.param("", "203.0.113.5", "", id="no address at all"),
    ],
)
def test_a_caller_counts_by_the_nearest_address_that_is_no_trusted_proxy(
    peer: str, forwarded: str, caller: str
) -> None:
    assert caller_address(peer, forwarded, PROXIES) == caller


def test_without_trusted_proxies_the_header_never_counts() -> None:
    assert caller_address("10.0.0.1", "203.0.113.5", ()) == "10.0.0.1"
    assert not is_trusted("10.0.0.1", ())
