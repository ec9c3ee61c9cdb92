"""What has expired goes, and nothing else."""

from datetime import timedelta

import pytest
from django.utils import timezone
from oauth2_provider.models import AccessToken

from partners import onboarding, refusal_log
from partners.models import IdempotencyRecord, RefusedRequest
from partners.tasks import purge_idempotency_records, purge_tokens
from tests.factories import PartnerFactory
from texture_portal.ids import new_id

pytestmark = pytest.mark.django_db


def test_answers_go_when_their_key_has_expired():
    now, partner = timezone.now(), PartnerFactory()
    for key, age in (("old", -1), ("live", 1)):
        IdempotencyRecord.objects.create(
            partner=partner, key=key, fingerprint=b"x", status=201, expires_at=now + timedelta(seconds=age)
        )
    while purge_idempotency_records(now=now):
        pass
    assert [record.key for record in IdempotencyRecord.objects.all()] == ["live"]


def test_refusals_go_when_nobody_looks_back_so_far(monkeypatch):
    monkeypatch.setattr(refusal_log, "BATCH", 2)
    now, partner = timezone.now(), PartnerFactory()
    for name, age in (("past", 402), ("past too", 401), ("past as well", 401), ("a year ago", 366), ("today", 0)):
        RefusedRequest.objects.create(
            id=new_id(), partner=partner, at=now - timedelta(days=age), method="POST", path="/v1/enrollments",
            status=422, code="consent_stale", subject=name,
        )  # fmt: skip
    assert [refusal_log.purge(now=now) for _ in range(3)] == [2, 1, 0]
    assert set(RefusedRequest.objects.values_list("subject", flat=True)) == {"a year ago", "today"}


def test_tokens_go_when_they_have_expired():
    now, client = timezone.now(), onboarding.add_application(PartnerFactory())
    for token, age in (("old", -1), ("live", 1)):
        expires = now + timedelta(days=age)
        AccessToken.objects.create(application=client.application, token=token, expires=expires, scope="")
    purge_tokens(now=now)
    assert AccessToken.objects.count() == 1
    assert AccessToken.objects.get().expires > now
