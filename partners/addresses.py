"""Which addresses the portal may call: globally routable ones, however they are written. Pure."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
SIX_TO_FOUR = IPv6Network("2002::/16")  # RFC 3056: bits 16 to 48 are


def as_address(host: str) -> Address | None:
    """None for a name."""
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None


def is_callable(address: Address) -> bool:
    inner = _inner(address)
    if inner is not None:
        return is_callable(inner)
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_unspecified
        and not (isinstance(address, IPv6Address) and address.is_site_local)
    )


def _inner(address: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for: a gateway would send us there."""
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address in SIX_TO_FOUR:
        return IPv4Address(int(address) >> 80 & 0xFFFFFFFF)
    return None
