"""Counts for the console's front page, as a job last took them: no page counts a million rows."""

from django.db import models


class Tally(models.Model):
    """`subject` is what is counted by (a partner's id, a week), `word` the state that is counted."""

    class Of(models.TextChoices):
        STATE = "state", "Enrollments by state"
        PARTNER = "partner", "Enrollments by partner and state"
        UTILITY = "utility", "Enrollments by utility and state"
        PROGRAM = "program", "Enrollments by program and state"
        WEEK = "week", "Enrollments by the week they began in, and state"
        FLEET = "fleet", "Devices by partner and freshness"
        CONNECTION = "connection", "Connections by status"
        POLLING = "polling", "What fails when clouds are asked, by cloud"

    of = models.CharField(max_length=12, choices=Of)
    subject = models.CharField(max_length=40, blank=True)
    word = models.CharField(max_length=40)
    count = models.PositiveBigIntegerField()
    taken_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["of", "subject", "word"], name="one_tally_of_each")]

    def __str__(self) -> str:
        return f"{self.of} {self.subject} {self.word}: {self.count}"
