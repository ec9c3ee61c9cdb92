"""The text that a customer agreed to, by its version: kept for a partner or for a program (§11.5)."""

import hashlib

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from partners.models import Partner
from programs.models import Program
from texture_portal.append_only import append_only
from texture_portal.fingerprints import fingerprint
from texture_portal.ids import new_id

IN_USE = """
IF EXISTS (
    SELECT 1 FROM enrollments_historicalconsent c JOIN enrollments_enrollment e ON e.id = c.ledger_id
    WHERE c.terms_version = OLD.version AND (OLD.partner_id IS NULL OR e.partner_id = OLD.partner_id)
) THEN
    RAISE EXCEPTION 'terms % are agreed to: their text stands', OLD.version;
END IF;
IF EXISTS (SELECT 1 FROM enrollments_checkpointleaf WHERE subject_id = OLD.id) THEN
    RAISE EXCEPTION 'terms % are under a signed checkpoint: their text stands', OLD.version;
END IF;
IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
RETURN NEW;
"""


class Terms(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    program = models.ForeignKey(Program, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    version = models.CharField(max_length=255, help_text="As consents name it in `termsVersion`.")
    text = models.TextField()
    digest = models.BinaryField(help_text="SHA-256 of the text in UTF-8.")
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-added_at"]
        verbose_name = verbose_name_plural = "terms"
        constraints = [
            models.CheckConstraint(
                name="terms_of_a_partner_or_a_program",
                condition=Q(partner__isnull=False, program__isnull=True)
                | Q(partner__isnull=True, program__isnull=False),
            ),
            models.UniqueConstraint(fields=["partner", "version"], name="one_text_per_partner_and_version"),
            models.UniqueConstraint(fields=["program", "version"], name="one_text_per_program_and_version"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="text_stands_once_agreed_to",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func=IN_USE,
            ),
            append_only("terms are evidence")[1],
        ]

    def __str__(self) -> str:
        return f"{self.partner or self.program}: {self.version}"

    def compute_head(self) -> bytes:
        """What a checkpoint signs: every column, the text by its SHA-256, so that no text can pass for another's."""
        columns = {field.attname: getattr(self, field.attname) for field in self._meta.concrete_fields}
        return fingerprint(columns | {"text": hashlib.sha256(self.text.encode()).digest()})

    @property
    def kind(self) -> str:
        return "partner" if self.partner_id else "program"
