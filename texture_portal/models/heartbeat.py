"""The one row by which the supervisor knows that the workers still work."""

from django.db import models


class Heartbeat(models.Model):
    name = models.CharField(max_length=40, primary_key=True)
    beat_at = models.DateTimeField()

    class Meta:
        verbose_name = "worker"
        permissions = [("wake_jobs", "Can wake jobs and read why they failed")]

    def __str__(self) -> str:
        return f"{self.name} at {self.beat_at}"
