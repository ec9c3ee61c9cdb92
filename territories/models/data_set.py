"""Versions of imported data: what is in force, and since when."""

from django.db import models

from texture_portal.ids import new_id


class DataSet(models.Model):
    """One import of one file or folder. Running processes read `in_force_since` to learn of a new one (within 5 s)."""

    class Kind(models.TextChoices):
        UTILITIES = "utilities", "Utilities"
        TERRITORIES = "territories", "Service territories"
        CCA_TERRITORIES = "cca_territories", "Community choice aggregators' territories"
        ZIP_TABLE = "zip_table", "Utilities by ZIP code"
        COUNTY_TABLE = "county_table", "Utilities by county"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=20, choices=Kind)
    name = models.CharField(max_length=255, help_text="The file or folder it came from, without its path.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of what was read.")
    version = models.PositiveIntegerField(help_text="Counts up with each import that changed something.")
    summary = models.JSONField(default=dict)
    as_of_year = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="The year that it describes: an older table weighs less."
    )
    edge_error_meters = models.PositiveIntegerField(
        null=True, blank=True, help_text="How far the boundaries may be off, simplified as they are."
    )
    in_force_since = models.DateTimeField()

    class Meta:
        ordering = ["-in_force_since"]
        constraints = [models.UniqueConstraint(fields=["kind", "name", "version"], name="version_of_data_set")]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"

    @classmethod
    def newest(cls, *kinds: str) -> list["DataSet"]:
        """What is in force of these kinds: the newest version under each name."""
        rows = cls.objects.filter(kind__in=kinds) if kinds else cls.objects.all()
        return list(rows.order_by("kind", "name", "-version").distinct("kind", "name"))
