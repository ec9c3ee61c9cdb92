"""What staff did about who may come in and what left: log-ins, lock-outs, permissions, exports. Append-only."""

from django.db import models

from texture_portal.append_only import append_only
from texture_portal.ids import new_id


class Act(models.Model):
    class What(models.TextChoices):
        LOGGED_IN = "logged_in", "Logged in"
        LOGGED_IN_BY_PROVIDER = "logged_in_by_provider", "Logged in by the identity provider"
        LOGIN_REFUSED = "login_refused", "Log-in refused"
        LOCKED_OUT = "locked_out", "Locked out"
        LOCK_LIFTED = "lock_lifted", "Lock-out lifted"
        LOGGED_OUT = "logged_out", "Logged out"
        SESSION_EXPIRED = "session_expired", "Session expired"
        SESSIONS_ENDED = "sessions_ended", "Sessions ended"
        SECOND_FACTOR_SET_UP = "second_factor_set_up", "Second factor set up"
        SECOND_FACTOR_PROVED = "second_factor_proved", "Second factor proved"
        SECOND_FACTOR_REFUSED = "second_factor_refused", "Second factor refused"
        SECOND_FACTOR_TAKEN_AWAY = "second_factor_taken_away", "Second factor taken away"
        RECOVERY_CODE_USED = "recovery_code_used", "Recovery code used"
        RECOVERY_CODES_MADE = "recovery_codes_made", "Recovery codes made anew"
        PASSWORD_CHANGED = "password_changed", "Password changed"
        PERMISSIONS_CHANGED = "permissions_changed", "Permissions changed"
        SECRET_ROTATED = "secret_rotated", "Secret of the portal rotated"
        EXPORTED = "exported", "Exported"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField()
    what = models.CharField(max_length=30, choices=What)
    user_id = models.PositiveIntegerField(null=True, help_text="Of whoever did it; none: nobody who is known.")
    username = models.CharField(max_length=150, blank=True)
    address = models.GenericIPAddressField(null=True, help_text="Where the request came from.")
    about = models.CharField(max_length=200, blank=True, help_text="The user, group or list that it was done to.")
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = "administrative act"
        default_permissions = ("view",)
        ordering = ["-id"]
        triggers = append_only("administrative acts are a record")
        indexes = [
            models.Index(fields=["what", "-id"], name="acts_by_what"),
            models.Index(fields=["username", "-id"], name="acts_by_user"),
            models.Index(fields=["about", "-id"], name="acts_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.get_what_display()}, {self.username or 'nobody known'}"
