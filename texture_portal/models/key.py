"""The portal's own keys, by their fingerprints: since when each is known, and when it was last used. Never the keys."""

from django.db import models

from texture_portal.key_rings import Ring


class Key(models.Model):
    ring = models.CharField(max_length=20, choices=[(each.value, each.value) for each in Ring])
    fingerprint = models.CharField(max_length=12)
    first_seen_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="When some process last said that it has it.")
    leads_since = models.DateTimeField(null=True, help_text="Since when it signs and seals; none: it never did.")
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "key or secret"
        verbose_name_plural = "keys and secrets"
        default_permissions = ("view",)
        ordering = ["ring", "-first_seen_at"]
        constraints = [models.UniqueConstraint(fields=["ring", "fingerprint"], name="one_row_per_key")]

    def __str__(self) -> str:
        return f"{self.ring} {self.fingerprint}"
