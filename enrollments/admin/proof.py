"""What stands behind the evidence: signed checkpoints, who looked, and the texts of terms."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from enrollments.admin.search import HELP, enrollment_ids
from enrollments.models import Checkpoint, EvidenceAccess, Terms
from enrollments.terms import add_terms, stand
from texture_portal import clock
from texture_portal.console.filters import WhenFilter
from texture_portal.console.marks import NOTHING, as_written, breakable
from texture_portal.console.pages import ReadOnlyAdmin
from texture_portal.console.search import BigTable


@admin.register(Checkpoint)
class CheckpointAdmin(ReadOnlyAdmin):
    list_display = ("number", "at", "leaf_count", "root_hex")
    ordering = ("-number",)
    sortable_by = ()
    fields = readonly_fields = (
        "number", "at", "leaf_count", "root_hex", "previous_hex", "public_key_hex", "signature_hex",
    )  # fmt: skip

    @display(description="Root")
    def root_hex(self, checkpoint: Checkpoint) -> str:
        return breakable(bytes(checkpoint.root).hex())

    @display(description="Digest of the checkpoint before")
    def previous_hex(self, checkpoint: Checkpoint) -> str:
        return breakable(bytes(checkpoint.previous).hex())

    @display(description="Signed by (Ed25519)")
    def public_key_hex(self, checkpoint: Checkpoint) -> str:
        return breakable(bytes(checkpoint.public_key).hex())

    @display(description="Signature")
    def signature_hex(self, checkpoint: Checkpoint) -> str:
        return breakable(bytes(checkpoint.signature).hex())


@admin.register(EvidenceAccess)
class EvidenceAccessAdmin(BigTable, ReadOnlyAdmin):
    list_display = ("at", "actor_name", "what", "partner", "customer", "channel", "reason")
    list_filter = (("what", ChoicesDropdownFilter), ("at", WhenFilter))
    list_select_related = ("enrollment__partner", "enrollment__customer")
    search_help_text = f"{HELP}, or who looked"
    ordering = ("-id",)
    sortable_by = ()
    fields = readonly_fields = (
        "at", "actor_role", "actor_name", "channel", "what", "enrollment", "subject", "reason",
    )  # fmt: skip

    def named(self, term: str) -> Q:
        found = enrollment_ids(term)
        return Q(enrollment__in=found) if found else Q(actor_name=term)

    @display(description="Partner")
    def partner(self, access: EvidenceAccess) -> str:
        return access.enrollment.partner.name

    @display(description="Customer")
    def customer(self, access: EvidenceAccess) -> str:
        return access.enrollment.customer.reference_id


class TermsForm(forms.ModelForm[Terms]):
    class Meta:
        model = Terms
        fields = ("partner", "program", "version", "text")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if bool(given.get("partner")) == bool(given.get("program")) and not self.errors:
            raise forms.ValidationError("Name the partner or the program whose terms these are.")
        return given


@admin.register(Terms)
class TermsAdmin(ModelAdmin):
    """Added, and taken away until somebody agrees to them or a checkpoint signs them; never changed."""

    form = TermsForm
    list_display = ("version", "of", "digest_hex", "added_at", "added_by")
    list_filter = (("partner", RelatedDropdownFilter), ("program", RelatedDropdownFilter))
    list_filter_submit = True
    list_select_related = ("partner", "program", "added_by")
    search_fields = ("version",)
    readonly_when_there = ("partner", "program", "version", "text_shown", "digest_hex", "added_at", "adder")
    actions = None

    def has_change_permission(self, request: HttpRequest, obj: Terms | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Terms | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or not stand(obj))

    def get_fields(self, request: HttpRequest, obj: Terms | None = None) -> Any:
        return TermsForm.Meta.fields if obj is None else self.readonly_when_there

    def get_readonly_fields(self, request: HttpRequest, obj: Terms | None = None) -> Any:
        return () if obj is None else self.readonly_when_there

    def save_model(self, request: HttpRequest, obj: Terms, form: Any, change: bool) -> None:
        user: Any = request.user
        given = form.cleaned_data
        made = add_terms(**{name: given[name] for name in TermsForm.Meta.fields}, now=clock.now(), user=user)
        obj.pk = made.pk

    @display(description="Of")
    def of(self, terms: Terms) -> str:
        return str(terms.partner or terms.program)

    @display(description="Added by")
    def adder(self, terms: Terms) -> str:
        """By name: few of those who read terms may open the pages of users."""
        return terms.added_by.get_username() if terms.added_by else NOTHING

    @display(description="Text")
    def text_shown(self, terms: Terms) -> str:
        return as_written(terms.text)

    @display(description="SHA-256")
    def digest_hex(self, terms: Terms) -> str:
        return breakable(bytes(terms.digest).hex())
