"""Which devices take part in a program, and took part."""

from typing import Self

from django.db import models
from django.db.models import Q

from devices.models import Device
from programs.models.program import Program
from texture_portal.ids import new_id


class ParticipationQuerySet(models.QuerySet["Participation"]):
    def live(self) -> Self:
        return self.filter(left_at__isnull=True)


class Participation(models.Model):
    """A device's time in a program."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="participations")
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="participations")
    exclusive_group = models.CharField(max_length=60, blank=True, editable=False)
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)
    left_reason = models.CharField(max_length=60, blank=True)

    objects = ParticipationQuerySet.as_manager()

    class Meta:
        ordering = ["joined_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["device", "program"], condition=Q(left_at__isnull=True), name="device_once_in_program"
            ),
            models.UniqueConstraint(
                fields=["device", "exclusive_group"],
                condition=Q(left_at__isnull=True) & ~Q(exclusive_group=""),
                name="device_once_in_exclusive_group",
            ),
            models.CheckConstraint(
                name="left_when_and_why",
                condition=Q(left_at__isnull=True, left_reason="") | (Q(left_at__isnull=False) & ~Q(left_reason="")),
            ),
        ]
        indexes = [models.Index(fields=["program"], condition=Q(left_at__isnull=True), name="live_in_program")]

    def __str__(self) -> str:
        return f"{self.device} in {self.program}"
