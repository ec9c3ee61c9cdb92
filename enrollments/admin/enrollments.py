from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RelatedDropdownFilter,
)
from unfold.decorators import display

from enrollments import interventions
from enrollments.admin import enrollment_page as page
from enrollments.admin.colours import CONSENTS, STATES
from enrollments.admin.conflicts import claims_table, open_conflict_verb
from enrollments.admin.evidence_export import EvidenceExportMixin
from enrollments.admin.search import HELP, enrollment_ids
from enrollments.admin.verbs import with_reason
from enrollments.models import Enrollment
from enrollments.models.enrollment import LIVE, LIVE_BUT_OPTED_OUT
from enrollments.states import State
from texture_portal.console.exports import ExportMixin
from texture_portal.console.filters import WhenFilter
from texture_portal.console.pages import DetailAdmin
from texture_portal.console.search import BigTable
from texture_portal.console.together import TogetherMixin

SUSPEND = "enrollments.suspend_enrollment"
OPT_OUT = "enrollments.opt_out_enrollment"
REVOKE = "enrollments.revoke_enrollment"


@admin.register(Enrollment)
class EnrollmentAdmin(TogetherMixin, ExportMixin, EvidenceExportMixin, BigTable, DetailAdmin):
    detail_template = "admin/enrollments/enrollment/detail.html"
    list_display = (
        "short_id", "state_mark", "partner", "device_shown", "serial_number", "utility", "place", "consent",
        "created_at",
    )  # fmt: skip
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("match_outcome", ChoicesDropdownFilter),
        ("method", ChoicesDropdownFilter),
        ("device__type", ChoicesDropdownFilter),
        ("partner", RelatedDropdownFilter),
        ("site__utility", AutocompleteSelectFilter),
        ("created_at", WhenFilter),
    )
    search_help_text = HELP
    ordering = ("-id",)  # identifiers of version 7 are in the order of creation
    sortable_by = ("short_id",)
    verbs = (
        with_reason(
            "suspend",
            "Suspend for compliance",
            "Out of dispatch until it is reinstated.",
            SUSPEND,
            interventions.suspend,
            fits=lambda enrollment: enrollment.state == State.ACTIVE,
        ),
        with_reason(
            "reinstate",
            "Reinstate",
            "The compliance issue is resolved.",
            SUSPEND,
            interventions.reinstate,
            fits=lambda enrollment: enrollment.compliance_hold_at is not None,
        ),
        with_reason(
            "opt-out",
            "Record the customer's opt-out",
            "At the customer's word: consent by every path is revoked, and it leaves its programs.",
            OPT_OUT,
            interventions.opt_out,
            fits=lambda enrollment: enrollment.state in LIVE_BUT_OPTED_OUT,
        ),
        with_reason(
            "revoke",
            "Revoke",
            "Ends it for good. The device can only be enrolled anew.",
            REVOKE,
            interventions.revoke,
            fits=lambda enrollment: enrollment.state in LIVE,
            is_final=True,
        ),
        open_conflict_verb(),
    )
    together_verbs = ("suspend", "reinstate", "opt-out", "revoke")

    def named(self, term: str) -> Q:
        return Q(pk__in=enrollment_ids(term))

    def get_queryset(self, request: HttpRequest) -> Any:
        return (
            super()
            .get_queryset(request)
            .select_related("partner", "customer", "device", "site__utility", "site__cca")
            .prefetch_related("consents")
        )

    def detail_context(self, request: HttpRequest, subject: Enrollment) -> dict[str, Any]:
        evidence = self.evidence_buttons(request, subject)
        return page.context(subject) | {"claims": claims_table(subject), "evidence": evidence}

    def together_label(self, row: Enrollment) -> str:
        return f"{row.partner}, {row.device}, {row.site}, {State(row.state).label.lower()}"

    @display(description="Enrollment", ordering="id")
    def short_id(self, enrollment: Enrollment) -> str:
        return page.short(enrollment.pk)

    @display(description="State", label=STATES)
    def state_mark(self, enrollment: Enrollment) -> tuple[str, str]:
        return enrollment.state, State(enrollment.state).label

    @display(description="Device")
    def device_shown(self, enrollment: Enrollment) -> str:
        return f"{enrollment.device.type}, {enrollment.device.manufacturer}"

    @display(description="Serial number")
    def serial_number(self, enrollment: Enrollment) -> str:
        return enrollment.device.serial_number

    @display(description="Utility")
    def utility(self, enrollment: Enrollment) -> str:
        return str(enrollment.site.utility or "")

    @display(description="Place")
    def place(self, enrollment: Enrollment) -> str:
        return f"{enrollment.site.city}, {enrollment.site.state}"

    @display(description="Consent", label=CONSENTS)
    def consent(self, enrollment: Enrollment) -> str:
        return enrollment.standing().status.value
