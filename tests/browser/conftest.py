"""A real browser against the served console, at the width of a desk and of a phone. Screenshots are kept."""

import os
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group, User
from playwright.sync_api import sync_playwright

from texture_portal import groups

CHROMIUM = Path("/usr/bin/chromium")
WIDTHS = {"desk": (1440, 900), "phone": (390, 844)}
PASSWORD = "a password for tests only"


@pytest.fixture(scope="module")  # playwright suffers no second one in the process, and the docs have theirs
def browser():
    if not CHROMIUM.exists():
        pytest.skip(f"NO BROWSER: {CHROMIUM} is absent, so the console was not tried in one")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # playwright keeps a loop in this thread; the tests are not async
    try:
        with sync_playwright() as playwright:
            opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
            yield opened
            opened.close()
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(params=WIDTHS)
def width(request):
    return request.param


@pytest.fixture
def sign_in(browser, live_server, width):
    """`sign_in("Auditor")`: a page of a new member of that group, logged in by the form."""
    groups.install(apps)  # transactional tests empty the tables
    contexts = []

    def signed_in(group):
        user = User.objects.create_user(group.replace(" ", "-").lower(), password=PASSWORD, is_staff=True)
        user.groups.add(Group.objects.get(name=group))
        wide, high = WIDTHS[width]
        context = browser.new_context(viewport={"width": wide, "height": high}, base_url=live_server.url)
        contexts.append(context)
        page = context.new_page()
        page.goto("/admin/")
        page.fill("[name=username]", user.username)
        page.fill("[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url("**/admin/")
        page.user = user
        return page

    yield signed_in
    for context in contexts:
        context.close()


@pytest.fixture
def keep(width):
    """Keeps a screenshot of the whole page, and holds that nothing sticks out at the side."""

    def keep(page, name):
        page.wait_for_load_state("networkidle")
        folder = settings.PORTAL_HOME / "artefacts"
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1"), f"{name} is too wide"

    return keep
