"""How the portal's own components were: what the history of /status/ is drawn from."""

from django.db import models
from django.db.models import F, Q


class ComponentSpan(models.Model):
    """A component in one state, from when it came into it until it was last seen there: a row for each change."""

    class Component(models.TextChoices):
        WEB = "web", "Web and API"
        DATABASE = "database", "Database"
        WORKERS = "workers", "Workers"
        SCHEDULES = "schedules", "Schedules"

    class State(models.TextChoices):
        UP = "up", "Up"
        DOWN = "down", "Down"
        UNKNOWN = "unknown", "Not known: nobody looked"

    id = models.BigAutoField(primary_key=True)
    component = models.CharField(max_length=16, choices=Component)
    state = models.CharField(max_length=8, choices=State)
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ["component", "began_at", "id"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["component", "began_at", "state"], name="component_came_into_it_once"),
            models.CheckConstraint(name="component_seen_since_it_began", condition=Q(seen_at__gte=F("began_at"))),
        ]

    def __str__(self) -> str:
        return f"{self.component} {self.state} since {self.began_at:%Y-%m-%d %H:%M}"
