"""Whether an address speaks modern TLS with a certificate that is good for its name (§9)."""

from dataclasses import dataclass

from partners import http


@dataclass(frozen=True, slots=True)
class Shaken:
    """`code` is ok, or why not; `why` the TLS library's words for it."""

    code: str
    why: str = ""


def shake(url: str) -> Shaken:
    """By the one outbound client's rules: it guards, takes TLS 1.2 and above, and checks names.

    Over connections of its own: one that is kept open shook hands a while ago.
    """
    fresh = http.Outbound()
    try:
        http.check_url(url)
        fresh.call(http.Request("GET", url, most_bytes=1024))
    except http.UrlRefusedError:
        return Shaken("url_refused")
    except http.OutboundError as fault:
        return Shaken(fault.code, fault.why)
    finally:
        fresh.close()
    return Shaken("ok")
