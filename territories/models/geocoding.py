"""What is remembered of geocoders: the answers they gave, and which of them are out of reach."""

from django.db import models


class KnownPlace(models.Model):
    """Where an address is, by the geocoder that said so, and since when it is known.

    No address stands here. The row is found by a keyed digest of the normalised address, and what it says is sealed
    under a key that is made from that address: who has only the row learns neither the address nor the place.
    """

    digest = models.BinaryField(primary_key=True, max_length=32, editable=False)
    sealed = models.BinaryField(editable=False)
    geocoder = models.CharField(max_length=40)
    answered_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["answered_at"], name="known_places_by_age")]

    def __str__(self) -> str:
        return f"{self.geocoder}, {self.answered_at:%Y-%m-%d}"


class GeocoderOutage(models.Model):
    """This geocoder is not asked until then, by any process; then by one, and again by all once it answers."""

    geocoder = models.CharField(primary_key=True, max_length=40)
    since = models.DateTimeField()
    until = models.DateTimeField()
    pauses = models.PositiveSmallIntegerField(default=1, help_text="How many in a row: each is longer than the last.")
    reason = models.CharField(max_length=200)

    class Meta:
        ordering = ["geocoder"]

    def __str__(self) -> str:
        return self.geocoder
