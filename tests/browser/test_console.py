"""What staff do, done in a browser."""

import pytest
from django.urls import reverse

from enrollments.models import Consent, Enrollment, ReviewCase
from enrollments.states import State
from partners.models import IdempotencyRecord, Partner, RefusedRequest
from tests.factories import NOW, ProgramFactory, SigningKeyFactory, active, ambiguous
from texture_portal import clock, schedules
from texture_portal.ids import new_id
from texture_portal.models import Heartbeat

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def page_of(row):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=(row.pk,))


def carry_out(page, verb, **given):
    """Opens a verb's form as a hand would, fills it in and sends it."""
    form = page.locator(f"#{verb}-form")
    if not form.is_visible():
        form.locator("xpath=preceding-sibling::summary").click()
    for name, value in given.items():
        form.locator(f"[name={name}]").fill(value)
    form.locator("button[type=submit]").click()
    page.wait_for_load_state()


@pytest.mark.performs("enrollments.reviewcase:resolve")
def test_an_ambiguous_case_is_resolved_from_the_page_alone(sign_in, keep):
    program, other = ProgramFactory(), ProgramFactory()
    enrollment = ambiguous(program.owner, other.owner, now=clock.now(), consent=None)
    page = sign_in("Program staff")
    page.goto("/admin/")
    keep(page, "front-page")
    page.goto("/admin/enrollments/reviewcase/")
    keep(page, "review-queue")
    page.goto(page_of(ReviewCase.objects.get()))
    keep(page, "case")
    page.get_by_label(other.owner.name).first.check()
    carry_out(page, "resolve", reason="The bill names it.")
    assert other.owner.name in page.content()
    keep(page, "case-resolved")
    assert Enrollment.objects.get(pk=enrollment.pk).site.utility_id == other.owner_id


@pytest.mark.performs("enrollments.reviewcase:request-information")
def test_the_partner_is_asked_for_more(sign_in, keep):
    ambiguous(now=clock.now(), consent=None)
    page = sign_in("Program staff")
    case = ReviewCase.objects.get()
    page.goto(page_of(case))
    carry_out(page, "request-information", message="Please send a photo of the bill.")
    keep(page, "queue-waiting-for-partner")
    page.goto(page_of(case))
    keep(page, "case-waiting-for-partner")
    assert "Please send a photo of the bill." in page.content()
    assert ReviewCase.objects.get().waits_for_partner


@pytest.mark.performs("enrollments.enrollment:suspend", "enrollments.enrollment:reinstate")
def test_an_enrollment_is_suspended_and_reinstated(sign_in, keep):
    enrollment = active()
    page = sign_in("Program staff")
    page.goto(page_of(enrollment))
    keep(page, "enrollment")
    carry_out(page, "suspend", reason="The inverter fails its tests.")
    assert Enrollment.objects.get().state == State.SUSPENDED
    keep(page, "enrollment-suspended")
    carry_out(page, "reinstate", reason="Repaired.")
    assert Enrollment.objects.get().state == State.ACTIVE
    assert "Repaired." in page.content()


@pytest.mark.performs("enrollments.enrollment:act_together", "enrollments.enrollment:together")
def test_a_selection_of_enrollments_is_suspended_together(sign_in, keep):
    rows = [active() for _ in range(3)]
    page = sign_in("Program staff")
    page.goto(reverse("admin:enrollments_enrollment_changelist"))
    for each in rows:
        page.locator(f"input[name=_selected_action][value='{each.pk}']").check()
    page.locator("select[name=action]").select_option("act_together")
    page.get_by_role("button", name="Run").click()
    page.wait_for_load_state()
    keep(page, "enrollments-together")
    carry_out(page, "suspend", reason="A recall by the maker.")
    keep(page, "enrollments-together-preview")
    assert Enrollment.objects.filter(state=State.ACTIVE).count() == 3
    page.locator(f"#row_{rows[0].pk}").uncheck()
    page.get_by_role("button", name="Carry out").click()
    page.wait_for_load_state()
    keep(page, "enrollments-together-done")
    assert "Suspend for compliance: 2 of 2 enrollments." in page.content()
    assert list(Enrollment.objects.filter(state=State.ACTIVE)) == [rows[0]]


@pytest.mark.performs("partners.partner:add", "partners.partner:add-client")
def test_onboarding_shows_the_secrets_once(sign_in, keep):
    page = sign_in("Partner manager")
    page.goto("/admin/partners/partner/add/")
    keep(page, "onboarding")
    page.fill("[name=name]", "Sunny Inverters")
    page.get_by_text("Take on, and show the credentials once").click()
    page.wait_for_load_state()
    assert "BEGIN PRIVATE KEY" in page.content()
    keep(page, "credentials")
    page.get_by_text("Back to the page").click()
    page.wait_for_load_state()
    keep(page, "partner")
    assert "PRIVATE KEY" not in page.content()
    carry_out(page, "add-client")
    assert "clientSecret" in page.content()
    keep(page, "client-added")
    page.goto(page_of(Partner.objects.get()))
    assert "clientSecret" not in page.content()
    assert Partner.objects.get().applications.count() == 2


def test_an_auditor_reads_everything_and_has_no_button(sign_in, keep):
    enrollment = active()
    ambiguous()
    page = sign_in("Auditor")
    record = Consent.history.first()
    rows = {
        "auditor-enrollment": enrollment,
        "auditor-case": ReviewCase.objects.get(),
        "consent": Consent.objects.first(),
        "auditor-partner": enrollment.partner,
    }
    for name, row in rows.items():
        page.goto(page_of(row))
        keep(page, name)
        assert page.locator("form[action$='by-verb/']").count() == 0
        assert page.get_by_role("button", name="Save").count() == 0
    page.goto(reverse("admin:enrollments_historicalconsent_change", args=(record.pk,)))
    keep(page, "consent-version")


def test_every_list_fits_the_screen(sign_in, keep):
    enrollment = active()
    SigningKeyFactory(partner=enrollment.partner)
    schedules.install()
    Heartbeat.objects.create(name="forge", beat_at=clock.now())
    refused = RefusedRequest.objects.create(
        id=new_id(), partner=enrollment.partner, at=NOW, method="POST", path="/v1/enrollments", status=409,
        code="device_enrolled_elsewhere", subject="PW3-9", flag="device_enrolled_elsewhere",
    )  # fmt: skip
    kept = IdempotencyRecord.objects.create(
        partner=enrollment.partner, key="our-key-0001", fingerprint=bytes(32), status=201, expires_at=NOW,
        headers={"Location": f"/v1/enrollments/{enrollment.pk}"},
    )  # fmt: skip
    page = sign_in("Administrator")
    page.goto("/admin/")
    keep(page, "front-page-administrator")
    lists = (
        "enrollments/enrollment", "enrollments/consent", "enrollments/historicalconsent", "partners/partner",
        "partners/refusedrequest", "partners/idempotencyrecord", "devices/device", "programs/program",
        "programs/participation", "territories/utility", "territories/site", "texture_portal/heartbeat", "auth/user",
        "auth/group",
    )  # fmt: skip
    for each in lists:
        page.goto(f"/admin/{each}/")
        keep(page, f"list-{each.replace('/', '-')}")
    for name, row in {"refused": refused, "kept": kept, "partner-administrator": enrollment.partner}.items():
        page.goto(page_of(row))
        keep(page, name)
