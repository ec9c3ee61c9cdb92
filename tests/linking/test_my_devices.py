"""My devices: how one gets in, what one sees, and what one ends, as far as the maker and the partner."""

import json
import re
from datetime import timedelta

import pytest
from django.core import mail

from devices.kind import DeviceType
from devices.models import Connection
from enrollments import duties
from enrollments.account import by_email, contacts
from enrollments.models import Contact, DeletionRequest, Enrollment, SignInLink
from enrollments.tasks import follow_connectivity
from programs.dispatch.instructions import Discharge
from programs.models import Participation
from tests.contract import grid
from tests.dispatch.conftest import RATINGS, scheduled, tell
from tests.linking.conftest import Way, told
from texture_portal import clock

pytestmark = pytest.mark.browser

ANA, BEN = "ana@example.org", "ben@example.org"


@pytest.fixture
def linked(maker, program, walk):
    """`linked(ANA)`: an end user who has linked the battery of an account and joined a program."""

    def link(email="", account="resident-1", place=grid.MATCHED, names=("Peak Saver", "Shared Storage")):
        battery = maker.battery(account)
        way = walk().begin().to_maker().decide(account=account).choose(battery["serial_number"]).live_at(place)
        return way.join(*names).agree(email).done()

    return link


@pytest.fixture
def get_in(people, look):
    """By the e-mailed link, in another browser."""

    def get(email=ANA, *, page=None, zip_code="94903", shown=False):
        page = page or people()
        page.goto("/account/")
        if shown:
            look(page, "account-way-in")
        page.fill("[name=email]", email)
        page.click("text=Send me a link")
        page.wait_for_url("**/mailed/")
        if shown:
            look(page, "account-mailed")
        by_email.send_due(now=clock.now())
        page.goto(link_in(mail.outbox[-1]))
        if shown:
            look(page, "account-come-in")
        if page.locator("[name=zip]").count():
            page.fill("[name=zip]", zip_code)
        page.click("main button.button")
        return page

    return get


def link_in(message):
    return re.search(r"http\S+/account/in/\S+", message.body).group()


def test_the_emailed_link_opens_what_is_ones_own_and_all_of_it_can_be_seen(linked, get_in, look):
    linked(ANA)
    page = get_in(shown=True)
    page.wait_for_selector("h1:has-text('My devices')")
    assert "Peak Saver" in page.inner_text("main")
    look(page, "account-front")
    page.click("text=See this device")
    page.wait_for_url("**/devices/**")
    text = page.inner_text("main")
    for said in ("Consent was given · You", "Joined the program Peak Saver", "The device was enrolled · You"):
        assert said in text.replace("\n", " ")
    look(page, "account-device")


def test_the_link_is_good_once_and_only_by_the_button(linked, get_in, people, look):
    linked(ANA)
    page = get_in()
    page.wait_for_selector("text=See this device")
    used = link_in(mail.outbox[-1])
    thief = people()
    assert thief.goto(used).status == 410
    look(thief, "account-spent")
    by_email.ask(ANA, origin=by_email.Origin("http://portal", "es"), now=clock.now())
    by_email.send_due(now=clock.now())
    fresh = link_in(mail.outbox[-1]).removeprefix("http://portal")
    assert mail.outbox[-1].subject == "Su enlace a Mis dispositivos"
    for _ in range(3):
        assert thief.goto(fresh).status == 200, "looking uses nothing up"
    SignInLink.objects.update(expires_at=clock.now())
    assert thief.goto(fresh).status == 410
    thief.goto("/account/")
    assert thief.locator("text=See this device").count() == 0


def test_nobody_learns_which_addresses_are_known(linked, people):
    linked(ANA)
    page = people()
    for email in (ANA, "nobody@example.org"):
        page.goto("/account/")
        page.fill("[name=email]", email)
        page.click("text=Send me a link")
        page.wait_for_url("**/mailed/")
    by_email.send_due(now=clock.now())
    assert [each.to for each in mail.outbox] == [[ANA]]
    assert list(SignInLink.objects.exclude(sealed_email=None)) == []


def test_an_address_is_written_to_a_few_times_an_hour_only(maker):
    now = clock.now()
    for _ in range(by_email.MOST_AN_HOUR + 3):
        by_email.ask(ANA, origin=by_email.Origin("http://portal", "en"), now=now)
    assert SignInLink.objects.count() == by_email.MOST_AN_HOUR


def test_a_mistyped_address_opens_nothing_to_a_stranger(linked, get_in, look):
    linked(BEN)
    page = get_in(BEN, zip_code="10001")
    page.wait_for_selector("[role=alert]")
    look(page, "account-wrong-zip")
    for _ in range(2):
        page.fill("[name=zip]", "10002")
        page.click("main button.button")
    page.wait_for_selector("h1:has-text('no longer works')")
    assert Contact.objects.get().confirmed_at is None
    again = get_in(BEN)
    again.wait_for_selector("text=See this device")
    assert Contact.objects.get().confirmed_at is not None


def test_one_user_never_sees_anothers_devices(maker, linked, get_in, people):
    others = next(each for each in maker.sandbox.everything("/v1/devices")
                  if each["type"] == "battery" and each["account"] != "resident-1")  # fmt: skip
    linked(ANA)
    linked(BEN, account=others["account"])
    mine = Enrollment.objects.get(device__serial_number=maker.battery()["serial_number"])
    page = get_in(BEN)
    page.wait_for_selector("text=See this device")
    assert others["serial_number"] in page.content()
    assert maker.battery()["serial_number"] not in page.content()
    program = mine.device.participations.first().program_id
    for path in (f"devices/{mine.pk}/", f"devices/{mine.pk}/leave/{program}/"):
        assert page.goto(f"/account/{path}").status == 404
    stranger = people()
    for path in (f"devices/{mine.pk}/", "end/", "delete/", "ended/"):
        stranger.goto(f"/account/{path}")
        assert stranger.url.endswith("/account/")


def test_the_makers_log_in_opens_what_was_linked_from_that_account(maker, linked, people, look):
    linked()
    page = people()
    page.goto("/account/")
    page.click("button[name=cloud]")
    Way(page).page.wait_for_url("**/oauth/authorize**")
    page.fill("[name=account]", "resident-1")
    page.fill("[name=password]", "sandbox")
    page.click("button[value=allow]")
    page.wait_for_selector("text=See this device")
    assert Connection.objects.filter(status="active").count() == 1, "the access for logging in was given back"
    other = people()
    other.goto("/account/")
    other.click("button[name=cloud]")
    other.fill("[name=account]", "resident-3")
    other.fill("[name=password]", "sandbox")
    other.click("button[value=allow]")
    other.wait_for_selector("h1:has-text('We know of nothing in this account')")
    look(other, "account-fails-no-account")


def test_leaving_one_program_stays_so(linked, get_in, look):
    linked(ANA)
    page = get_in()
    page.click("text=See this device")
    page.click("text=Leave Peak Saver")
    look(page, "account-leave")
    page.click("text=Leave the program")
    page.wait_for_selector("text=Left the program Peak Saver")
    enrollment = Enrollment.objects.get()
    live = Participation.objects.live().values_list("program__name", flat=True)
    assert list(live) == ["Shared Storage"]
    assert Participation.objects.get(program__name="Peak Saver").left_reason == "left_by_customer"
    assert "Left the program Peak Saver · You" in page.inner_text("main").replace("\n", " ")
    assert enrollment.state == "enrolled"


def test_an_event_that_is_to_come_is_seen_and_sat_out(program, linked, get_in, look):
    linked(ANA)
    device = Enrollment.objects.get().device
    device.ratings = RATINGS["battery"]  # which this maker's cloud does not tell
    device.save()
    tell([device], {"chargePercentage": 90, "backupReserve": 20, "chargeRate": 0}, now=clock.now())
    follow_connectivity(now=clock.now())
    event = scheduled(program, after=timedelta(hours=2), instructions={DeviceType.BATTERY: Discharge(0.5)})
    page = get_in()
    page.click("text=See this device")
    page.wait_for_url("**/devices/*/")
    assert "Peak Saver: Charge the battery or give back, at a set power · upcoming" in page.inner_text("main")
    look(page, "account-device-event")
    page.click("text=Sit this one out")
    page.wait_for_selector("text=you sat it out")
    assert event.targets.get().outcome == "opted_out"
    assert event.targets.get().decided_by == "customer end user"


def test_ending_everything_reaches_the_maker_and_the_partner(maker, linked, get_in, look, receiver):
    linked(ANA)
    token = Connection.objects.get().secret("sealed_access_token")
    headers = {"Authorization": f"Bearer {token}"}
    assert maker.sandbox.api("GET", "/v1/devices", headers=headers).status_code == 200
    page = get_in()
    page.click("text=End everything at once")
    look(page, "account-end")
    page.click("text=End everything now")
    page.wait_for_url("**/ended/")
    look(page, "account-ended")
    enrollment = Enrollment.objects.get()
    assert (enrollment.state, enrollment.device.may_read) == ("opted_out", False)
    assert not Participation.objects.live().exists()
    duties.carry_out(now=clock.now())
    assert maker.sandbox.api("GET", "/v1/devices", headers=headers).status_code == 401
    news = told(receiver)["consent.revoked"]
    assert (news["id"], news["source"], news["state"]) == (str(enrollment.pk), "oauth", "opted_out")
    page.goto("/account/")
    look(page, "account-front-ended")


def test_what_was_ended_can_be_linked_again(linked, get_in):
    linked(ANA)
    page = get_in()
    page.click("text=End everything at once")
    page.click("text=End everything now")
    page.wait_for_url("**/ended/")
    duties.carry_out(now=clock.now())
    linked(ANA)
    assert Enrollment.objects.get().state == "enrolled"
    assert Connection.objects.filter(status="active").count() == 1


def test_my_data_can_be_taken_away(linked, get_in):
    linked(ANA)
    page = get_in()
    with page.expect_download() as caught:
        page.click("text=Download my data")
    [customer] = json.loads(caught.value.path().read_text())["customers"]
    [enrollment] = customer["enrollments"]
    assert customer["email"] == ANA
    assert enrollment["address"]["postalCode"] == "94903"
    assert enrollment["consents"][0]["evidence"]["ipAddress"] == "127.0.0.1"
    assert {each["program"] for each in enrollment["participations"]} == {"Peak Saver", "Shared Storage"}
    assert enrollment["history"]
    assert enrollment["readings"] == []


def test_deletion_is_asked_for_with_a_due_date_and_ends_everything(linked, get_in, look):
    linked(ANA)
    page = get_in()
    page.click("main >> text=Delete my data")
    look(page, "account-delete")
    page.click("text=End everything and delete my data")
    page.wait_for_selector("[role=status]")
    look(page, "account-front-deleting")
    asked = DeletionRequest.objects.get()
    assert asked.due_at - asked.asked_at == timedelta(days=30)
    assert Enrollment.objects.get().state == "opted_out"


def test_logging_out_and_the_hour_close_it(linked, get_in):
    linked(ANA)
    page = get_in()
    page.wait_for_selector("text=See this device")
    page.click("text=Log out")
    page.wait_for_selector("text=Send me a link")
    page.goto("/account/end/")
    assert page.url.endswith("/account/")


def test_an_address_is_kept_sealed_and_found_under_an_older_key(linked, settings):
    linked(" Ana@Example.ORG ")
    contact = Contact.objects.get()
    assert b"xample" not in bytes(contact.sealed_email)
    assert contacts.email_of(contact.customer) == "Ana@Example.ORG"
    settings.DATA_KEYS = ["a newer key", *settings.DATA_KEYS]
    assert contacts.known_digest(ANA) == bytes(contact.email_digest)
