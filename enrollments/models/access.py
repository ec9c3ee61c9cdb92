"""Who looked at personal evidence, when, and at what (§9)."""

from django.db import models

from enrollments.models.enrollment import PERSON_OF, Enrollment
from texture_portal.actors import Channel, Role
from texture_portal.append_only import append_only
from texture_portal.ids import new_id


class EvidenceAccess(models.Model):
    class What(models.TextChoices):
        CONSENT = "consent", "Opened what a consent was given with"
        BUNDLE = "bundle", "Exported the evidence bundle"
        PAGE = "page", "Printed the evidence"
        RECORD = "record", "Opened a record that the partner supplied"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="+")
    what = models.CharField(max_length=10, choices=What)
    subject = models.CharField(max_length=60, blank=True, help_text="The consent or record, by its id.")
    reason = models.TextField(blank=True)
    at = models.DateTimeField()
    actor_role = models.CharField(max_length=10, choices=[(r.value, r.value) for r in Role])
    actor_name = models.CharField(max_length=255)
    channel = models.CharField(max_length=10, choices=[(c.value, c.value) for c in Channel])
    user_id = models.IntegerField(null=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "access to evidence"
        verbose_name_plural = "accesses to evidence"
        permissions = [("export_evidence", "Can export and print the evidence of an enrollment")]
        triggers = append_only(
            "who looked at evidence is on record",
            blanks={"reason": "''"},
            blanked_when=PERSON_OF.format("erased_at"),
            gone_when=PERSON_OF.format("forgotten_at"),
        )

    def __str__(self) -> str:
        return f"{self.actor_name}: {self.get_what_display()}"
