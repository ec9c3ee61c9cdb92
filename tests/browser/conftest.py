"""A real browser against the served console. Screenshots are kept, at the width of a desk and of a phone."""

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.test import Client

from tests.browser.walking import actions_in
from tests.chromium import launched
from tests.waiting import ON_A_PAGE
from texture_portal import groups

WIDTHS = {"desk": (1440, 900), "phone": (390, 844)}
AT_BOTH_WIDTHS = pytest.mark.parametrize("width", WIDTHS, indirect=True)
CUT_OFF = """[...document.querySelectorAll('.data-row > td, .facts dd')]
    .filter(each => each.scrollHeight > each.clientHeight + 1 || each.scrollWidth > each.clientWidth + 1)
    .map(each => each.innerText)"""
# Fonts are there, and scripts that ran at the end of loading have drawn what they draw.
SETTLED = """() => document.fonts.ready.then(() => new Promise(done => requestIdleCallback(done, {timeout: 1000})))"""
PASSWORD = "a password for tests only"


@pytest.fixture(scope="module")  # playwright suffers no second one in the process, and the docs have theirs
def browser():
    with launched(to_see="the console's pages") as opened:
        yield opened


@pytest.fixture
def width(request):
    """That of a desk, but where a test goes the whole way at both: `AT_BOTH_WIDTHS`."""
    return getattr(request, "param", "desk")


@pytest.fixture
def answered():
    """(action, status) of what the portal was asked for from its pages, in order."""
    return []


@pytest.fixture(autouse=True)
def _performs_what_it_says(request):
    """A test that is marked to perform actions has asked for each of them, and none was refused."""
    said = {action for mark in request.node.iter_markers("performs") for action in mark.args}
    log = request.getfixturevalue("answered") if said else []
    yield
    assert said <= {action for action, status in log if status < 400}


@pytest.fixture
def sign_in(browser, live_server, width, answered):
    """`sign_in("Auditor")`: an empty page of a new member of that group. How one logs in, `test_log_in.py` tries."""
    groups.install(apps)  # transactional tests empty the tables
    contexts = []

    def signed_in(group):
        user = User.objects.create_user(group.replace(" ", "-").lower(), is_staff=True)
        user.groups.add(Group.objects.get(name=group))
        client = Client()
        client.force_login(user)
        wide, high = WIDTHS[width]
        context = browser.new_context(viewport={"width": wide, "height": high}, base_url=live_server.url)
        context.set_default_timeout(ON_A_PAGE * 1000)
        contexts.append(context)
        name = settings.SESSION_COOKIE_NAME
        context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
        context.on("response", lambda answer: answered.extend(actions_in(answer)))
        page = context.new_page()
        page.user = user
        return page

    yield signed_in
    for context in contexts:
        context.close()


@pytest.fixture
def keep(width):
    """Keeps a screenshot of the whole page at each width, the browser's own last, and holds that nothing sticks out at
    the side or is cut off in a table."""

    def keep(page, name):
        for each in sorted(WIDTHS, key=lambda name: name == width):
            wide, high = WIDTHS[each]
            page.set_viewport_size({"width": wide, "height": high})
            _keep(page, name, each)

    return keep


def _keep(page, name, width):
    page.wait_for_load_state("load")
    page.evaluate(SETTLED)
    folder = settings.PORTAL_HOME / "artefacts"
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1"), f"{name} is too wide"
    assert page.evaluate(CUT_OFF) == [], f"{name} hides text"
