"""That a partner is to be scored (§7): the row is the job, and says when that was last tried."""

from django.db import models

from partners.models import Partner


class Scoring(models.Model):
    """Written before the work is begun: a partner over which a worker dies has had its turn, and comes last."""

    partner = models.OneToOneField(Partner, on_delete=models.CASCADE, primary_key=True, related_name="scoring")
    attempted_at = models.DateTimeField(null=True, help_text="Null: not yet.")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.partner_id}, tried at {self.attempted_at}"
