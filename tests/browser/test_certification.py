"""A partner is tried, let off, certified, measured, and loses its certificate: each once in the browser."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from devices.models import CertificationRun, Waiver
from enrollments.certification.work import work_off
from enrollments.models import Score
from partners import onboarding
from partners.models import Certificate, Maintenance, Partner
from partners.models.partner import same_name
from tests.browser.specimens import a_run
from tests.browser.test_console import carry_out, page_of
from texture_portal import actors, clock

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def partner():
    made = onboarding.create_partner("Sunny Inverters", kind="oem", now=clock.now(), by=actors.system("tests"))
    return Partner.objects.get(pk=made.partner.pk)


@pytest.mark.performs("partners.partner:try")
def test_a_partner_is_tried_by_a_worker_while_its_page_shows_how_far_it_is(partner, sign_in, keep):
    page = sign_in("Partner manager")
    page.goto(page_of(partner))
    carry_out(page, "try")
    run = CertificationRun.objects.get()
    assert f"0 of {run.total}" in page.content()
    keep(page, "partner-tried")
    work_off(now=clock.now())
    page.goto(page_of(run))
    assert f"1 of {run.total} requirements are tried" in page.content()
    keep(page, "certification-under-way")
    while CertificationRun.objects.exclude(status="done").exists():
        work_off(now=clock.now())
    page.goto(page_of(run))
    assert "requirements are tried" not in page.content()
    assert run.asked_by == "staff partner-manager"


@pytest.mark.performs(
    "devices.certificationrun:waive", "devices.certificationrun:take-back", "devices.certificationrun:certify",
    "devices.certificationrun:paper", "partners.certificate:withdraw",
)  # fmt: skip
def test_a_requirement_is_waived_and_the_partner_certified(partner, sign_in, keep):
    run = a_run(partner, ("listed", "pass"), ("deletion", "fail"), at=clock.now())
    page = sign_in("Partner manager")
    page.goto(page_of(run))
    assert page.locator("#certify-form").count() == 0
    keep(page, "certification-open")
    for _ in range(2):
        page.locator("#waive-form").locator("xpath=preceding-sibling::summary").click()
        page.locator("#waive-form [name=requirement]").select_option("deletion")
        carry_out(page, "waive", reason="Their contract says how.")
        if Waiver.objects.filter(withdrawn_at=None).count() and Waiver.objects.count() == 1:
            page.locator("#take-back-form").locator("xpath=preceding-sibling::summary").click()
            page.locator("#take-back-form [name=waiver]").select_option(str(Waiver.objects.get().pk))
            carry_out(page, "take-back")
            assert "deletion is required again." in page.content()
    assert [each.given_by for each in Waiver.objects.all()] == ["staff partner-manager"] * 2
    keep(page, "certification-waived")
    carry_out(page, "certify", reason="Reviewed with them.")
    certificate = Certificate.objects.get()
    page.goto(reverse("admin:devices_certificationrun_paper", args=(run.pk, "page")))
    assert "Their contract says how." in page.content()
    keep(page, "certification-report")
    answer = page.goto(reverse("admin:devices_certificationrun_paper", args=(run.pk, "json")))
    assert json.loads(answer.body())["counts"] == {"pass": 1, "waived": 1}
    page.goto(page_of(partner))
    keep(page, "partner-certified")
    page.goto(page_of(certificate))
    keep(page, "certificate")
    carry_out(page, "withdraw", reason="Their cloud moved.")
    certificate.refresh_from_db()
    assert certificate.withdrawn_by == "staff partner-manager"


@pytest.mark.performs("partners.maintenance:add", "partners.maintenance:cancel")
def test_maintenance_is_announced_and_called_off(partner, sign_in, keep):
    page = sign_in("Partner manager")
    page.goto(page_of(partner))
    page.get_by_text("Announce maintenance").click()
    page.fill("[name=what]", "The cloud moves to another region.")
    for name, days in (("starts_at", 30), ("ends_at", 31)):
        page.fill(f"[name={name}_0]", f"{clock.now() + timedelta(days=days):%Y-%m-%d}")
        page.fill(f"[name={name}_1]", "12:00")  # which every day has
    keep(page, "maintenance-announced")
    page.locator("#announce-form button[type=submit]").click()
    page.wait_for_load_state()
    planned = Maintenance.objects.get()
    assert (planned.partner, planned.announced_by, planned.is_in_time) == (partner, "staff partner-manager", True)
    keep(page, "maintenance")
    carry_out(page, "cancel")
    planned.refresh_from_db()
    assert planned.cancelled_by == "staff partner-manager"


@pytest.mark.performs("enrollments.score:export")
def test_scorecards_are_shown_alerted_about_and_taken_along(partner, sign_in, keep):
    now = clock.now()
    for number, value in enumerate((0.999, 0.9971, 0.92)):
        month = (now.date().replace(day=1) - timedelta(days=31 * (2 - number))).replace(day=1)
        Score.objects.create(
            partner=partner, month=month, measure="availability", value=value, count=120_000, target=0.995,
            is_met=value >= 0.995, computed_at=now,
        )  # fmt: skip
    Score.objects.create(
        partner=partner, month=now.date().replace(day=1), measure="latency_telemetry", value=1000, count=9000,
        target=2000, is_met=True, computed_at=now,
    )  # fmt: skip
    Partner.objects.filter(pk=partner.pk).update(kind=Partner.Kind.TPDO)
    for maker, value in (("Acme Energy", 0.991), ("Golden Chargers", 0.999)):
        Score.objects.create(
            partner=partner, maker=maker, maker_key=same_name(maker), month=now.date().replace(day=1),
            measure="freshness", value=value, count=40_000, target=0.95, is_met=True, computed_at=now,
        )  # fmt: skip
    page = sign_in("Program staff")
    page.goto("/admin/")
    assert "Sunny Inverters: calls answered" in page.content()
    page.goto(page_of(partner))
    assert page.locator("svg[role=img]").first.get_attribute("aria-label").startswith("Calls answered: ")
    assert [each in page.content() for each in ("Acme Energy", "Golden Chargers")] == [True, True]
    keep(page, "scorecard")
    page.goto("/admin/enrollments/score/?met=no")
    keep(page, "scores")
    with page.expect_download() as download:
        page.locator("#export-csv button").click()
    assert "92.00%" in download.value.path().read_text()
