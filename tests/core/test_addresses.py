"""Which addresses may be sent to when somebody else chose them."""

from ipaddress import ip_network

import pytest

from gateway.core.addresses import may_be_sent_to


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700:4700::1111", "::ffff:93.184.215.14"])
def test_the_public_internet_may_be_sent_to(address: str) -> None:
    assert may_be_sent_to(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",  # where clouds keep credentials
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "fe80::1",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",  # IPv4 in IPv6
        "64:ff9b::7f00:1",  # by NAT64
        "2002:7f00:1::",  # by 6to4
        "2001:0:0:0:0:0:80ff:fffe",  # by Teredo
    ],
)
def test_nothing_else_may_be_sent_to_in_any_of_its_forms(address: str) -> None:
    assert not may_be_sent_to(address)


def test_an_operator_may_allow_networks_of_their_own() -> None:
    allowed = (ip_network("10.20.0.0/16"), ip_network("fd00::/8"))

    assert [may_be_sent_to(each, allowed) for each in ("10.20.3.4", "::ffff:10.20.3.4", "fd00::1")] == [True] * 3
    assert not may_be_sent_to("10.21.0.1", allowed)
