"""What is asked of partners' clouds and when, what they list, and how they answer (§4.1, §7, §10)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from devices.kinds import DeviceType
from devices.models.cloud import Cloud
from devices.models.connection import Connection
from devices.models.device import Device
from partners.models.partner import LONGEST_FOLDED

LONGEST_ID = 255
TO_CLAIM = Q(due_at__isnull=False, is_left_alone=False)


class Poll(models.Model):
    """Something to ask a cloud again and again, or until it is through. The row is the job, claimed until a time.

    `names` are what the calls need; `key` is the digest of what is asked. Discovery goes step by step: each item of a
    step is a row of the next. History has its device, and how far it has come.
    """

    class Kind(models.TextChoices):
        DISCOVERY = "discovery", "Discovery"
        SINGLE = "single", "State, one call for each"
        BULK = "bulk", "State, one call for many"
        HISTORY = "history", "History"

    id = models.BigAutoField(primary_key=True)
    cloud = models.ForeignKey(Cloud, on_delete=models.CASCADE, related_name="polls", db_index=False)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="polls", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind)
    step = models.PositiveSmallIntegerField(default=0, help_text="Of discovery.")
    names = models.JSONField(default=dict)
    key = models.CharField(max_length=64)
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, related_name="children")
    device = models.ForeignKey(Device, on_delete=models.CASCADE, null=True, related_name="history_polls")
    covers_from = models.DateTimeField(null=True, help_text="History: what is still to be asked begins here.")
    covers_to = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True, help_text="Null: there is nothing to ask for now.")
    is_left_alone = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Whatever is due: its connection is not active or at rest, or the device is whose history it is.",
    )
    claimed_until = models.DateTimeField(null=True)
    claims = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    asked_at = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=40, blank=True)
    faults = ArrayField(models.CharField(max_length=200), default=list, help_text="Places in the document, and codes.")

    class Meta:
        ordering = ["id"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["connection", "kind", "key"], name="poll_asks_once"),
            models.CheckConstraint(
                name="poll_of_history_has_its_device",
                condition=Q(kind="history", device__isnull=False, covers_from__isnull=False, covers_to__isnull=False)
                | (~Q(kind="history") & Q(device__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(
                fields=["cloud", "due_at", "id"], condition=TO_CLAIM & ~Q(kind="history"), name="states_to_claim"
            ),
            models.Index(
                fields=["cloud", "due_at", "id"], condition=TO_CLAIM & Q(kind="history"), name="history_to_claim"
            ),
            models.Index(
                fields=["connection"], condition=Q(is_left_alone=True, kind="history"), name="history_left_alone"
            ),
            models.Index(
                fields=["cloud", "claimed_until"], condition=Q(claimed_until__isnull=False), name="polls_in_flight"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class DiscoveredDevice(models.Model):
    """A device that a cloud lists, whether or not an enrollment has it. It is never deleted: it vanishes (§10).

    Nothing here is a customer's: a cloud may list devices that nobody enrolled.
    """

    id = models.BigAutoField(primary_key=True)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="discovered", db_index=False)
    manufacturer_device_id = models.CharField(max_length=LONGEST_ID)
    type = models.CharField(max_length=16, choices=[(kind.value, kind.value) for kind in DeviceType])
    serial_number = models.CharField(max_length=LONGEST_ID, blank=True)
    manufacturer = models.CharField(max_length=LONGEST_ID, blank=True)
    model = models.CharField(max_length=LONGEST_ID, blank=True)
    site_reference = models.CharField(max_length=LONGEST_ID, blank=True, help_text="The cloud's own name of the site.")
    entry = models.PositiveSmallIntegerField(help_text="Of the connector document.")
    kept = models.JSONField(default=dict)
    device = models.ForeignKey(
        Device, on_delete=models.SET_NULL, null=True, related_name="discovered", help_text="As it was enrolled."
    )
    found_by = models.ForeignKey(Poll, on_delete=models.SET_NULL, null=True, related_name="found")
    poll = models.ForeignKey(Poll, on_delete=models.SET_NULL, null=True, related_name="devices")
    first_listed_at = models.DateTimeField()
    last_listed_at = models.DateTimeField()
    vanished_at = models.DateTimeField(null=True, help_text="Since then the cloud lists it no longer.")
    was_called = models.CharField(
        max_length=LONGEST_ID, blank=True, help_text="The id under which the cloud listed this serial number before."
    )

    class Meta:
        ordering = ["-id"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["connection", "manufacturer_device_id"], name="discovered_once"),
        ]
        indexes = [
            models.Index(fields=["connection", "serial_number"], name="discovered_by_serial"),
            models.Index(fields=["manufacturer_device_id"], name="discovered_by_device_id"),
        ]

    def __str__(self) -> str:
        return f"{self.manufacturer} {self.model} {self.manufacturer_device_id}".strip()


class Standing(models.Model):
    """How a cloud has answered of late: one that fails is left alone for a while, and then knocked at once."""

    cloud = models.OneToOneField(Cloud, on_delete=models.CASCADE, primary_key=True, related_name="standing")
    failures = models.PositiveIntegerField(default=0, help_text="In a row; those under way at once count as one.")
    failed_at = models.DateTimeField(null=True)
    rests_until = models.DateTimeField(null=True)
    last_success_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.cloud_id}: {self.failures} failures"


class Allowance(models.Model):
    """What may still be asked of a cloud in one category, shared by all workers: when the next call may go out."""

    id = models.BigAutoField(primary_key=True)
    cloud = models.ForeignKey(Cloud, on_delete=models.CASCADE, related_name="allowances", db_index=False)
    category = models.CharField(max_length=12)
    next_at = models.DateTimeField(help_text="Where calls go out evenly, the next one would then.")
    held_until = models.DateTimeField(help_text="The cloud asked to be left alone until then.")
    day = models.DateField(help_text="In UTC; later than now where today's share is used up.")
    today = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["cloud", "category"], name="one_allowance")]

    def __str__(self) -> str:
        return f"{self.category} of {self.cloud_id}"


class CallCounts(models.Model):
    """The calls of one minute to one endpoint that ended alike (§7). Latencies and ages are counted in classes."""

    id = models.BigAutoField(primary_key=True)
    call = models.CharField(max_length=60)
    category = models.CharField(max_length=12)
    minute = models.DateTimeField()
    outcome = models.CharField(max_length=40)
    count = models.PositiveIntegerField()
    latencies = ArrayField(models.PositiveIntegerField())
    ages = ArrayField(models.PositiveIntegerField(), help_text="Of the readings in the answers, as they were received.")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.call} {self.minute:%Y-%m-%d %H:%M}: {self.count} {self.outcome}"


class CallBucket(CallCounts):
    """Of one cloud, whatever its calls were about."""

    cloud = models.ForeignKey(Cloud, on_delete=models.CASCADE, related_name="call_buckets", db_index=False)

    class Meta:
        ordering = ["-minute", "call"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["cloud", "minute", "call", "category", "outcome"], name="one_call_bucket")
        ]
        indexes = [models.Index(fields=["minute"], name="call_buckets_by_age")]


class MakerBucket(CallCounts):
    """Of a TPDO's cloud the same calls by maker (§3.3): one for several makers' devices counts for each of them."""

    cloud = models.ForeignKey(Cloud, on_delete=models.CASCADE, related_name="maker_buckets", db_index=False)
    maker_key = models.CharField(
        max_length=LONGEST_FOLDED, blank=True, help_text="As `same_name` has it; blank: the call was for no one's."
    )

    class Meta:
        ordering = ["-minute", "call", "maker_key"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["cloud", "minute", "maker_key", "call", "category", "outcome"], name="one_maker_bucket"
            )
        ]
        indexes = [models.Index(fields=["minute"], name="maker_buckets_by_age")]


class ConnectorDocument(Cloud):
    """A cloud by its connector document: another page of the same row, with permissions of its own."""

    class Meta:
        proxy = True
        default_permissions = ("view",)
        permissions = [("write_connectordocument", "Can write connector documents, try them, and put them into force")]
