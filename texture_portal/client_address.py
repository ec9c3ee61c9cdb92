"""Where a request comes from, behind the proxies that the settings trust: it is in REMOTE_ADDR for all that follows.

A proxy adds the address that it was called from at the end of X-Forwarded-For; whatever stands further left may have
been made up. So one goes from the right, past every address of a trusted proxy: the first other one is the client.
"""

from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest, HttpResponse

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def networks(given: Iterable[str]) -> tuple[Network, ...]:
    """Raises ValueError."""
    return tuple(ip_network(each.strip()) for each in given)


def client_of(peer: str, forwarded: str, *, trusts_peer: bool, trusted: Iterable[Network]) -> str:
    """`peer` is whoever called us, `forwarded` the header as it came. Nothing where nobody can be named."""
    known = tuple(trusted)
    nearest = _address(peer)
    if not trusts_peer and (nearest is None or not _is_in(nearest, known)):
        return str(nearest or "")
    for text in reversed(forwarded.split(",") if forwarded.strip() else []):
        found = _address(text)
        if found is None:
            break  # what a trusted proxy would not write: nothing left of it is worth anything
        nearest = found
        if not _is_in(found, known):
            break
    return str(nearest or "")


def middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """The outermost: limits, lock-outs, records and consents all go by REMOTE_ADDR."""

    def respond(request: HttpRequest) -> HttpResponse:
        if settings.BEHIND_PROXY or settings.TRUSTED_PROXIES:
            request.META["REMOTE_ADDR"] = client_of(
                request.META.get("REMOTE_ADDR", ""),
                request.META.get("HTTP_X_FORWARDED_FOR", ""),
                trusts_peer=settings.BEHIND_PROXY,
                trusted=settings.TRUSTED_PROXIES,
            )
        return get_response(request)

    return respond


def neighbourhood(address: str) -> str:
    """What one customer of a provider has: an IPv4 address, or a /64 of IPv6, more addresses than any limit."""
    found = _address(address)
    if found is None:
        return ""
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(found) if isinstance(found, IPv4Address) else str(ip_network((int(found), 64), strict=False))


def _is_in(address: Address, known: Iterable[Network]) -> bool:
    return any(address in network for network in known if network.version == address.version)


def _address(text: str) -> Address | None:
    """Some proxies write the port too."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return ip_address(text)
    except ValueError:
        return None
