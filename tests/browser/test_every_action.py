"""Every action of every page, as each role: shown to those who may, refused by its address to those who may not."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from tests.browser.offered import OF_NO_ROW, address, in_bulk, label_of, offered
from tests.browser.offers import EVERY_GROUP, OFFERS, allowed, denied, may
from tests.browser.specimens import one_of_everything
from tests.browser.walking import admins, everything_kept, linked_from, offers_of, pages_of, post

pytestmark = pytest.mark.browser


def test_the_table_names_every_action_that_the_admin_classes_have_and_no_other():
    assert {label: offered(each) for label, each in admins().items()} == {
        label: set(actions) for label, actions in OFFERS.items()
    }


@pytest.mark.parametrize("group", EVERY_GROUP)
@pytest.mark.django_db(transaction=True)
def test_each_role_is_shown_its_actions_and_refused_all_others(sign_in, group):
    rows, page = one_of_everything(), sign_in(group)
    block_looks(page)
    for label, model_admin in admins().items():
        shown = walked(page, model_admin, rows[label], group=group)
        assert {action for at, action in shown if at == label} == allowed(group, label) - {"view"}, label
        assert {(at, action) for at, action in shown if not may(group, at, action)} == set(), label
    before = everything_kept()
    for label, model_admin in admins().items():
        for action in denied(group, label):
            refused(page, model_admin, action, rows[label][0])
    assert everything_kept() == before


def test_every_action_of_the_table_is_performed_by_a_test():
    modules = [import_module(f"tests.browser.{each.name}") for each in iter_modules([str(Path(__file__).parent)])]
    tests = [test for module in modules for name, test in vars(module).items() if name.startswith("test_")]
    marks = [mark for test in tests for mark in getattr(test, "pytestmark", []) if mark.name == "performs"]
    in_the_table = {f"{label}:{action}" for label, actions in OFFERS.items() for action in actions if action != "view"}
    assert {action for mark in marks for action in mark.args} == in_the_table


def block_looks(page):
    """What is offered stands on the page without them. The browser leaves them out by itself: asking here about each
    would take longer than the pages do."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setBlockedURLs", {"urls": ["*/static/*"]})


def walked(page, model_admin, rows, *, group):
    """What its pages offer. Who may not look is refused them all."""
    shown, may_look = set(), may(group, label_of(model_admin), "view")
    for url in pages_of(model_admin, rows, group=group):
        assert page.goto(url, wait_until="domcontentloaded").status == (200 if may_look else 403), url
        if may_look:
            shown |= offers_of(page)
            assert {label for label in linked_from(page) if not may(group, label, "view")} == set(), url
    return shown


def refused(page, model_admin, action, row):
    url = address(model_admin, action, row)
    if action in in_bulk(model_admin):
        answer = post(page, url, action=action, index="0", _selected_action=str(row.pk))
        assert answer.status in (200, 403), (url, action)  # 200: the list as it was
        return
    assert post(page, url, reason="Because.", message="More.", post="yes").status in (403, 404), url
    if action in OF_NO_ROW:
        assert page.context.request.get(url).status in (403, 404), url
