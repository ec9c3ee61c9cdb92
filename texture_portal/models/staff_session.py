"""Where a member of staff is logged in. What the session holds is Django's row of that key; it ends with that row."""

from django.conf import settings
from django.db import models

from texture_portal.ids import new_id

LONGEST_BROWSER = 200


class StaffSession(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="staff_sessions")
    session_key = models.CharField(max_length=40, unique=True)
    began_at = models.DateTimeField()
    address = models.GenericIPAddressField(null=True)
    browser = models.CharField(max_length=LONGEST_BROWSER, blank=True, help_text="As it calls itself.")

    class Meta:
        default_permissions = ()
        ordering = ["-began_at"]

    def __str__(self) -> str:
        return f"{self.user}, since {self.began_at:%Y-%m-%d %H:%M}"
