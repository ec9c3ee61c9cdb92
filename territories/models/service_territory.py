"""The boundary inside which a utility serves, or a community choice aggregator supplies."""

from django.db import models

from territories.models.data_set import DataSet
from territories.models.utility import Utility
from texture_portal.ids import new_id


class ServiceTerritory(models.Model):
    """`boundary` is WKB, WGS 84, longitude first."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    source_id = models.CharField(max_length=200, unique=True, help_text="The feature's id in its data set.")
    utility = models.ForeignKey(Utility, on_delete=models.PROTECT, related_name="territories")
    name = models.CharField(max_length=255)
    state = models.CharField(max_length=2, blank=True)
    boundary = models.BinaryField()
    repaired = models.BooleanField(default=False, help_text="The boundary as delivered was invalid and was mended.")
    data_set = models.ForeignKey(DataSet, on_delete=models.PROTECT, related_name="territories")

    class Meta:
        verbose_name_plural = "service territories"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
