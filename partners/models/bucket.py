"""What is left of a partner's requests, by category (contract §8). Read and written by partners/throttling alone."""

from django.db import models

from partners.models.partner import Partner


class Bucket(models.Model):
    pk = models.CompositePrimaryKey("partner", "category")
    partner = models.ForeignKey(
        Partner, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )  # no constraint: the table is not logged, the partner's is
    category = models.CharField(max_length=16)
    tokens = models.FloatField()
    granted = models.FloatField(help_text="How many the last taking was given.")
    filled_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.category}: {self.tokens:g}"
