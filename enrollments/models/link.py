"""One end user's way through the pages on which devices are linked by OAuth (§11.8), or on which they log in by it."""

import json
from datetime import datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from devices.models import Cloud, Connection, GrantRequest
from enrollments.models.enrollment import Enrollment
from partners.models import Partner
from programs.models import Program
from texture_portal import sealed_columns
from texture_portal.ids import new_id


class LinkSession(models.Model):
    """Made by a partner for one device, or begun by a visitor. What it gathers is sealed, and destroyed at its end."""

    class Purpose(models.TextChoices):
        LINK = "link", "Link devices"
        SIGN_IN = "sign_in", "Log in by OAuth"

    class State(models.TextChoices):
        CREATED = "created", "Created"
        OPENED = "opened", "Opened"
        COMPLETED = "completed", "Completed"
        EXITED = "exited", "Exited"
        EXPIRED = "expired", "Expired"

    class Language(models.TextChoices):
        ENGLISH = "en", "English"
        SPANISH = "es", "Español"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    purpose = models.CharField(max_length=8, choices=Purpose, default=Purpose.LINK)
    state = models.CharField(max_length=10, choices=State, default=State.CREATED)

    # What the partner asked for; a visitor's own has none of it.
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, null=True, related_name="link_sessions")
    enrollment = models.ForeignKey(
        Enrollment, on_delete=models.PROTECT, null=True, related_name="link_sessions", help_text="To be linked."
    )
    manufacturer_device_id = models.CharField(max_length=255, blank=True, help_text="This device and no other.")
    customer_reference = models.CharField(max_length=255, blank=True)
    redirect_url = models.CharField(max_length=500, blank=True)
    language = models.CharField(max_length=2, choices=Language, blank=True)
    manufacturer_filters = ArrayField(models.CharField(max_length=255), default=list)

    program = models.ForeignKey(
        Program, on_delete=models.PROTECT, null=True, related_name="+", help_text="That the public link names."
    )
    browser_digest = models.BinaryField(null=True, help_text="SHA-256 of what binds it to one browser.")
    cloud = models.ForeignKey(Cloud, on_delete=models.PROTECT, null=True, related_name="+")
    grant_request = models.ForeignKey(GrantRequest, on_delete=models.SET_NULL, null=True, related_name="link_sessions")
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, null=True, related_name="link_sessions")
    sealed_notes = models.BinaryField(null=True, editable=False, help_text="Devices found, address, choices.")
    fault = models.CharField(max_length=40, blank=True, help_text="What went wrong last, as a code.")
    linked = ArrayField(models.UUIDField(), default=list, help_text="The enrollments that came of it.")

    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="link_session_closed_when_it_is_over",
                condition=Q(state__in=["created", "opened"], closed_at__isnull=True)
                | (~Q(state__in=["created", "opened"]) & Q(closed_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="link_session_keeps_nothing_once_closed",
                condition=Q(closed_at__isnull=True) | Q(sealed_notes__isnull=True),
            ),
            models.CheckConstraint(
                name="link_session_opened_in_one_browser",
                condition=~Q(state__in=["opened", "completed"]) | Q(browser_digest__isnull=False),
            ),
            models.CheckConstraint(
                name="link_session_completed_with_what_it_linked",
                condition=~Q(state="completed", purpose="link") | Q(linked__len__gt=0),
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(closed_at__isnull=True), name="link_sessions_to_close"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk} ({self.state})"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    def is_over(self, *, now: datetime) -> bool:
        return not self.is_open or now >= self.expires_at

    def state_at(self, *, now: datetime) -> str:
        """One whose hour is up has expired, whether or not the sweep has been there."""
        return self.State.EXPIRED if self.is_open and now >= self.expires_at else self.state

    @property
    def notes(self) -> dict[str, Any]:
        opened = sealed_columns.opened(self, "sealed_notes")
        return {} if opened is None else json.loads(opened)

    def note(self, **more: Any) -> None:
        """Adds to the notes; not saved yet."""
        kept = json.dumps({**self.notes, **more}).encode()
        sealed_columns.seal(self, "sealed_notes", kept)

    def forget_notes(self) -> None:
        sealed_columns.seal(self, "sealed_notes", None)
