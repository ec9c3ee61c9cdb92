"""Consent as evidence: opened on its own page only, and gone where the customer was erased."""

from datetime import timedelta

from django.urls import reverse

from enrollments.models import Consent
from tests.factories import NOW, consent_claim, enrolled

EVIDENCE = "203.0.113.7"


def page_of(consent):
    return reverse("admin:enrollments_consent_change", args=(consent.pk,))


def test_evidence_is_opened_on_the_page_of_the_consent_and_on_no_other(onlooker):
    enrollment = enrolled()
    consent = Consent.objects.get()
    assert EVIDENCE in onlooker.get(page_of(consent)).content.decode()
    others = (
        reverse("admin:enrollments_consent_changelist"),
        reverse("admin:enrollments_historicalconsent_changelist"),
        reverse("admin:enrollments_historicalconsent_change", args=(Consent.history.get().pk,)),
        reverse("admin:enrollments_enrollment_change", args=(enrollment.pk,)),
    )
    for url in others:
        assert EVIDENCE not in onlooker.get(url).content.decode()


def test_an_erased_customer_leaves_the_consent_and_no_evidence(onlooker):
    customer = enrolled().customer
    customer.erase(now=NOW)
    customer.save()
    page = onlooker.get(page_of(Consent.objects.get())).content.decode()
    assert "erased" in page
    assert EVIDENCE not in page


def test_evidence_sealed_before_an_erasure_stays_closed_when_the_customer_comes_back(onlooker):
    customer = enrolled().customer
    customer.give_key()
    customer.save()
    page = onlooker.get(page_of(Consent.objects.get())).content.decode()
    assert "its key was destroyed" in page
    assert EVIDENCE not in page


def test_the_page_lists_every_version_with_who_and_through_what(administrator, carry_out):
    enrollment = enrolled()
    carry_out(administrator, enrollment, "opt-out", reason="She asked.")
    page = administrator.get(page_of(Consent.objects.get())).content.decode()
    for told in (
        "Consent granted",
        "IP address",
        "Consent revoked",
        "staff root",
        f"partner {enrollment.partner.name}",
        "2026-01",
    ):
        assert told in page


def test_consent_history_is_found_by_person_device_and_terms(onlooker):
    wanted, other = enrolled(customer_reference="cust-81"), enrolled(customer_reference="cust-99")
    url = reverse("admin:enrollments_historicalconsent_changelist")
    for term in ("cust-81", wanted.device.serial_number, wanted.device.manufacturer_device_id):
        page = onlooker.get(url, {"q": term}).content.decode()
        assert wanted.device.serial_number in page
        assert other.device.serial_number not in page
    assert wanted.device.serial_number in onlooker.get(url, {"q": "2026-01"}).content.decode()
    assert wanted.device.serial_number not in onlooker.get(url, {"q": "2019-01"}).content.decode()


def test_consent_history_is_found_by_time(onlooker):
    early, late = enrolled(), enrolled(now=NOW + timedelta(days=3))
    url = reverse("admin:enrollments_historicalconsent_changelist")
    day = (NOW + timedelta(days=2)).date().isoformat()
    page = onlooker.get(url, {"history_date_from_0": day, "history_date_from_1": "00:00:00"}).content.decode()
    assert late.device.serial_number in page
    assert early.device.serial_number not in page
    page = onlooker.get(url, {"history_date_to_0": day, "history_date_to_1": "00:00:00"}).content.decode()
    assert early.device.serial_number in page
    assert late.device.serial_number not in page
    assert onlooker.get(url, {"history_date_from_0": "never"}).status_code == 200


def test_consent_history_is_found_by_partner(onlooker):
    wanted, other = enrolled(), enrolled()
    url = reverse("admin:enrollments_historicalconsent_changelist")
    page = onlooker.get(url, {"enrollment__partner__id__exact": str(wanted.partner_id)}).content.decode()
    assert wanted.device.serial_number in page
    assert other.device.serial_number not in page


def test_consents_and_their_history_are_narrowed_to_a_version_of_the_terms(onlooker):
    old, new = (enrolled(consent=consent_claim(terms_version=version)) for version in ("2026-01", "2026-02"))
    for listed in ("consent", "historicalconsent"):
        page = onlooker.get(reverse(f"admin:enrollments_{listed}_changelist"), {"terms_version": " 2026-02 "})
        assert [row.enrollment_id for row in page.context["cl"].result_list] == [new.pk]
    assert old.pk != new.pk
