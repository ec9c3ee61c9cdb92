"""`/docs/`: pages for people, without anything from elsewhere (contract §10)."""

import html
import html.parser
import re
from functools import cache
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from partners.problems import PROBLEMS
from texture_portal.docs import pages
from texture_portal.openapi.calls.table import CALLS

FIXED = ["/docs/", "/docs/errors", "/docs/device-types", "/docs/reference"]


class Reading(html.parser.HTMLParser):
    """The ids, links and sources of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.sources: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if "id" in told:
            self.ids.append(told["id"])
        if tag == "a":
            self.links.append(told["href"])
        elif tag == "link":
            self.sources.append(told["href"])
        elif "src" in told:
            self.sources.append(told["src"])


def told(text: str) -> str:
    """What a reader sees of it."""
    return html.unescape(re.sub(r"<[^>]+>", "", text))


def addresses() -> list[str]:
    return [*FIXED, *(page.address for _, section in pages.menu() for page in section if page.address not in FIXED)]


@cache
def get(address: str) -> tuple[int, str]:
    answer = Client().get(address)
    return answer.status_code, answer.content.decode()


@cache
def read(address: str) -> Reading:
    status, text = get(address)
    assert status == 200, address
    return Reading(text)


@pytest.mark.parametrize("address", addresses())
def test_a_page_has_nothing_from_elsewhere_and_no_dead_link(address: str) -> None:
    page = read(address)
    assert len(page.ids) == len(set(page.ids))
    for source in page.sources:
        if source.startswith("/static/"):
            assert finders.find(source.removeprefix("/static/")), source
        elif not source.startswith("data:"):
            assert get(source)[0] == 200, source
    for link in page.links:
        url = urlsplit(urljoin(address, link))
        if url.netloc or url.path == "/status/":
            continue
        assert get(url.path)[0] == 200, link
        if url.fragment:
            assert url.fragment in read(url.path).ids, link


def test_every_markdown_file_is_a_page() -> None:
    shown = {page.slug for _, section in pages.menu() for page in section}
    files = {str(path.relative_to(pages.FOLDER).with_suffix("")) for path in pages.FOLDER.rglob("*.md")}
    assert files - {"README"} <= shown


@pytest.mark.parametrize("code", PROBLEMS)
def test_the_type_of_every_problem_leads_to_its_remedy(code: str) -> None:
    _, text = get("/docs/errors")
    assert code in Reading(text).ids
    section = told(text.split(f'id="{code}"', 1)[1].split("</section>", 1)[0])
    assert PROBLEMS[code].remedy.replace("`", "") in section
    assert f"{PROBLEMS[code].title}." in section


def test_the_reference_has_every_call_with_its_scope_and_fields() -> None:
    _, text = get("/docs/reference")
    ids = Reading(text).ids
    for call in CALLS:
        assert call.name in ids
        section = text.split(f'id="{call.name}"', 1)[1].split("</section>", 1)[0]
        assert f"scope {call.scope}" in section
        for name in call.body().fields if call.body else ():
            assert f'title="{name}"' in section


@pytest.mark.parametrize("name", sorted(path.name for path in (pages.FOLDER / "examples").iterdir()))
def test_an_example_is_on_the_page_and_can_be_fetched(name: str) -> None:
    _, fetched = get(f"/docs/examples/{name}")
    assert fetched == (pages.FOLDER / "examples" / name).read_text(encoding="utf-8")
    assert fetched in told(get("/docs/webhooks" if name.startswith("webhooks") else "/docs/signing")[1])


@pytest.mark.parametrize(
    "address",
    ["/docs/nothing", "/docs/../manage", "/docs/examples/nothing.py", "/docs/examples/..", "/docs/lifecycle.md",
     "/docs/%2e%2e/manage.py", "/docs/examples/%2e%2e%2f%2e%2e%2fmanage.py", "/docs/decisions"],
)  # fmt: skip
def test_nothing_else_is_served(address: str) -> None:
    assert get(address)[0] == 404


def test_no_page_names_a_place_of_some_machine() -> None:
    for file in [*pages.FOLDER.rglob("*.md"), *(pages.FOLDER / "examples").iterdir()]:
        assert not re.search(r"/(work|root|home)/", Path(file).read_text(encoding="utf-8")), file
