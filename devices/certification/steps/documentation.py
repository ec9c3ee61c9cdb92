"""The partner's own pages, as its connector document names them."""

from yarl import URL

from devices.certification.bench import Bench
from devices.certification.facts import Page
from partners import http

MOST_BYTES = 256 * 1024  # of a page: whether it is there, not what it says


def read_page(bench: Bench, *, of: str) -> None:
    named = bench.document.documentation.get(of)
    bench.facts.pages.append(Page(of, _code(bench, named) if isinstance(named, str) else "not_named"))


def _code(bench: Bench, named: str) -> str:
    """A path is one of the cloud's own. Which part of a page it is stays with the reader."""
    url = str(URL(bench.cloud.base_url).join(URL(named)).with_fragment(None))
    try:
        http.check_url(url)
        answer = http.client().call(http.Request("GET", url, most_bytes=MOST_BYTES, is_repeatable=True))
    except http.UrlRefusedError:
        return "url_refused"
    except http.OutboundError as fault:
        return fault.code
    if not 200 <= answer.status < 300:
        return f"http_{answer.status}"
    return "ok" if answer.body.strip() else "empty"
