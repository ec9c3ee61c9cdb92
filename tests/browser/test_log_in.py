"""Coming in, in a browser: the second factor set up and proved, a lock-out, and who looks after both."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.browser.conftest import PASSWORD
from tests.browser.test_console import carry_out, page_of
from tests.login.conftest import code_of, wrong_code
from tests.waiting import ON_A_PAGE
from texture_portal.models import Act, Authenticator

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.performs("auth.user:end-sessions")
def test_staff_see_where_they_are_logged_in_and_end_it(sign_in, keep, live_server):
    page = sign_in("Administrator")
    elsewhere = page.context.browser.new_context(base_url=live_server.url).new_page()
    elsewhere.set_default_timeout(ON_A_PAGE * 1000)
    rita = User.objects.create_superuser("rita", password=PASSWORD)
    elsewhere.goto("/admin/")
    elsewhere.fill("[name=username]", "rita")
    elsewhere.fill("[name=password]", PASSWORD)
    elsewhere.click("button[type=submit]")
    elsewhere.wait_for_url("**/admin/")
    other = Client()
    other.force_login(rita)
    elsewhere.goto(reverse("open_sessions"))
    assert elsewhere.locator(".open-session").count() == 2
    keep(elsewhere, "open-sessions")
    elsewhere.get_by_text("End all the others").click()
    elsewhere.get_by_text("Ended: 1.").wait_for()
    assert other.get(reverse("admin:index")).status_code == 302
    page.goto(page_of(rita))
    carry_out(page, "end-sessions", reason="A lost laptop.")
    assert "1 sessions of rita were ended." in page.content()
    elsewhere.goto("/admin/")
    assert "/admin/login/" in elsewhere.url
    elsewhere.context.close()


def test_a_page_that_nobody_is_at_is_put_away(sign_in, keep):
    page = sign_in("Auditor")
    page.context.clock.install()
    page.goto(reverse("admin:partners_customer_changelist"))
    other = page.context.new_page()
    for _ in range(2):
        page.context.clock.fast_forward(59 * 60_000)
        other.goto(reverse("admin:index"))  # at work in another tab
    assert page.locator("#changelist").count() == 1
    page.context.clock.fast_forward(61 * 60_000)
    page.get_by_text("This page was put away").wait_for()
    assert page.locator("#changelist, [name=q]").count() == 0
    keep(page, "put-away")
    page.get_by_text("Go back to it").click()
    page.locator("#changelist").wait_for()  # the portal's own clock has not moved


@pytest.mark.performs("auth.user:lift-lock", "auth.user:take-second-factor")
def test_a_second_factor_is_set_up_proved_and_taken_away(sign_in, keep, settings):
    page = sign_in("Administrator")
    settings.REQUIRE_SECOND_FACTOR = True
    page.goto(reverse("admin:index"))
    assert "Set up your second factor" in page.content()
    keep(page, "second-factor-set-up")
    page.fill("[name=code]", wrong_code(Authenticator.objects.get()))
    page.keyboard.press("Enter")
    page.get_by_text("not the code of now").wait_for()
    Authenticator.objects.update(throttling_failure_count=0)
    page.fill("[name=code]", code_of(Authenticator.objects.get()))
    page.keyboard.press("Enter")
    page.locator(".recovery-codes").wait_for()
    keep(page, "second-factor-codes")
    page.get_by_text("I have kept them").click()
    page.wait_for_url("**/admin/")
    page.goto(reverse("second_factor"))
    keep(page, "second-factor-look-after")
    locked_and_lifted(page, keep)
    page.goto(page_of(page.user))
    carry_out(page, "take-second-factor", reason="Lost.")
    assert "Set up your second factor" in page.content()
    assert Act.objects.filter(what="second_factor_taken_away").exists()


def locked_and_lifted(page, keep):
    rita = User.objects.create_user("rita", password=PASSWORD, is_staff=True)
    other = page.context.browser.new_context(base_url=page.url.partition("/admin")[0]).new_page()
    other.set_default_timeout(ON_A_PAGE * 1000)
    for _ in range(5):
        other.goto("/admin/")
        other.fill("[name=username]", "rita")
        other.fill("[name=password]", "a guess")
        other.click("button[type=submit]")
        other.wait_for_load_state()
    assert "Too many wrong passwords" in other.content()
    keep(other, "locked-out")
    other.context.close()
    page.goto(page_of(rita))
    carry_out(page, "lift-lock", reason="She called.")
    assert "rita may try again." in page.content()
    keep(page, "user-verbs")
    page.goto(reverse("admin:texture_portal_act_changelist"))
    keep(page, "acts")
    page.goto(page_of(Act.objects.filter(what="locked_out").first()))
    keep(page, "act")
