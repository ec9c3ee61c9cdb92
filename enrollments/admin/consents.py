"""Consents as evidence: what stands, every version before it, and what it was given with. Only read."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter, TextFilter
from unfold.decorators import display

from enrollments.admin.colours import consent_badge
from enrollments.admin.enrollment_page import short, who
from enrollments.admin.evidence_verbs import VERBS
from enrollments.admin.in_force import InForceFilter
from enrollments.admin.search import HELP, enrollment_ids
from enrollments.evidence.access import by_user, note_access
from enrollments.models import Consent, EvidenceAccess
from enrollments.terms import terms_agreed_to
from partners.models import Customer, Partner
from partners.models.customer import CustomerErasedError
from texture_portal import clock
from texture_portal.console.exports import ExportMixin
from texture_portal.console.filters import WhenFilter
from texture_portal.console.marks import NOTHING, at, badge, breakable, link, table, words
from texture_portal.console.pages import DetailAdmin, ReadOnlyAdmin
from texture_portal.console.search import BigTable
from texture_portal.vault import SealBrokenError

SEARCH_HELP = f"{HELP}, or terms version"
RELATED = ("enrollment__partner", "enrollment__customer", "enrollment__device", "signed_request")

SEE_EVIDENCE = "enrollments.view_evidence"
EVIDENCE_NAMES = {"method": "Method", "ipAddress": "IP address", "userAgent": "User agent"}

HistoricalConsent = Consent.history.model


class TermsVersionFilter(TextFilter):
    title = "terms version"
    parameter_name = "terms_version"

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(terms_version=version) if (version := (self.value() or "").strip()) else queryset


class ConsentColumns(BigTable):
    """What a consent and a former version of it have in common."""

    def named(self, term: str) -> Q:
        """One or the other, so that each is looked up by its own index."""
        found = enrollment_ids(term)
        return Q(enrollment__in=found) if found else Q(terms_version=term)

    @display(description="Customer")
    def customer(self, consent: Any) -> str:
        return str(consent.enrollment.customer.reference_id)

    @display(description="Device")
    def device(self, consent: Any) -> str:
        return str(consent.enrollment.device.serial_number)

    @display(description="Partner")
    def partner(self, consent: Any) -> str:
        return str(consent.enrollment.partner.name)

    @display(description="Programs")
    def programs(self, consent: Any) -> str:
        return ", ".join(map(words, consent.program_types))

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related(*RELATED)  # type: ignore[misc]


@admin.register(Consent)
class ConsentAdmin(ExportMixin, ConsentColumns, DetailAdmin):
    detail_template = "admin/enrollments/consent/detail.html"
    list_display = (
        "customer", "partner", "device", "status", "path", "source", "terms_version", "programs", "granted_at",
    )  # fmt: skip
    list_filter = (
        ("path", ChoicesDropdownFilter),
        ("source", ChoicesDropdownFilter),
        TermsVersionFilter,
        ("enrollment__partner", RelatedDropdownFilter),
        ("granted_at", WhenFilter),
    )
    search_help_text = SEARCH_HELP
    ordering = ("-id",)
    sortable_by = ("granted_at",)
    verbs = VERBS

    def detail_context(self, request: HttpRequest, subject: Consent) -> dict[str, Any]:
        may_see = request.user.has_perm(SEE_EVIDENCE)
        if may_see:
            user: Any = request.user
            note_access(
                subject.enrollment,
                what=EvidenceAccess.What.CONSENT,
                subject=str(subject.pk),
                now=clock.now(),
                by=by_user(user),
            )
        versions = HistoricalConsent.objects.filter(id=subject.pk)
        return {
            "facts": facts(subject),
            "evidence": evidence(subject) if may_see else [("Evidence", "not for your eyes")],
            "signed": request_facts(subject) if may_see else None,
            "records": records_table(subject),
            "versions": history_table(versions.order_by("sequence"), partner=subject.enrollment.partner),
        }

    @display(description="Status")
    def status(self, consent: Consent) -> str:
        return consent_badge(status_of(consent))


@admin.register(HistoricalConsent)
class ConsentHistoryAdmin(ConsentColumns, ReadOnlyAdmin):
    list_display = (
        "history_date", "what", "customer", "partner", "device", "who", "channel", "path", "source", "terms_version",
    )  # fmt: skip
    list_filter = (
        InForceFilter,
        ("history_date", WhenFilter),
        ("path", ChoicesDropdownFilter),
        ("source", ChoicesDropdownFilter),
        TermsVersionFilter,
        ("enrollment__partner", RelatedDropdownFilter),
    )
    search_help_text = SEARCH_HELP
    ordering = ("-history_id",)
    sortable_by = ("history_date",)
    fields = readonly_fields = (
        "history_date", "what", "who", "channel", "request_id", "enrollment", "path", "source", "terms_version",
        "programs", "granted_at", "received_at", "revoked_at", "revocation_source", "expired_at",
        "certification_version", "sequence", "digest_hex", "previous_digest_hex",
    )  # fmt: skip

    @display(description="What", label=True)
    def what(self, version: Any) -> str:
        return words(version.history_change_reason)

    @display(description="Who")
    def who(self, version: Any) -> str:
        return who(version.actor_role, version.actor_name, partner=version.enrollment.partner)

    @display(description="Digest")
    def digest_hex(self, version: Any) -> str:
        return breakable(bytes(version.digest).hex())

    @display(description="Digest of the entry before")
    def previous_digest_hex(self, version: Any) -> str:
        return breakable(bytes(version.previous_digest).hex())


def status_of(consent: Consent) -> str:
    """Of this path alone."""
    if consent.revoked_at is not None and consent.revoked_at >= consent.granted_at:
        return "revoked"
    expired = consent.expired_at is not None and consent.expired_at >= consent.granted_at
    return "expired" if expired else "valid"


def facts(consent: Consent) -> list[tuple[str, Any]]:
    enrollment = consent.enrollment
    return [
        ("Status", consent_badge(status_of(consent))),
        ("Enrollment", link(enrollment, short(enrollment.pk))),
        ("Customer", enrollment.customer.reference_id),
        ("Partner", link(enrollment.partner)),
        ("Device", link(enrollment.device)),
        ("Path", consent.get_path_display()),
        ("Source", consent.get_source_display()),
        ("Programs", ", ".join(map(words, consent.program_types))),
        ("Terms version", consent.terms_version),
        ("Terms", terms_links(consent)),
        ("Certification", consent.certification_version),
        ("Granted", at(consent.granted_at)),
        ("Received", at(consent.received_at)),
        ("Revoked", at(consent.revoked_at)),
        ("Revoked through", consent.revocation_source or "-"),
        ("Expired", at(consent.expired_at)),
    ]


def terms_links(consent: Consent) -> SafeString | str:
    """The texts of this version, with their SHA-256."""
    texts = terms_agreed_to(consent.enrollment).get(consent.terms_version, [])
    shown = ((link(each, f"of the {each.kind}"), breakable(bytes(each.digest).hex())) for each in texts)
    return format_html_join(mark_safe("<br>"), "{} {}", shown) or badge("unknown text", "warning")


def evidence(consent: Consent) -> list[tuple[str, Any]]:
    """Opened for this page only."""
    if consent.sealed_evidence is None:
        return [("Evidence", "none was sent")]
    customer: Customer = consent.enrollment.customer
    try:
        opened = customer.open(consent.sealed_evidence, place=f"consent-evidence:{consent.pk}")
    except CustomerErasedError:
        return [("Evidence", "erased")]
    except SealBrokenError:
        return [("Evidence", "erased: its key was destroyed")]
    return [(EVIDENCE_NAMES.get(name, name), value) for name, value in json.loads(opened).items()]


def request_facts(consent: Consent) -> list[tuple[str, Any]]:
    original = consent.signed_request
    if original is None:
        return [("Signed request", "none")]
    return [
        ("Request id", original.request_id),
        ("Received", at(original.received_at)),
        ("Signed", at(original.signature_created_at)),
        ("Signing key", original.signing_key_id or "none: a row of a file"),
        ("Algorithm", original.algorithm or NOTHING),
        ("Proof", original.get_proof_display()),
        ("Digest", breakable(bytes(original.digest).hex())),
    ]


def records_table(consent: Consent) -> dict[str, Any]:
    """What the partner was asked for and what it sent, side by side by time."""
    asked = [
        (each.asked_at, "Asked", link(each, each.message), f"due {at(each.due_at)}")
        for each in consent.evidence_requests.all()
    ]
    came = [
        (each.received_at, "Came", link(each), f"{each.actor_role}, {each.channel}")
        for each in consent.evidence_records.all()
    ]
    rows = sorted([*asked, *came], key=lambda row: row[0])
    return table(("When", "What", "Which", "How"), ((at(when), *rest) for when, *rest in rows))


def history_table(versions: Any, *, partner: Partner) -> dict[str, Any]:
    return table(
        ("When", "What", "Who", "Through", "Source", "Terms", "Programs", "Granted", "Digest"),
        (
            (
                at(each.history_date),
                badge(words(each.history_change_reason)),
                who(each.actor_role, each.actor_name, partner=partner),
                each.channel,
                words(each.source),
                each.terms_version,
                ", ".join(map(words, each.program_types)),
                at(each.granted_at),
                bytes(each.digest).hex()[:12],
            )
            for each in versions
        ),
    )
