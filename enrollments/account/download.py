"""Everything that we hold of an end user, as one document that they may take away."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from devices.models import Command, Device, DeviceState, Reading
from devices.telemetry import forms, layouts
from enrollments.account import contacts
from enrollments.models import Consent, DeletionRequest, Enrollment
from enrollments.overview import overview
from enrollments.presentation import show, show_moment
from enrollments.tenure import Tenure, tenure
from enrollments.timeline import timeline
from partners.models import Customer
from programs.models import Participation
from texture_portal.clock import to_wire


def document(customers: Iterable[Customer], *, now: datetime) -> dict[str, Any]:
    return {"madeAt": to_wire(now), "customers": [_customer(customer) for customer in customers]}


def _customer(customer: Customer) -> dict[str, Any]:
    enrollments = Enrollment.objects.filter(customer=customer).shown().order_by("created_at")
    asked = DeletionRequest.objects.filter(customer=customer)
    return {
        "maker": customer.partner.name,
        "reference": customer.reference_id,
        "email": contacts.email_of(customer),
        "deletionRequests": [{"askedAt": to_wire(each.asked_at), "dueAt": to_wire(each.due_at)} for each in asked],
        "enrollments": [_enrollment(each, customer) for each in enrollments],
    }


def _enrollment(enrollment: Enrollment, customer: Customer) -> dict[str, Any]:
    site, device, theirs = enrollment.site, enrollment.device, tenure(enrollment)
    address = {"streetOne": site.street_one, "streetTwo": site.street_two, "city": site.city, "state": site.state}
    return {
        **show(overview(enrollment)),
        "address": {**address, "postalCode": site.postal_code, "country": site.country},
        "utilityAccountNumber": enrollment.utility_account_number or None,
        "deviceDetails": _device(device),
        "consents": [_consent(each, customer) for each in enrollment.consents.all()],
        "history": [show_moment(each) for each in timeline(enrollment)],
        "participations": [_participation(each) for each in _participations(device, theirs)],
        "commands": [_command(each) for each in _commands(device, theirs)],
        "readings": list(_readings(device, theirs)),
    }


def _device(device: Device) -> dict[str, Any]:
    return {
        "manufacturer": device.manufacturer,
        "model": device.model,
        "commissionedOn": device.commissioned_on.isoformat(),
        "commands": device.commands,
        "ratings": device.ratings,
    }


def _consent(consent: Consent, customer: Customer) -> dict[str, Any]:
    sealed = consent.sealed_evidence
    evidence = None if sealed is None else customer.open(sealed, place=f"consent-evidence:{consent.pk}")
    return {
        "by": consent.path,
        "grantedAt": to_wire(consent.granted_at),
        "source": consent.source,
        "termsVersion": consent.terms_version,
        "programTypes": consent.program_types,
        "revokedAt": to_wire(consent.revoked_at) if consent.revoked_at else None,
        "evidence": None if evidence is None else json.loads(evidence),
    }


def _participations(device: Device, theirs: Tenure) -> Iterable[Participation]:
    return Participation.objects.filter(theirs.within("joined_at"), device=device).select_related("program")


def _participation(row: Participation) -> dict[str, Any]:
    return {
        "program": row.program.name,
        "joinedAt": to_wire(row.joined_at),
        "leftAt": to_wire(row.left_at) if row.left_at else None,
    }


def _commands(device: Device, theirs: Tenure) -> Iterable[Command]:
    return Command.objects.filter(theirs.within("requested_at"), device=device).order_by("requested_at")


def _command(row: Command) -> dict[str, Any]:
    return {
        "command": row.command,
        "asked": row.asked,
        "sent": row.input,
        "status": str(row.status),
        "programType": row.program_type or None,
        "requestedAt": to_wire(row.requested_at),
        "startsAt": to_wire(row.starts_at),
        "endsAt": to_wire(row.ends_at) if row.ends_at else None,
    }


def _readings(device: Device, theirs: Tenure) -> Iterator[dict[str, Any]]:
    """All that are kept of the time when it was theirs, oldest first."""
    latest = DeviceState.objects.filter(device=device).first()
    if latest is None:
        return
    known = layouts.known()
    rows = Reading.objects.filter(theirs.within("observed_at"), device_number=latest.number)
    for row in rows.order_by("observed_at").iterator(chunk_size=2000):
        yield {"observedAt": to_wire(row.observed_at), "state": forms.read(known[row.layout], row.state)}
