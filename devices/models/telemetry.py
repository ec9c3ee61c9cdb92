"""Readings of devices: what each told of itself, when (contract §5). Written in bulk by devices/telemetry alone.

Devices go by a small number here: a UUID would be a tenth of a reading, twice.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from devices.models.device import Device


class Layout(models.Model):
    """In which order a kept state has its fields. The registry's order may change; what is kept stays readable."""

    id = models.SmallAutoField(primary_key=True)
    fields = ArrayField(models.CharField(max_length=120), unique=True)

    def __str__(self) -> str:
        return ", ".join(self.fields)


class DeviceState(models.Model):
    """The latest that is known of a device, and the number by which its readings go."""

    number = models.AutoField(primary_key=True)
    device = models.OneToOneField(Device, on_delete=models.PROTECT, related_name="latest")
    observed_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True)
    layout = models.SmallIntegerField(null=True)
    state = models.TextField(null=True, help_text="Values in the order of the layout, a JSON list.")  # noqa: DJ001
    counters = models.JSONField(null=True, help_text="What its counters stood at, by field, where it tells such.")
    counted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="counters_stood_there_at_a_time",
                condition=models.Q(counters__isnull=True, counted_at__isnull=True)
                | models.Q(counters__isnull=False, counted_at__isnull=False),
            ),
            models.CheckConstraint(
                name="state_whole_or_not_at_all",
                condition=models.Q(
                    observed_at__isnull=True, received_at__isnull=True, layout__isnull=True, state__isnull=True
                )
                | models.Q(
                    observed_at__isnull=False, received_at__isnull=False, layout__isnull=False, state__isnull=False
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"state of {self.device_id}"


class Reading(models.Model):
    """One observation. The table is partitioned by day (UTC); its key makes a second one of the instant a duplicate.

    Neither number nor layout is a foreign key to the database: both are of our own giving, and a check of each costs
    more than the row.
    """

    pk = models.CompositePrimaryKey("device_number", "observed_at")
    observed_at = models.DateTimeField()  # the widest first, so that nothing is lost to alignment
    device_number = models.IntegerField(help_text="As in DeviceState.")
    layout = models.SmallIntegerField()
    state = models.TextField(help_text="Values in the order of the layout, a JSON list; its end may be absent.")

    def __str__(self) -> str:
        return f"{self.device_number} at {self.observed_at:%Y-%m-%d %H:%M:%S}"


class StaleHour(models.Model):
    """An hour of some devices whose readings have changed since it was rolled up. Several may tell of the same.

    A row for all devices of a batch, not one for each: marks are made with every reading, and read once.
    """

    id = models.BigAutoField(primary_key=True)
    hour = models.DateTimeField(db_index=True, help_text="Its begin.")
    device_numbers = ArrayField(models.IntegerField())

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H} of {len(self.device_numbers)} devices"


class Rollup(models.Model):
    """What a device told within 5, 15 or 60 minutes. Made of the readings, and made anew when late ones come.

    The table is partitioned by month (UTC).
    """

    pk = models.CompositePrimaryKey("device_number", "minutes", "began_at")
    began_at = models.DateTimeField()
    device_number = models.IntegerField(help_text="As in DeviceState.")
    minutes = models.SmallIntegerField(choices=[(5, "5 minutes"), (15, "15 minutes"), (60, "an hour")])
    layout = models.SmallIntegerField()
    readings = models.IntegerField(help_text="How many it is made of.")
    state = models.TextField(help_text="Means, sums and last values, in the order of the layout.")
    low = models.TextField(null=True, help_text="Likewise the least; null of a single reading.")  # noqa: DJ001
    high = models.TextField(null=True, help_text="Likewise the most.")  # noqa: DJ001

    def __str__(self) -> str:
        return f"{self.device_number}: {self.minutes} minutes from {self.began_at:%Y-%m-%d %H:%M}"
