"""Deletion requests in the browser, at a desk and on a phone: opened by staff, carried out, refused, proved."""

import json

import pytest
from django.urls import reverse

from enrollments.deletion import asking, work
from enrollments.deprovisioning import work as ending_work
from enrollments.models import DeletionRequest, Deprovisioning, Enrollment, LinkSession
from partners.models import Customer, Partner
from tests.browser.test_console import carry_out, page_of
from tests.factories import PartnerFactory, active, listening_partner
from texture_portal import actors, clock
from texture_portal.models import Look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BY = actors.system("tests")


@pytest.mark.performs(
    "partners.customer:ask-deletion",
    "partners.customer:take-along",
    "enrollments.deletionrequest:carry-out",
    "enrollments.deletionrequest:wait-no-more",
    "enrollments.deletionrequest:certificate",
    "enrollments.deletionrequest:verify",
)
def test_a_person_who_wrote_is_deleted_and_the_certificate_is_verified(sign_in, keep):
    customer = active(partner=listening_partner(url="https://silent.example/in")).customer
    page = sign_in("Program staff")
    page.goto(page_of(customer))
    keep(page, "customer")
    taken = the_data_are_taken_along(page)
    assert taken["customers"][0]["reference"] == customer.reference_id
    assert Look.objects.filter(what="exported", table="partners.customer", rows=[str(customer.pk)]).exists()
    page.locator("#ask-deletion-form").locator("xpath=preceding-sibling::summary").click()
    page.locator("#ask-deletion-form [name=is_proved]").check()
    carry_out(page, "ask-deletion")
    assert "Every consent of theirs has ended." in page.content()
    page.goto(page_of(DeletionRequest.objects.get()))
    keep(page, "deletion-asked")
    carry_out(page, "carry-out")
    assert "It is being carried out" in page.content()
    keep(page, "deletion-under-way")
    carry_out(page, "wait-no-more")
    work.work_off(now=clock.now() + work.LEASE * 2)
    page.reload()
    keep(page, "deletion-done")
    the_certificate_is_printed_and_verified(page, keep)
    page.goto(page_of(Customer.objects.get()))
    assert page.locator("form[action$='by-verb/']").count() == 0
    keep(page, "customer-erased")


def the_data_are_taken_along(page):
    page.locator("#take-along-form").locator("xpath=preceding-sibling::summary").click()
    with page.expect_download() as caught:
        page.locator("#take-along-form button").click()
    return json.loads(caught.value.path().read_text())


def the_certificate_is_printed_and_verified(page, keep):
    request = DeletionRequest.objects.get()
    with page.expect_download() as caught:
        page.click("text=as a file that proves itself")
    document = caught.value.path().read_text()
    page.click("text=Page to print")
    page.wait_for_selector("h1:has-text('Certificate of deletion')")
    keep(page, "deletion-certificate")
    for text, verdict in ((document, "It is this portal"), (document.replace('"rows": 1', '"rows": 2'), "was changed")):
        page.goto(reverse("admin:enrollments_deletionrequest_verify"))
        page.fill("[name=document]", text)
        page.click("#verify-form button")
        page.wait_for_selector("[role=status]")
        assert verdict in page.inner_text("[role=status]")
    keep(page, "deletion-verify")
    assert str(request.pk) in document


@pytest.mark.performs("enrollments.deletionrequest:refuse")
def test_a_request_is_refused_with_a_ground(sign_in, keep):
    [request] = asking.ask([active().customer], via="mail", now=clock.now(), by=BY)
    page = sign_in("Program staff")
    page.goto(page_of(request))
    page.locator("#refuse-form").locator("xpath=preceding-sibling::summary").click()
    page.locator("#refuse-form [name=why]").select_option("legal_hold")
    carry_out(page, "refuse")
    assert "nothing is deleted" in page.content()
    keep(page, "deletion-refused")
    request.refresh_from_db()
    assert (request.refusal, request.refused_by) == ("legal_hold", "staff program-staff")
    page.goto(reverse("admin:enrollments_deletionrequest_changelist"))
    keep(page, "deletions")


def test_visits_to_link_are_seen(sign_in, keep):
    now = clock.now()
    partner = active().partner
    visit = LinkSession.objects.create(
        partner=partner, manufacturer_device_id="PW3-00017-A", customer_reference="cust-81", created_at=now,
        expires_at=now, redirect_url="https://acme.example/linked", fault="no_devices",
    )  # fmt: skip
    page = sign_in("Auditor")
    page.goto(reverse("admin:enrollments_linksession_changelist"))
    keep(page, "visits")
    page.goto(page_of(visit))
    assert "cust-81" in page.content()
    keep(page, "visit")


@pytest.mark.performs("enrollments.deprovisioning:add")
def test_a_partner_is_ended_after_a_look_at_whom_it_reaches(sign_in, keep):
    enrollment = active()
    page = sign_in("Program staff")
    page.goto(reverse("admin:enrollments_deprovisioning_add"))
    keep(page, "end")
    page.locator("[name=partner]").select_option(str(enrollment.partner_id))
    page.fill("[name=reason]", "The contract ends.")
    page.click("text=See whom it reaches")
    page.wait_for_selector("#preview")
    assert enrollment.customer.reference_id in page.content()
    assert Partner.objects.get().status == "active"
    keep(page, "end-preview")
    staying_is_foreseen(page, keep, of=enrollment.partner)
    page.click(f"text=End {enrollment.partner} now")
    page.wait_for_selector("text=It has ended.")
    while ending_work.work_off(now=clock.now()):
        pass
    page.reload()
    keep(page, "end-done")
    assert Partner.objects.get(pk=enrollment.partner_id).status == "ended"
    assert Enrollment.objects.get().state == "revoked"


def staying_is_foreseen(page, keep, *, of):
    successor = PartnerFactory(name="Bright Homes", manufacturers=["Sunny"])
    page.goto(reverse("admin:enrollments_deprovisioning_add"))
    page.fill("[name=reason]", "The contract ends.")
    page.locator("[name=partner]").select_option(str(of.pk))
    page.locator("[name=choice]").select_option(label=Deprovisioning.Choice.HAND_OVER.label)
    page.locator("[name=successor]").select_option(str(successor.pk))
    page.click("text=See whom it reaches")
    page.get_by_text("the successor may not enroll devices of this manufacturer").first.wait_for()
    keep(page, "end-preview-handed-over")
    page.locator("[name=choice]").select_option(label=Deprovisioning.Choice.REVOKE.label)
    page.locator("[name=successor]").select_option("")
    page.click("text=See whom it reaches")
    page.wait_for_selector("#preview")
