"""Which IP addresses are on the internet, and which are near. Pure."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

_UNICAST: Final = IPv6Network("2000::/3")
"""The only part of IPv6 that is given to hosts on the internet.
https://www.iana.org/assignments/ipv6-unicast-address-assignments"""

_NAT64: Final = IPv6Network("64:ff9b::/96")
"""An IPv4 address, as a network without IPv4 has it (RFC 6052, section 2.1)."""

_SPECIAL: Final = tuple(
    ip_network(one)
    for one in (
        "192.0.0.0/24",  # protocol assignments
        "192.88.99.0/24",  # relays of 6to4
        "2001::/23",  # protocol assignments; Teredo, whose addresses hold IPv4 ones
        "2002::/16",  # 6to4, whose addresses hold IPv4 ones
        "3fff::/20",  # for documents
    )
)
"""What the `ipaddress` of some Python that we run on takes for global.
https://www.iana.org/assignments/iana-ipv4-special-registry
https://www.iana.org/assignments/iana-ipv6-special-registry"""


def is_literal(host: str) -> bool:
    """Whether the host, without brackets, is an IP address and no name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_public(address: str) -> bool:
    """Whether this is the IP address of a host on the internet."""
    found = _meant(address)
    return (
        found is not None
        and (isinstance(found, IPv4Address) or found in _UNICAST)
        and found.is_global
        and not found.is_multicast
        and not any(found in network for network in _SPECIAL)
    )


def is_near(address: str) -> bool:
    """Whether this may be the IP address of a host on this machine, or on its network. An address
    that is good on one link only is not: there, a machine on AWS gets its credentials."""
    found = _meant(address)
    return (
        found is not None
        and found.is_private
        and not found.is_link_local
        and not found.is_multicast
    )


def _meant(address: str) -> IPv4Address | IPv6Address | None:
    """Returns the address; the IPv4 address if it stands for one; None if it is none."""
    try:
        found = ip_address(address)
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        if found in _NAT64:
            return IPv4Address(found.packed[-4:])
        return found.ipv4_mapped or found
    return found
