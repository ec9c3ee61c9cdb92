"""The end of what was kept of an erased person's consents: purged in time, the trail still proving whole (§11.5).

Of each audit chain a signed line stays, with its length and its last digest: so a checkpoint that signed its head still
finds it, and whoever only has the database cannot make a chain vanish and call it purged.
"""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from enrollments.deletion import asking
from enrollments.erased_devices import REMEMBERED
from enrollments.evidence import purged
from enrollments.models import DeletionRequest, Enrollment, ErasedDevice, PurgedChain
from texture_portal import jobs

BATCH = 50

# In this order: triggers ask whose the rows are.
GONE = (
    "DELETE FROM enrollments_evidenceaccess WHERE enrollment_id = ANY(%(enrollments)s)",
    "DELETE FROM enrollments_evidencerecord WHERE enrollment_id = ANY(%(enrollments)s)",
    "DELETE FROM enrollments_evidencerequest WHERE enrollment_id = ANY(%(enrollments)s)",
    "DELETE FROM enrollments_casenote WHERE case_id IN"
    " (SELECT id FROM enrollments_reviewcase WHERE enrollment_id = ANY(%(enrollments)s))",
    "DELETE FROM enrollments_historicalreviewcase WHERE enrollment_id = ANY(%(enrollments)s)",
    "DELETE FROM enrollments_reviewcase WHERE enrollment_id = ANY(%(enrollments)s)",
    "DELETE FROM enrollments_revocationduty WHERE enrollment_id = ANY(%(enrollments)s)",
    "DELETE FROM enrollments_expirynotice WHERE enrollment_id = ANY(%(enrollments)s)",
    "DELETE FROM enrollments_filerow WHERE enrollment_id = ANY(%(enrollments)s)",
    "DELETE FROM enrollments_partnerevent WHERE enrollment_id = ANY(%(enrollments)s)",
    "UPDATE enrollments_linksession SET enrollment_id = NULL WHERE enrollment_id = ANY(%(enrollments)s)",
    "DELETE FROM enrollments_historicalconsent WHERE ledger_id = ANY(%(enrollments)s)",
    "DELETE FROM enrollments_historicalenrollment WHERE ledger_id = ANY(%(enrollments)s)",
    "DELETE FROM enrollments_consent WHERE enrollment_id = ANY(%(enrollments)s)",
    "DELETE FROM enrollments_enrollment WHERE id = ANY(%(enrollments)s)",
    "DELETE FROM partners_signedrequest WHERE customer_id = %(customer)s",
)


def purge(*, now: datetime) -> int:
    """A batch of people whose time is over; how many. And devices of whom no consent could be sent again any more."""
    ErasedDevice.objects.filter(revoked_at__lt=now - REMEMBERED).delete()
    due = DeletionRequest.objects.filter(facts_kept_until__lte=now, facts_purged_at=None).order_by("facts_kept_until")
    return jobs.one_by_one(
        list(due[:BATCH]), lambda row: _purge(row, now=now), named=lambda row: f"deletion request {row.pk}"
    )


@transaction.atomic
def _purge(request: DeletionRequest, *, now: datetime) -> None:
    held = asking.hold(request)
    if held.facts_purged_at is not None:
        return
    enrollments = list(Enrollment.objects.locked().filter(customer=held.customer).order_by("pk"))
    PurgedChain.objects.bulk_create(purged.line_of(each, held, now=now) for each in enrollments)
    held.customer.forgotten_at = now
    held.customer.save()
    _delete([each.pk for each in enrollments], customer=held.customer_id)
    held.facts_purged_at, held.reference_digest, held.sealed_reference = now, "", None
    held.save()


def _delete(enrollments: list[UUID], *, customer: UUID) -> None:
    with connection.cursor() as cursor:
        for statement in GONE:
            cursor.execute(statement, {"enrollments": enrollments, "customer": customer})
