"""Certificates: issued on a clean report, withdrawn for a reason, and asked about at the door (§12)."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from partners.models import Certificate, Partner
from partners.models.partner import same_name
from partners.record import save_on_record
from texture_portal.actors import Actor
from texture_portal.refusals import Refusal


def check_certified(partner: Partner, *, now: datetime) -> None:
    """Only where the portal requires it (contract §7). Of a TPDO, one maker's certificate lets it call."""
    if settings.REQUIRE_CERTIFICATION and not Certificate.objects.filter(partner=partner).in_force(now=now).exists():
        raise Refusal("partner_not_certified", "This portal takes calls of certified partners only.")


def check_maker(partner: Partner, maker: str, *, now: datetime) -> None:
    """A TPDO is certified for each maker whose devices it brings (§3.3)."""
    if not settings.REQUIRE_CERTIFICATION or partner.kind != Partner.Kind.TPDO:
        return
    if not Certificate.objects.filter(partner=partner).for_maker(maker).in_force(now=now).exists():
        raise Refusal("partner_not_certified", "The partner is not certified for devices of this manufacturer.")


@transaction.atomic
def issue(
    partner: Partner, *, maker: str, requirements: str, report: dict[str, Any], now: datetime, by: Actor, reason: str
) -> Certificate:
    """The next version. The one before it stands until its own end: nobody is shut out by being tried again."""
    held = Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
    before = Certificate.objects.filter(partner=held, maker_key=same_name(maker)).order_by("-version").first()
    made = Certificate(
        partner=held, maker=maker, version=before.version + 1 if before else 1, requirements=requirements,
        issued_at=now, expires_at=now + timedelta(days=settings.CERTIFICATE_DAYS), issued_by=f"{by.role} {by.name}",
        reason=reason, report=report,
    )  # fmt: skip
    made.save()
    save_on_record(held, by=by, reason=f"certificate version {made.version} issued: {reason}"[:2000])
    return made


@transaction.atomic
def withdraw(certificate: Certificate, *, now: datetime, by: Actor, reason: str) -> Certificate:
    """At once. Raises `Refusal` where it is not in force."""
    held = Certificate.objects.select_for_update(of=("self",)).select_related("partner").get(pk=certificate.pk)
    if not held.is_in_force(now=now):
        raise Refusal("state_conflict", "The certificate is not in force.")
    held.withdrawn_at, held.withdrawn_by, held.withdrawn_reason = now, f"{by.role} {by.name}", reason
    held.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason"])
    save_on_record(held.partner, by=by, reason=f"certificate version {held.version} withdrawn: {reason}"[:2000])
    return held
