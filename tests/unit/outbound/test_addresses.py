"""Where a POST may go: hosts on the internet, by the address that was checked."""

import socket
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.networks import is_literal, is_near, is_public
from chalicelib.outbound import Answer, Https
from tests.unit.outbound.hosts import answers, serving
from tests.unit.outbound.posting import (
    ANOTHER,
    NAME,
    PUBLIC,
    Internet,
    a_named,
    a_place,
    here,
    local,
    post,
    refused,
)

# Written by hand from IANA's registries of special-purpose addresses, not from `ipaddress`.
NOT_PUBLIC_4 = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
]
NOT_PUBLIC_6 = [
    "::/128",
    "::1/128",
    "::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/32",
    "2001:2::/48",
    "2001:10::/28",
    "2001:20::/28",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
]
PUBLIC_ONES = ["1.1.1.1", PUBLIC, "100.128.0.1", "172.32.0.1", ANOTHER, "2a00:1450::1"]
NETWORKS_4 = [IPv4Network(one) for one in NOT_PUBLIC_4]


def within(network: str) -> st.SearchStrategy[str]:
    found = ip_network(network)
    first, last = int(found.network_address), int(found.broadcast_address)
    made = IPv4Address if found.version == 4 else IPv6Address
    return st.integers(first, last).map(lambda number: str(made(number)))


@pytest.mark.parametrize("network", [*NOT_PUBLIC_4, *NOT_PUBLIC_6])
def test_no_address_of_a_special_network_is_public(network: str) -> None:
    found = ip_network(network)

    assert not is_public(str(found.network_address))
    assert not is_public(str(found.broadcast_address))
    given(within(network))(_assert_not_public)()


def _assert_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC_ONES)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)
    assert not is_near(address)


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_an_address_in_another_one_is_judged_as_itself(address: IPv4Address) -> None:
    expected = not any(address in network for network in NETWORKS_4)
    high, low = address.packed[:2].hex(), address.packed[2:].hex()

    assert is_public(str(address)) is expected
    assert is_public(f"::ffff:{address}") is expected
    assert is_public(f"::ffff:{high}:{low}") is expected
    assert is_public(f"64:ff9b::{high}:{low}") is expected


@given(st.sampled_from(NOT_PUBLIC_4).flatmap(within).map(IPv4Address))
def test_no_tunnel_leads_to_a_special_address(address: IPv4Address) -> None:
    inverted = IPv4Address(int(address) ^ (2**32 - 1))

    for packed in (
        bytes.fromhex("2002") + address.packed + bytes(10),  # 6to4
        bytes.fromhex("20010000") + bytes(8) + inverted.packed,  # Teredo
        bytes.fromhex("20010000") + address.packed + bytes(8),
        bytes(12) + address.packed,  # "IPv4-compatible"
    ):
        assert not is_public(str(IPv6Address(packed)))


@given(st.text(max_size=40))
def test_what_is_no_address_is_neither_public_nor_near(text: str) -> None:
    if not is_literal(text):
        assert not is_public(text)
        assert not is_near(text)


# -- the door ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "found",
    [
        ["127.0.0.1"],
        ["10.0.0.1"],
        ["169.254.169.254"],
        ["fd00:ec2::254"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::7f00:1"],
        ["2002:7f00:1::"],
        ["0.0.0.0"],  # noqa: S104 - nothing listens there
        ["fe80::1%eth0"],
        [PUBLIC, "192.168.1.1"],
        ["192.168.1.1", PUBLIC],
        [PUBLIC, ANOTHER, "::"],
    ],
    ids=" ".join,
)
def test_a_host_with_an_address_that_is_not_public_is_given_up(found: list[str]) -> None:
    internet = Internet(0, [found])

    error = refused(Https(resolve=internet.resolve, connect=internet.connect), a_place())

    assert error.reason == f"{NAME} resolves to an address that is not public"
    assert error.is_final
    assert internet.connected == []


def test_a_name_is_resolved_once_and_the_checked_address_is_used() -> None:
    with serving(answers(200)) as host:
        internet = Internet(host.port, [[PUBLIC], ["127.0.0.1"]])
        https = Https(resolve=internet.resolve, connect=internet.connect)

        assert post(https, a_place(port=80, scheme="http")) == Answer(200)
        assert internet.asked == [NAME]
        assert internet.connected == [(PUBLIC, 80)]

        # It is resolved and checked for each POST.
        assert refused(https, a_place(port=80, scheme="http")).is_final

    assert internet.connected == [(PUBLIC, 80)]


def test_the_way_to_an_address_asks_no_name_server(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    real = socket.getaddrinfo

    def resolve(host: object, *more: object, **others: object) -> object:
        asked.append(host)
        return real(*(host, *more), **others)  # type: ignore[arg-type]  # as it came

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with serving(answers(200)) as host:
        post(local(), a_named("localhost", host.port))

    name, *others = asked
    assert name == "localhost"
    assert all(is_literal(str(one)) for one in others)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "10.1.2.3", "172.17.0.1", "fd00::1"])
def test_a_named_host_may_be_near_on_an_emulator(host: str) -> None:
    with serving(answers(200)) as server:
        internet = Internet(server.port, [[host]])
        https = Https(is_local=True, resolve=internet.resolve, connect=internet.connect)

        assert post(https, a_named(host)) == Answer(200)

    assert internet.connected == [(host, 8080)]


def test_a_near_host_must_be_named_and_the_stack_on_an_emulator() -> None:
    with serving(answers(200)) as host:
        near = here(host.port)
        unnamed = replace(near, is_named=False)

        assert refused(Https(is_local=False), near).is_final
        assert refused(Https(is_local=True), unnamed).is_final

    assert host.connections == 0


@pytest.mark.parametrize(
    "found", ["169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "ff02::1"]
)
def test_credentials_of_a_machine_are_out_of_reach_of_a_named_host_too(found: str) -> None:
    internet = Internet(0, [[found]])
    https = Https(is_local=True, resolve=internet.resolve, connect=internet.connect)

    assert refused(https, a_named(NAME)).is_final
    assert internet.connected == []


@pytest.mark.parametrize("error", [socket.gaierror(-2, "unknown"), UnicodeError("label too long")])
def test_a_name_that_does_not_resolve_may_do_so_later(error: Exception) -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise error

    caught = refused(Https(resolve=resolve), a_place())

    assert caught.reason == f"the name {NAME} does not resolve"
    assert not caught.is_final


def test_what_cannot_be_a_name_does_not_resolve() -> None:
    # No name server is asked for it.
    assert refused(Https(), a_place("a..b")).reason == "the name a..b does not resolve"


@pytest.mark.parametrize("found", [[], ["10.0.0.1"], ["fe80::1%" + "e" * 200]])
def test_a_long_name_does_not_make_a_long_reason(found: list[str]) -> None:
    internet = Internet(0, [found])

    assert refused(Https(resolve=internet.resolve), a_place("a." * 126)).reason
