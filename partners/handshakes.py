"""Whether an address speaks modern TLS with a certificate that is good for its name (§9)."""

from dataclasses import dataclass

from partners import http


@dataclass(frozen=True, slots=True)
class Handshake:
    """`code`: ok, tls_failed, not_reached …; `version` as in `TLSv1.3`."""

    code: str
    version: str = ""


def shake(url: str) -> Handshake:
    """By the one outbound client: its guard holds, it takes TLS 1.2 and above, and it checks names."""
    try:
        http.check_url(url)
        answer = http.client().call(http.Request("GET", url, most_bytes=1024))
    except http.UrlRefusedError:
        return Handshake("url_refused")
    except http.OutboundError as fault:
        return Handshake(fault.code)
    return Handshake("ok", answer.tls)
