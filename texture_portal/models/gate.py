"""What is left of what an address may do (`texture_portal.gates`). Not logged: a crash fills every bucket."""

from django.db import models


class GateBucket(models.Model):
    pk = models.CompositePrimaryKey("gate", "name")
    gate = models.CharField(max_length=10)
    name = models.BinaryField(help_text="Stands for an address, and cannot be turned back into one.")
    tokens = models.FloatField()
    passed = models.BooleanField(help_text="Whether the last one did.")
    filled_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.gate}: {self.tokens:g}"
