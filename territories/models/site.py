"""Where a customer's devices are: one site per partner, customer and normalised address."""

from django.db import models
from django.db.models.functions import Collate

from territories.models.utility import Utility
from texture_portal.clock import now
from texture_portal.ids import new_id


class Site(models.Model):
    """The address lives only here, in a row without history, so that it can be blanked.

    `customer_id` is the customer's id as the layers above know it (a customer belongs to one partner); this room
    does not know customers.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    customer_id = models.UUIDField()
    address_key = models.CharField(max_length=400, help_text="The address, normalised: what makes two one.")
    street_one = models.CharField(max_length=255)
    street_two = models.CharField(max_length=255, blank=True)
    city = models.CharField(max_length=100)
    state = models.CharField(max_length=2)
    postal_code = models.CharField(max_length=10)
    country = models.CharField(max_length=2, default="US")
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    accuracy_meters = models.FloatField(null=True)
    timezone = models.CharField(max_length=64, blank=True)
    geocoder = models.CharField(max_length=40, blank=True)
    utility = models.ForeignKey(Utility, on_delete=models.PROTECT, null=True, blank=True, related_name="sites")
    cca = models.ForeignKey(Utility, on_delete=models.PROTECT, null=True, blank=True, related_name="cca_sites")
    decided_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When a person said which utility serves it."
    )
    created_at = models.DateTimeField(default=now)
    updated_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer_id", "address_key"], name="site_of_customer"),
            models.CheckConstraint(
                name="site_located_wholly_or_not_at_all",
                condition=models.Q(
                    latitude__isnull=True, longitude__isnull=True, accuracy_meters__isnull=True, timezone=""
                )
                | models.Q(latitude__range=(-90, 90), longitude__range=(-180, 180), accuracy_meters__gte=0)
                & ~models.Q(timezone=""),
            ),
            models.CheckConstraint(
                name="decided_for_a_utility", condition=models.Q(decided_at=None) | models.Q(utility__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["decided_at"], condition=models.Q(decided_at__isnull=False), name="sites_decided"),
            models.Index(Collate("address_key", "C"), name="sites_by_address"),
        ]

    def __str__(self) -> str:
        return f"{self.city}, {self.state} {self.postal_code}"
