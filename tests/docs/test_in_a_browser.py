"""The pages in a real browser: nothing beside the screen, nothing from elsewhere, and a call signed on the page."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from contract.client import Client
from contract.conftest import run
from contract.payloads import enrollment
from playwright.sync_api import Browser, Page

from tests.chromium import launched
from tests.waiting import ON_A_PAGE
from texture_portal.openapi.calls.table import CALLS

from .test_pages import addresses

pytestmark = pytest.mark.browser

TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def partners(authority: str, oem: Client) -> dict[str, dict[str, Any]]:
    """New credentials by algorithm, made before the browser runs: Django's ORM is not to be used beside it."""
    algorithms = ("ed25519", "ecdsa-p256-sha256", "hmac-sha256")
    return {
        name: run("create_partner", f"Browsing {name}", "--kind", "oem", "--algorithm", name) for name in algorithms
    }


@pytest.fixture(scope="module")
def browser(partners: Any) -> Iterator[Browser]:
    with launched(to_see="the docs") as started:
        yield started


@pytest.fixture
def open_page(browser: Browser, authority: str) -> Iterator[Callable[..., Page]]:
    """A page of this width; at the end, everything that it asked for was the portal's, and nothing went wrong."""
    asked: list[str] = []
    wrong: list[str] = []

    def make(width: int, scheme: Any = "light") -> Page:
        page = browser.new_page(
            viewport={"width": width, "height": 900}, color_scheme=scheme, base_url=f"http://{authority}"
        )
        page.set_default_timeout(ON_A_PAGE * 1000)
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda fault: wrong.append(str(fault)))
        return page

    yield make
    for context in browser.contexts:
        context.close()
    assert asked
    assert [url for url in asked if not url.startswith((f"http://{authority}/", "data:"))] == []
    assert wrong == []


@pytest.mark.parametrize("width", [390, 1440])
def test_every_page_fits_the_screen(open_page: Callable[..., Page], width: int) -> None:
    page = open_page(width)
    for address in [*addresses(), "/status/"]:
        page.goto(address)
        assert page.evaluate(TOO_WIDE) <= 0, address
        assert page.locator("h1").count() == 1, address


def test_dark_is_dark_and_light_is_light(open_page: Callable[..., Page]) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        page = open_page(1440, scheme)
        page.goto("/docs/")
        grounds.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert grounds == ["rgb(255, 255, 255)", "rgb(18, 21, 26)"]


@pytest.mark.parametrize("algorithm", ["ed25519", "ecdsa-p256-sha256", "hmac-sha256"])
def test_a_device_is_enrolled_from_the_page(
    open_page: Callable[..., Page], partners: dict[str, dict[str, Any]], algorithm: str
) -> None:
    page = open_page(390)
    page.goto("/docs/try")
    page.fill("[name=credentials]", json.dumps(partners[algorithm]))
    assert page.input_value("[name=target]") == CALLS[0].path
    example = json.loads(page.input_value("[name=body]"))
    own = {**example, "device": enrollment()["device"]}
    page.fill("[name=body]", json.dumps(own))
    answered = page.locator("#answered")
    page.click("button")
    page.locator("#answered", has_text="{").wait_for()
    said = answered.text_content() or ""
    assert said.startswith("201\n"), said
    assert json.loads(said[said.index("{") :])["state"] == "enrolled"
    assert partners[algorithm]["clientSecret"] not in (page.locator("#sent").text_content() or "")
    page.click("button")
    page.locator("#answered", has_text="idempotent-replayed: true").wait_for()
