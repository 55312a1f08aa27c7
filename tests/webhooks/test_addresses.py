"""Which addresses are taken, and which are called."""

from ipaddress import ip_network
from typing import Any

import pytest

from foundation.core.errors import Invalid
from foundation.webhooks.addresses import check_address, may_call


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example/desk",
        "https://hooks.example:8443/desk?key=a%20b",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/",
        "https://empresa-ñandú.example/",
    ],
)
def test_public_addresses_are_taken(url: str) -> None:
    check_address(url)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "whole address"),
        ("hooks.example/desk", "whole address"),
        ("ftp://hooks.example/", "whole address"),
        ("file:///etc/passwd", "whole address"),
        ("https://", "whole address"),
        ("https://hooks.example:99999/", "whole address"),
        ("https://hooks.example/a b", "whole address"),
        ("https://hooks.example/\r\nX-Header: 1", "whole address"),
        ("https://hooks.example\\@inside/", "whole address"),
        ("https://user:secret@hooks.example/", "Take name and password out"),
        ("https://@hooks.example/", "Take name and password out"),
        ("http://hooks.example/", "Use https"),
        ("http://8.8.8.8/", "Use https"),
        ("https://localhost/", "private address"),
        ("https://app.localhost/", "private address"),
        ("https://localhost./", "private address"),
        ("https://127。0。0。1/", "private address"),
        ("https://LOCALHOST:8000/", "private address"),
        ("https://127.0.0.1/", "private address"),
        ("https://10.1.2.3/", "private address"),
        ("https://[::1]/", "private address"),
        ("https://[::ffff:169.254.169.254]/", "private address"),
        ("https://[fe80::1%25eth0]/", "private address"),
    ],
)
def test_other_addresses_are_refused_with_what_to_write(url: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        check_address(url)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"),
        *("100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "255.255.255.255"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"),
        *("2001:0:7f00:1:0:0:80ff:fffe", "not an address", "", "64:ff9b:1::a00:1", "fec0::1"),
        *("::10.0.0.1", "::ffff:0:10.0.0.1", "2606:4700::5efe:10.0.0.1", "192.88.99.1"),
        *("3fff::1", "5f00::1"),
    ],
)
def test_private_addresses_are_not_called(address: str) -> None:
    assert may_call(address) is False


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_addresses_are_called(address: str) -> None:
    assert may_call(address) is True


def test_the_operator_allows_networks(settings: Any) -> None:
    settings.MESA_WEBHOOK_NETWORKS = [ip_network("10.1.0.0/16"), ip_network("fd00::/8")]

    check_address("http://10.1.2.3:9000/hook")
    check_address("https://[fd00::5]/hook")

    called = ["10.1.2.3", "::ffff:10.1.2.3", "fd00::5", "10.2.0.1", "127.0.0.1"]
    assert [may_call(each) for each in called] == [True, True, True, False, False]
    with pytest.raises(Invalid, match="Use https"):
        check_address("http://inside.example/")
