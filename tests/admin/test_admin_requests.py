"""Why was mine refused? And what became of the one that was taken?"""

from datetime import timedelta

from django.urls import reverse

from enrollments.models import Enrollment
from partners.idempotency import KEPT
from partners.models import IdempotencyRecord, RefusedRequest
from tests.factories import NOW, PartnerFactory, enrolled
from texture_portal.ids import new_id

REFUSED = reverse("admin:partners_refusedrequest_changelist")
KEPT_ANSWERS = reverse("admin:partners_idempotencyrecord_changelist")
ENROLLMENTS = reverse("admin:enrollments_enrollment_changelist")


def refused(partner, *, code="consent_stale", subject="PW3-1", flag=""):
    return RefusedRequest.objects.create(
        id=new_id(), partner=partner, at=NOW, method="POST", path="/v1/enrollments", status=422, code=code,
        faults=[{"pointer": "/consent/grantedAt", "code": code}], subject=subject, flag=flag,
    )  # fmt: skip


def kept(enrollment, *, key, at=NOW):
    return IdempotencyRecord.objects.create(
        partner=enrollment.partner, key=key, fingerprint=bytes(32), status=201, expires_at=at + KEPT,
        headers={"Location": f"/v1/enrollments/{enrollment.pk}"},
    )  # fmt: skip


def test_a_refusal_is_found_by_request_device_and_partner(onlooker):
    wanted = refused(PartnerFactory(name="Sunny Inverters"), subject="PW3-00017-A")
    other = refused(PartnerFactory(name="Cloudy Heaters"), subject="HP-2")
    for term in (str(wanted.pk), "PW3-00017-A", "sunny"):
        page = onlooker.get(REFUSED, {"q": term}).content.decode()
        assert str(wanted.pk) in page
        assert str(other.pk) not in page


def test_the_refused_items_of_a_batch_are_found_by_its_request_id(onlooker):
    item, other = refused(PartnerFactory()), refused(PartnerFactory())
    item.batch_id = new_id()
    item.save()
    page = onlooker.get(REFUSED, {"q": str(item.batch_id)}).content.decode()
    assert str(item.pk) in page
    assert str(other.pk) not in page
    page = onlooker.get(reverse("admin:partners_refusedrequest_change", args=(item.pk,))).content.decode()
    assert str(item.batch_id) in page


def test_a_refusal_says_what_it_means_and_what_to_do(onlooker):
    row = refused(PartnerFactory())
    page = onlooker.get(reverse("admin:partners_refusedrequest_change", args=(row.pk,))).content.decode()
    for told in ("Consent is older than 90 days", "Ask the customer again.", "/consent/grantedAt", str(row.pk)):
        assert told in page


def test_a_refusal_by_a_code_that_is_no_more_still_opens(onlooker):
    row = refused(PartnerFactory(), code="forgotten_code")
    assert onlooker.get(REFUSED).status_code == 200
    page = onlooker.get(reverse("admin:partners_refusedrequest_change", args=(row.pk,)))
    assert "forgotten_code" in page.content.decode()


def test_flagged_refusals_are_picked_out(onlooker):
    flagged, plain = refused(PartnerFactory(), flag="device_enrolled_elsewhere"), refused(PartnerFactory())
    page = onlooker.get(REFUSED, {"flagged": "yes"}).content.decode()
    assert str(flagged.pk) in page
    assert str(plain.pk) not in page


def test_an_accepted_request_is_found_by_its_key_and_leads_to_its_enrollment(administrator):
    enrollment, other = enrolled(), enrolled()
    record = kept(enrollment, key="our-key-0001")
    kept(other, key="our-key-0002")
    page = administrator.get(KEPT_ANSWERS, {"q": "our-key-0001"}).content.decode()
    assert str(enrollment.pk) in page
    assert str(other.pk) not in page
    page = administrator.get(reverse("admin:partners_idempotencyrecord_change", args=(record.pk,))).content.decode()
    assert reverse("admin:enrollments_enrollment_change", args=(enrollment.pk,)) in page


def test_an_accepted_request_is_found_by_its_request_id(administrator):
    enrollment, later = enrolled(), enrolled(now=NOW + timedelta(seconds=1))
    kept(enrollment, key="our-key-0001")
    kept(later, key="our-key-0002", at=NOW + timedelta(seconds=1))
    request_id = Enrollment.objects.get(pk=enrollment.pk).opening_request.request_id
    for url in (KEPT_ANSWERS, ENROLLMENTS):
        page = administrator.get(url, {"q": str(request_id)}).content.decode()
        assert str(enrollment.pk) in page
        assert str(later.pk) not in page


def test_the_list_shows_keys_only_in_short(administrator):
    kept(enrolled(), key="our-key-0001")
    assert "our-key-0001" not in administrator.get(KEPT_ANSWERS).content.decode()
