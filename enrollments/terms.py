"""The texts of terms by their version: added by staff, and found for a consent (§11.5)."""

import hashlib
from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from enrollments.models import CheckpointLeaf, Consent, Enrollment, Terms
from partners.models import Partner
from programs.models import Participation, Program
from texture_portal.refusals import Refusal


def add_terms(
    *, version: str, text: str, partner: Partner | None, program: Program | None, now: datetime, user: User | None
) -> Terms:
    """Raises `Refusal` where there is a text of this version already: another text is another version."""
    text = text.replace("\r\n", "\n")
    made = Terms(
        version=version,
        text=text,
        partner=partner,
        program=program,
        digest=digest_of(text),
        added_at=now,
        added_by=user,
    )
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as fault:
        if "one_text_per" in str(fault):
            raise Refusal("state_conflict", f"There is a text of version {version} already.") from fault
        raise
    return made


def stand(terms: Terms) -> bool:
    """Agreed to, or under a signed checkpoint: the database refuses to change or delete them."""
    return are_agreed_to(terms) or CheckpointLeaf.objects.filter(subject_id=terms.pk).exists()


def are_agreed_to(terms: Terms) -> bool:
    agreed = Consent.history.filter(terms_version=terms.version)
    if terms.partner_id is not None:
        agreed = agreed.filter(enrollment__partner=terms.partner_id)
    return bool(agreed.exists())


def digest_of(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def terms_agreed_to(enrollment: Enrollment) -> dict[str, list[Terms]]:
    """By version: the partner's text, and those of programs that the device has been in. Unknown ones are absent."""
    programs = Participation.objects.filter(device=enrollment.device_id).values("program")
    known = Terms.objects.filter(partner=enrollment.partner_id) | Terms.objects.filter(program__in=programs)
    by_version: dict[str, list[Terms]] = {}
    for each in known.order_by("added_at", "id"):
        by_version.setdefault(each.version, []).append(each)
    return by_version
