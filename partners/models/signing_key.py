"""The keys with which partners sign their requests (RFC 9421)."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from partners.models.partner import Partner
from texture_portal import sealed_columns
from texture_portal.ids import new_id


class SigningKey(models.Model):
    """A public key, or for `hmac-sha256` a shared secret sealed to this row. Several may be live at once."""

    class Algorithm(models.TextChoices):
        ED25519 = "ed25519", "Ed25519"
        ECDSA_P256 = "ecdsa-p256-sha256", "ECDSA P-256 with SHA-256"
        HMAC_SHA256 = "hmac-sha256", "HMAC with SHA-256 (shared secret)"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="signing_keys")
    algorithm = models.CharField(max_length=20, choices=Algorithm)
    public_key_pem = models.TextField(blank=True)
    sealed_secret = models.BinaryField(null=True, editable=False)
    supplied_by_partner = models.BooleanField(
        default=False, help_text="The partner gave the public key; the portal never saw the private one."
    )
    not_before = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        permissions = [("rotate_signingkey", "Can add and revoke signing keys")]
        constraints = [
            models.CheckConstraint(
                name="signing_key_has_its_material",
                condition=(Q(algorithm="hmac-sha256") & Q(public_key_pem="") & Q(sealed_secret__isnull=False))
                | (~Q(algorithm="hmac-sha256") & ~Q(public_key_pem="") & Q(sealed_secret__isnull=True)),
            )
        ]

    def __str__(self) -> str:
        return f"{self.partner}: {self.algorithm} {self.id}"

    def is_active(self, *, now: datetime) -> bool:
        return (
            self.not_before <= now
            and (self.expires_at is None or now < self.expires_at)
            and (self.revoked_at is None or now < self.revoked_at)
        )

    def set_secret(self, secret: bytes) -> None:
        sealed_columns.seal(self, "sealed_secret", secret)

    def secret(self) -> bytes:
        opened = sealed_columns.opened(self, "sealed_secret")
        if opened is None:
            raise ValueError(f"key {self.id} is not a shared secret")
        return opened
