"""Partners: who they are is edited here, their status changes by verbs, their credentials are shown once."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from partners import onboarding
from partners.admin.forms import OnboardingForm, PartnerForm
from partners.admin.inlines import ApplicationInline, SigningKeyInline, WebhookEndpointInline
from partners.admin.partner_verbs import VERBS
from partners.credentials import client_members, key_members
from partners.limits import Category
from partners.models import Partner
from texture_portal import clock
from texture_portal.actors import staff
from texture_portal.console.histories import HistoryAdmin
from texture_portal.console.verbs import ShownOnce, Verb, VerbsMixin

STATUS_MARKS = {"active": "success", "suspended": "warning", "ended": "danger"}


@admin.register(Partner)
class PartnerAdmin(VerbsMixin, HistoryAdmin):
    form = PartnerForm
    list_display = ("name", "kind", "status_mark", "environment", "makers", "created_at")
    list_filter = (
        ("kind", ChoicesDropdownFilter),
        ("status", ChoicesDropdownFilter),
        ("environment", ChoicesDropdownFilter),
    )
    list_filter_submit = True
    search_fields = ("name", "id", "applications__client_id", "signing_keys__id")
    fields = (
        "id", "name", "kind", "environment", "status", "manufacturers", "redirect_urls", "limits", "created_at",
    )  # fmt: skip
    readonly_fields = ("id", "status", "limits", "created_at")
    inlines = (SigningKeyInline, ApplicationInline, WebhookEndpointInline)
    change_form_outer_after_template = "console/verbs_below.html"
    verbs: tuple[Verb, ...] = VERBS

    def has_delete_permission(self, request: HttpRequest, obj: Partner | None = None) -> bool:
        return False

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        partner = self.get_object(request, object_id)
        shown = {"verbs": self.buttons(request, partner)} if partner else {}
        kwargs["extra_context"] = {**(kwargs.get("extra_context") or {}), **shown}
        page: HttpResponse = super().change_view(request, object_id, *args, **kwargs)
        return page

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Takes a partner on. Its secrets are in this one answer and are kept nowhere in the clear."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = OnboardingForm(request.POST or None)
        if form.is_valid():
            by = staff(user_id=request.user.pk, name=request.user.get_username())  # type: ignore[arg-type]
            try:
                made = onboarding.create_partner(**form.as_arguments(), now=clock.now(), by=by)
            except onboarding.OnboardingError as fault:
                form.add_error(None, str(fault))
            else:
                return self._shown_once(request, made)
        return self._whole_page(request, "admin/partners/partner/onboarding.html", title="Take a partner on", form=form)

    def _shown_once(self, request: HttpRequest, made: onboarding.Onboarded) -> HttpResponse:
        members = {**client_members(made.client), **key_members(made.key)}
        return self.show_once(request, made.partner, ShownOnce(f"{made.partner} is taken on", members))

    def _whole_page(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        shared = self.admin_site.each_context(request) | {"opts": self.opts, "media": self.media}
        return TemplateResponse(request, template, shared | context)

    @display(description="Status", ordering="status", label=STATUS_MARKS)
    def status_mark(self, partner: Partner) -> tuple[str, str]:
        return partner.status, partner.get_status_display()

    @display(description="Requests a second")
    def limits(self, partner: Partner) -> str:
        """What it has by its portfolio or by staff, whichever is more (contract §8)."""
        return ", ".join(f"{each} {partner.limit(each).a_second:,}" for each in Category)

    @display(description="Makers")
    def makers(self, partner: Partner) -> str:
        return ", ".join(partner.manufacturers) or "any"
