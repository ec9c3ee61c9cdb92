"""What has expired goes, and nothing else."""

from datetime import timedelta

import pytest
from django.utils import timezone
from oauth2_provider.models import AccessToken

from partners import onboarding
from partners.models import IdempotencyRecord
from partners.tasks import purge_idempotency_records, purge_tokens
from tests.factories import PartnerFactory

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


def test_tokens_go_when_they_have_expired():
    now, client = timezone.now(), onboarding.add_application(PartnerFactory())
    for token, age in (("old", -1), ("live", 1)):
        expires = now + timedelta(days=age)
        AccessToken.objects.create(application=client.application, token=token, expires=expires, scope="")
    purge_tokens(now=now)
    assert AccessToken.objects.count() == 1
    assert AccessToken.objects.get().expires > now
