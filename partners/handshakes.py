"""Whether an address speaks modern TLS with a certificate that is good for its name (§9)."""

from partners import http


def shake(url: str) -> str:
    """`ok`, or why not: by the one outbound client, which guards, takes TLS 1.2 and above, and checks names."""
    try:
        http.check_url(url)
        http.client().call(http.Request("GET", url, most_bytes=1024))
    except http.UrlRefusedError:
        return "url_refused"
    except http.OutboundError as fault:
        return fault.code
    return "ok"
