"""Grid programs of utilities and CCAs."""

from datetime import date, datetime, timedelta
from typing import Self
from uuid import UUID
from zoneinfo import ZoneInfo

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import TruncDate
from simple_history.models import HistoricalRecords

from devices.kinds import DeviceType
from programs.eligibility import Terms
from territories.models import Utility
from texture_portal.ids import new_id


class ProgramType(models.TextChoices):
    DEMAND_RESPONSE = "demand_response", "Demand response"
    VIRTUAL_POWER_PLANT = "virtual_power_plant", "Virtual power plant"
    TIME_OF_USE = "time_of_use", "Time of use"
    FREQUENCY_REGULATION = "frequency_regulation", "Frequency regulation"
    CAPACITY = "capacity", "Capacity"
    SOLAR_CURTAILMENT = "solar_curtailment", "Solar curtailment"
    MANAGED_CHARGING = "managed_charging", "Managed charging"


class ProgramQuerySet(models.QuerySet["Program"]):
    def in_force(self, *, now: datetime) -> Self:
        """Active or full, begun and not ended; dates count in the portal's time zone."""
        return self.in_force_on(local_date(now))

    def in_force_on(self, today: date) -> Self:
        return self.filter(
            Q(starts_on__isnull=True) | Q(starts_on__lte=today),
            Q(ends_on__isnull=True) | Q(ends_on__gte=today),
            status__in=[Program.Status.ACTIVE, Program.Status.FULL],
        )

    def unsettled(self, *, now: datetime) -> Self:
        """Those that appeared, changed, began or ended since enrollments were weighed against them."""
        settled_on = TruncDate("settled_at", tzinfo=ZoneInfo(settings.TIME_ZONE))
        today = local_date(now)
        return self.filter(
            Q(settled_at__isnull=True)
            | Q(starts_on__lte=today, starts_on__gt=settled_on)
            | Q(ends_on__lt=today, ends_on__gte=settled_on)
        )

    def owned_by(self, *owner_ids: UUID | None) -> Self:
        return self.filter(owner_id__in=[owner_id for owner_id in owner_ids if owner_id is not None])


def local_date(now: datetime) -> date:
    return now.astimezone(ZoneInfo(settings.TIME_ZONE)).date()


class Program(models.Model):
    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"
        FULL = "full", "Full"
        ARCHIVED = "archived", "Archived"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.SlugField(max_length=200, unique=True)
    name = models.CharField(max_length=255)
    owner = models.ForeignKey(Utility, on_delete=models.PROTECT, related_name="programs", help_text="A utility or CCA.")
    type = models.CharField(max_length=24, choices=ProgramType)
    device_types = ArrayField(models.CharField(max_length=16, choices=[(t.value, t.value) for t in DeviceType]))
    required_commands = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    status = models.CharField(max_length=16, choices=Status, default=Status.DRAFT)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    max_enrollments = models.PositiveIntegerField(null=True, blank=True)
    wants_verified_account = models.BooleanField(default=False)
    consent_lasts_days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="A consent older than this takes no part: its partner is told 30 and 7 days before. Blank: no limit.",
    )
    exclusive_group = models.CharField(
        max_length=60, blank=True, help_text="A device is never in two programs of one group."
    )
    max_events_per_day = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Dispatch events that one device is in on one local day. Blank: no limit."
    )
    max_hours_per_year = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Hours of dispatch events of one device in a calendar year. Blank: no limit."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    # Work that waits: weighing enrollments against it anew (enrollments.waiting). The trigger below asks for it.
    settling_since = models.DateTimeField(null=True, editable=False)
    settled_at = models.DateTimeField(
        null=True, editable=False, help_text="When every enrollment in its territory had been weighed against it."
    )
    room_freed_at = models.DateTimeField(
        null=True, editable=False, help_text="Somebody left a program with a capacity: who waits may come in."
    )

    objects = ProgramQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=["settling_since", "settled_at", "room_freed_at"])

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="program_ends_after_it_starts",
                condition=Q(starts_on__isnull=True) | Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
            ),
            models.CheckConstraint(
                name="program_lets_consent_last_a_while",
                condition=Q(consent_lasts_days__isnull=True) | Q(consent_lasts_days__gte=1),
            ),
            models.CheckConstraint(name="program_names_device_types", condition=Q(device_types__len__gt=0)),
        ]
        triggers = [
            # By the row that is written, not by clocks: a change may be stamped long before it commits.
            pgtrigger.Trigger(
                name="a_changed_program_is_unsettled",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__updated_at__df=pgtrigger.F("new__updated_at")),
                func="NEW.settled_at := NULL; NEW.settling_since := NULL; RETURN NEW;",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def terms(self, *, has_room: bool | None = None) -> Terms:
        """Counts its participants where it has a capacity, unless the caller knows or does not ask for room."""
        return Terms(
            program_id=str(self.pk),
            type=self.type,
            device_types=frozenset(self.device_types),
            required_commands=frozenset(self.required_commands),
            wants_verified_account=self.wants_verified_account,
            has_room=self.has_room if has_room is None else has_room,
            exclusive_group=self.exclusive_group,
        )

    @property
    def has_room(self) -> bool:
        if self.status == self.Status.FULL:
            return False
        return self.max_enrollments is None or self.live_count() < self.max_enrollments

    def live_count(self) -> int:
        return self.participations.live().count()

    def finds_too_old(self, granted_at: datetime | None, *, now: datetime) -> bool:
        """Whether a consent granted then is too old for this program."""
        lasts = self.consent_lasts_days
        return lasts is not None and granted_at is not None and granted_at + timedelta(days=lasts) <= now

    def is_over(self, *, now: datetime) -> bool:
        """Its participants must leave: archived, back in draft, or past its last day. A pause keeps them."""
        ended = self.ends_on is not None and self.ends_on < local_date(now)
        return ended or self.status in (self.Status.ARCHIVED, self.Status.DRAFT)
