"""Every look of staff at personal data: who, at what, when (§9). The rows that were shown by their ids. Append-only."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from texture_portal.append_only import append_only
from texture_portal.ids import new_id


class Look(models.Model):
    class What(models.TextChoices):
        LISTED = "listed", "Saw in a list"
        OPENED = "opened", "Opened"
        HISTORY = "history", "Read the history"
        FOUND = "found", "Found by searching"
        EXPORTED = "exported", "Exported"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField()
    user_id = models.PositiveIntegerField()
    username = models.CharField(max_length=150)
    address = models.GenericIPAddressField(null=True)
    what = models.CharField(max_length=10, choices=What)
    table = models.CharField(max_length=60, help_text="The model, by its label.")
    rows = ArrayField(models.CharField(max_length=40), help_text="The ids of what was shown.")
    narrowed_by = ArrayField(
        models.CharField(max_length=60), default=list, help_text="Which filters stood; not what was typed in them."
    )

    class Meta:
        verbose_name = "look at personal data"
        verbose_name_plural = "looks at personal data"
        ordering = ["-id"]
        default_permissions = ("view",)
        permissions = [("export_list", "Can take lists along as files")]
        triggers = append_only("who looked at personal data is on record")
        indexes = [
            models.Index(fields=["username", "-id"], name="looks_by_user"),
            GinIndex(fields=["rows"], name="looks_by_row"),
        ]

    def __str__(self) -> str:
        return f"{self.username}: {self.get_what_display()}"
