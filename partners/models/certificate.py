"""A partner's certificate (§12): of a TPDO, one for each manufacturer it brings (§3.3). What it says never changes."""

from datetime import datetime
from typing import Self

import pgtrigger
from django.db import models
from django.db.models import F, Q

from partners.models.partner import Partner, same_name
from texture_portal.append_only import unchanging
from texture_portal.ids import new_id

# Of the report, the words alone, once somebody whose device they may name is erased; never what was tried and found.
NO_OTHER_OUTCOME = """
position('erased:' IN NEW.report::text) > 0 AND EXISTS (SELECT FROM partners_customer WHERE erased_at IS NOT NULL)
AND NEW.report - 'results' = OLD.report - 'results'
AND (
    SELECT jsonb_agg((line - 'said' - 'evidence') #- '{waiver,reason}')
    FROM jsonb_array_elements(NEW.report -> 'results') AS line
) IS NOT DISTINCT FROM (
    SELECT jsonb_agg((line - 'said' - 'evidence') #- '{waiver,reason}')
    FROM jsonb_array_elements(OLD.report -> 'results') AS line
)
"""
WITHDRAWAL = ("withdrawn_at", "withdrawn_by", "withdrawn_reason")


class Certificates(models.QuerySet["Certificate"]):
    def in_force(self, *, now: datetime) -> Self:
        return self.filter(issued_at__lte=now, expires_at__gt=now, withdrawn_at=None)

    def for_maker(self, maker: str) -> Self:
        """Those that cover its devices: its own, or one of the partner as a whole."""
        return self.filter(maker_key__in=["", same_name(maker)])


class Certificate(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="certificates")
    maker = models.CharField(max_length=255, blank=True, help_text="Blank: whatever the partner brings.")
    maker_key = models.CharField(max_length=255, blank=True, editable=False)
    version = models.PositiveIntegerField(help_text="Of this partner and maker: 1, 2, 3.")
    requirements = models.CharField(
        max_length=20, help_text="The version of the requirements that were held against it."
    )
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    issued_by = models.CharField(max_length=255)
    reason = models.TextField(blank=True)
    report = models.JSONField(default=dict, help_text="As it stood on that day, with every waiver.")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.CharField(max_length=255, blank=True)
    withdrawn_reason = models.TextField(blank=True)

    objects = Certificates.as_manager()

    class Meta:
        ordering = ["-issued_at", "-version"]
        default_permissions = ("view",)
        permissions = [
            ("issue_certificate", "Can issue a certificate on a clean run"),
            ("withdraw_certificate", "Can withdraw a certificate"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["partner", "maker_key", "version"], name="one_certificate_of_each_version"),
            models.CheckConstraint(
                name="certificate_expires_after_it_began", condition=Q(expires_at__gt=F("issued_at"))
            ),
            models.CheckConstraint(
                name="certificate_withdrawn_when_by_whom_and_why",
                condition=Q(withdrawn_at__isnull=True, withdrawn_by="", withdrawn_reason="")
                | (Q(withdrawn_at__isnull=False) & ~Q(withdrawn_by="") & ~Q(withdrawn_reason="")),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="certificates_are_kept", operation=pgtrigger.Delete),
            unchanging(name="certificates_do_not_change", free=WITHDRAWAL, but=("report",), when=NO_OTHER_OUTCOME),
        ]

    def __str__(self) -> str:
        return f"{self.partner}{f', {self.maker}' if self.maker else ''}, version {self.version}"

    def save(self, *args: object, **kwargs: object) -> None:
        self.maker_key = same_name(self.maker)
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def is_in_force(self, *, now: datetime) -> bool:
        return self.withdrawn_at is None and self.issued_at <= now < self.expires_at
