"""Planned maintenance (§7.1): of a partner's cloud, or of the portal itself; announced, and perhaps called off."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import F, Q

from partners.models.partner import Partner
from texture_portal.ids import new_id

NOTICE = timedelta(hours=48)  # §7.1
LONGEST_WORDS = 255


class Maintenances(models.QuerySet["Maintenance"]):
    def announced(self) -> Self:
        return self.filter(cancelled_at=None)

    def in_time(self) -> Self:
        """Those that were announced early enough to be excluded from what is held against the partner."""
        return self.announced().filter(announced_at__lte=F("starts_at") - NOTICE)

    def present_and_coming(self, *, now: datetime) -> Self:
        return self.announced().filter(ends_at__gt=now).order_by("starts_at")


class Maintenance(models.Model):
    class Standing(models.TextChoices):
        ANNOUNCED = "announced", "Announced"
        UNDER_WAY = "under_way", "Under way"
        OVER = "over", "Over"
        WITHDRAWN = "withdrawn", "Called off"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, null=True, blank=True, related_name="maintenances",
        help_text="Whose cloud; none: the portal itself, which its public page of /status/ tells.",
    )  # fmt: skip
    what = models.CharField(max_length=LONGEST_WORDS, help_text="What is not there meanwhile, in a sentence.")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    announced_at = models.DateTimeField(editable=False)
    announced_by = models.CharField(max_length=255, editable=False)  # the role, and its name within that
    cancelled_at = models.DateTimeField(null=True, editable=False)
    cancelled_by = models.CharField(max_length=255, blank=True, editable=False)

    objects = Maintenances.as_manager()

    class Meta:
        ordering = ["-starts_at"]
        verbose_name = verbose_name_plural = "planned maintenance"
        default_permissions = ("add", "view")
        permissions = [("cancel_maintenance", "Can call announced maintenance off")]
        constraints = [
            models.CheckConstraint(name="maintenance_ends_after_it_began", condition=Q(ends_at__gt=F("starts_at"))),
            models.CheckConstraint(
                name="maintenance_cancelled_when_and_by_whom",
                condition=Q(cancelled_at__isnull=True, cancelled_by="")
                | (Q(cancelled_at__isnull=False) & ~Q(cancelled_by="")),
            ),
        ]
        indexes = [models.Index(fields=["partner", "starts_at"], name="maintenance_by_time")]

    def __str__(self) -> str:
        return f"{self.partner or 'The portal'}, {self.starts_at:%Y-%m-%d %H:%M}"

    @property
    def is_in_time(self) -> bool:
        return self.announced_at <= self.starts_at - NOTICE

    @property
    def is_excluded(self) -> bool:
        """From what is held against the partner: as `Maintenances.in_time` has it."""
        return self.is_in_time and self.cancelled_at is None

    @property
    def announcing_role(self) -> str:
        return self.announced_by.partition(" ")[0]

    @property
    def cancelling_role(self) -> str:
        return self.cancelled_by.partition(" ")[0]

    def standing(self, *, now: datetime) -> Standing:
        if self.cancelled_at is not None:
            return self.Standing.WITHDRAWN
        if self.ends_at <= now:
            return self.Standing.OVER
        return self.Standing.UNDER_WAY if self.starts_at <= now else self.Standing.ANNOUNCED
