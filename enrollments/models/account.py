"""How an end user comes back to My devices."""

from django.db import models
from django.db.models import Q

from partners.models import Customer
from texture_portal import sealed_columns
from texture_portal.ids import new_id


class Contact(models.Model):
    """A customer's e-mail address, sealed under their own key, and found by a digest that only the portal can make."""

    customer = models.OneToOneField(Customer, on_delete=models.PROTECT, primary_key=True, related_name="contact")
    sealed_email = models.BinaryField(help_text="Under the customer's key.")
    email_digest = models.BinaryField(db_index=True)
    language = models.CharField(max_length=2)
    given_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(
        null=True, help_text="Whoever reads its mail also knew where a device stands: it was not mistyped."
    )

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"contact of {self.customer_id}"

    @property
    def place(self) -> str:
        return f"contact:{self.customer_id}"


class SignInLink(models.Model):
    """An e-mail that was asked for, with a link that is good once. The row is the job, until it was sent or given up.

    One is written for every address that is typed in, known or not: so nobody learns which are.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email_digest = models.BinaryField()
    sealed_email = models.BinaryField(null=True, editable=False, help_text="Destroyed once it was sent.")
    sealed_token = models.BinaryField(null=True, editable=False, help_text="Likewise.")
    token_digest = models.BinaryField(unique=True)
    origin = models.CharField(max_length=300, help_text="Where the portal was reached.")
    language = models.CharField(max_length=2)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    attempt_at = models.DateTimeField(null=True, help_text="Null: there is nothing left to send.")
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0, help_text="Wrong ZIP codes.")

    class Meta:
        ordering = ["-asked_at"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="sign_in_link_keeps_nothing_once_sent",
                condition=Q(attempt_at__isnull=False, sealed_email__isnull=False, sealed_token__isnull=False)
                | Q(attempt_at__isnull=True, sealed_email__isnull=True, sealed_token__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=["attempt_at"], condition=Q(attempt_at__isnull=False), name="sign_in_links_to_send"),
            models.Index(fields=["email_digest", "asked_at"], name="sign_in_links_of_address"),
        ]

    def __str__(self) -> str:
        return f"asked at {self.asked_at:%Y-%m-%d %H:%M}"

    def set_secrets(self, *, email: str | None, token: str | None) -> None:
        sealed_columns.seal(self, "sealed_email", None if email is None else email.encode())
        sealed_columns.seal(self, "sealed_token", None if token is None else token.encode())

    def secrets(self) -> tuple[str, str]:
        """The address and the token, while they are to be sent."""
        email, token = sealed_columns.opened(self, "sealed_email"), sealed_columns.opened(self, "sealed_token")
        if email is None or token is None:
            raise LookupError(f"sign-in link {self.pk} holds nothing any more")
        return email.decode(), token.decode()
