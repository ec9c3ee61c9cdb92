"""A list as somebody likes to see it, kept for that user: its filters and its order, never a search for a person."""

from django.conf import settings
from django.db import models


class SavedFilter(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_filters")
    table = models.CharField(max_length=60, help_text="The model, by its label.")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=2000)

    class Meta:
        ordering = ["name"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "table", "name"], name="one_filter_of_a_name")]

    def __str__(self) -> str:
        return self.name
