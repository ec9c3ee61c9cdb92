"""A partner's keys and clients exchanged without a gap (§9): the new one beside the old, which end when it was said."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from partners.models import Application, Partner, SigningKey
from partners.onboarding import NewClient, NewKey, rotate_in_application, rotate_in_signing_key
from partners.record import save_on_record
from partners.scopes import SCOPES
from texture_portal.actors import Actor
from texture_portal.clock import to_wire


@transaction.atomic
def rotate_signing_key(
    partner: Partner, *, algorithm: str | None, public_key_pem: str | None, overlap: timedelta | None, now: datetime,
    by: Actor,
) -> NewKey:  # fmt: skip
    """The old ones end after `overlap`; None: when somebody revokes them. No algorithm: that of the newest.

    Raises `OnboardingError`.
    """
    latest = partner.signing_keys.order_by("-created_at").first()
    wanted = algorithm or (latest.algorithm if latest else SigningKey.Algorithm.ED25519)
    made = rotate_in_signing_key(partner, algorithm=wanted, public_key_pem=public_key_pem, now=now, by=by)
    if overlap is not None:
        old = SigningKey.objects.filter(partner=partner).exclude(pk=made.key.pk)
        _end(old, partner, at=now + overlap, by=by, what="signing key")
    return made


@transaction.atomic
def rotate_client(
    partner: Partner, *, scopes: tuple[str, ...] | None = None, overlap: timedelta | None, now: datetime, by: Actor
) -> NewClient:
    """One more OAuth client; the old ones, and their tokens, end after `overlap`. No scopes: those of the newest."""
    latest = partner.applications.order_by("-created").first()
    wanted = scopes or (tuple(latest.scopes) if latest else tuple(SCOPES))
    made = rotate_in_application(partner, scopes=wanted, by=by)
    if overlap is not None:
        old = Application.objects.filter(partner=partner).exclude(pk=made.application.pk)
        _end(old, partner, at=now + overlap, by=by, what="OAuth client")
    return made


def _end(
    rows: "QuerySet[SigningKey] | QuerySet[Application]", partner: Partner, *, at: datetime, by: Actor, what: str
) -> None:
    """Those that would outlive that moment; one that ends before stays as it is."""
    later = rows.filter(Q(expires_at=None) | Q(expires_at__gt=at), revoked_at=None).select_for_update(of=("self",))
    for row in later:
        row.expires_at = at
        row.save(update_fields=["expires_at"])
        name = row.client_id if isinstance(row, Application) else row.pk
        save_on_record(partner, by=by, reason=f"{what} {name} ends at {to_wire(at)}: it is rotated")
