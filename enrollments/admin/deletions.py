"""Deletion requests as cases: who asked and by when it is due, carrying it out, and the certificate of it (§9)."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import F, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RadioFilter, RelatedDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from enrollments.admin import deletion_page as page
from enrollments.deletion import asking, certificate
from enrollments.deletion.paper import page_of
from enrollments.deletion.references import reference_digests
from enrollments.evidence.access import by_user
from enrollments.models import DeletionRequest, Enrollment
from partners.models import Partner
from texture_portal import clock
from texture_portal.console.marks import at
from texture_portal.console.pages import DetailAdmin
from texture_portal.console.search import BigTable, as_uuid
from texture_portal.console.verbs import Verb, VerbForm

CARRY_OUT = "enrollments.carry_out_deletionrequest"
FORMS = ("json", "page")
LONGEST_CERTIFICATE = 1_000_000


class CarryOutForm(VerbForm):
    telemetry = forms.ChoiceField(
        label="What becomes of the readings", choices=DeletionRequest.Telemetry.choices, widget=UnfoldAdminSelectWidget
    )


class RefuseForm(VerbForm):
    why = forms.ChoiceField(choices=DeletionRequest.Refusal.choices, widget=UnfoldAdminSelectWidget)


class CertificateForm(forms.Form):
    document = forms.JSONField(
        label="The certificate, as it was taken along",
        max_length=LONGEST_CERTIFICATE,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 8}),
    )


class StandingFilter(RadioFilter):
    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Open"), ("late", "Late"), ("done", "Done"), ("refused", "Refused")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        is_open = Q(done_at__isnull=True, refused_at__isnull=True)
        wanted = {
            "open": is_open,
            "late": is_open & Q(due_at__lt=clock.now()) | Q(done_at__gt=F("due_at")),
            "done": Q(done_at__isnull=False),
            "refused": Q(refused_at__isnull=False),
        }
        return queryset.filter(wanted[self.value()]) if self.value() in wanted else queryset


def _carry_out(request: DeletionRequest, given: dict[str, Any], now: datetime, user: User) -> str:
    asking.begin(request, telemetry=given["telemetry"], now=now, by=by_user(user))
    return "It is being carried out: the partner and the maker are told first, then everything is deleted."


def _refuse(request: DeletionRequest, given: dict[str, Any], now: datetime, user: User) -> str:
    asking.refuse(request, why=given["why"], now=now, by=by_user(user))
    return "The request is closed, and nothing is deleted. What had ended stays ended."


def _wait_no_more(request: DeletionRequest, given: dict[str, Any], now: datetime, user: User) -> str:
    asking.wait_no_more(request, now=now, by=by_user(user))
    return "It goes on without those who have not answered."


VERBS = (
    Verb(
        "carry-out",
        "Carry it out",
        "For good: enrollments end, the partner and the maker's cloud are told, and then what names the person goes.",
        CARRY_OUT,
        _carry_out,
        fits=lambda request: request.is_open and not request.has_begun,
        form=CarryOutForm,
        is_final=True,
    ),
    Verb(
        "refuse",
        "Refuse it",
        "Nothing is deleted. Consents that ended when it was asked for stay ended.",
        CARRY_OUT,
        _refuse,
        fits=lambda request: request.is_open and not request.has_begun,
        form=RefuseForm,
    ),
    Verb(
        "wait-no-more",
        "Go on without those who do not answer",
        "What opens the maker's cloud is destroyed here. The certificate says who was not reached.",
        CARRY_OUT,
        _wait_no_more,
        fits=lambda request: request.is_open and request.has_begun and request.waits_no_more_at is None,
        form=VerbForm,
        is_final=True,
    ),
)


@admin.register(DeletionRequest)
class DeletionRequestAdmin(BigTable, DetailAdmin):
    detail_template = "admin/enrollments/deletionrequest/detail.html"
    list_display = ("standing", "partner", "customer_shown", "via", "asked", "due", "done")
    list_filter = (StandingFilter, ("via", ChoicesDropdownFilter), ("customer__partner", RelatedDropdownFilter))
    list_select_related = ("customer__partner",)
    search_help_text = "Whole customer reference, also of one who is erased; id of a request, customer or enrollment"
    ordering = ("-id",)
    sortable_by = ()
    verbs = VERBS

    def named(self, term: str) -> Q:
        """An erased person is found by who still knows the partner's word for them."""
        partners = Partner.objects.order_by().values_list("pk", flat=True)
        wanted = Q(reference_digest__in=reference_digests(partners, term)) | Q(
            customer__reference_id=term, customer__partner__in=list(partners)
        )
        if (identifier := as_uuid(term)) is not None:
            of_enrollment = Enrollment.objects.filter(pk=identifier).values("customer")
            wanted |= Q(pk=identifier) | Q(customer=identifier) | Q(customer__in=of_enrollment)
        return wanted

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        stem = "enrollments_deletionrequest"
        return [
            path("verify/", view(self.verify_view), name=f"{stem}_verify"),
            path("<uuid:object_id>/certificate/<slug:form>/", view(self.certificate_view), name=f"{stem}_certificate"),
            *super().get_urls(),
        ]

    def detail_context(self, request: HttpRequest, subject: DeletionRequest) -> dict[str, Any]:
        ways = {
            form: reverse("admin:enrollments_deletionrequest_certificate", args=(subject.pk, form)) for form in FORMS
        }
        return page.context(subject, now=clock.now()) | {"certificate_ways": ways if subject.certificate else {}}

    def certificate_view(self, request: HttpRequest, object_id: Any, form: str) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        subject = self.get_object(request, unquote(str(object_id)))
        if subject is None or subject.certificate is None or form not in FORMS:
            raise Http404
        if form == "page":
            return HttpResponse(page_of(subject.certificate))
        named = {"Content-Disposition": f'attachment; filename="deletion-{subject.pk}.json"'}
        return HttpResponse(certificate.as_file(subject.certificate), content_type="application/json", headers=named)

    def verify_view(self, request: HttpRequest) -> HttpResponse:
        """Whether a certificate that somebody shows is this portal's, to the byte."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = CertificateForm(request.POST or None)
        faults = certificate.faults(form.cleaned_data["document"]) if form.is_valid() else None
        context = self.admin_site.each_context(request) | {
            "opts": self.opts, "media": self.media, "title": "Verify a certificate of deletion", "form": form,
            "faults": faults, "is_whole": faults == [],
        }  # fmt: skip
        return TemplateResponse(request, "admin/enrollments/deletionrequest/verify.html", context)

    @display(description="Standing")
    def standing(self, request: DeletionRequest) -> Any:
        return page.standing(request, now=clock.now())

    @display(description="Partner")
    def partner(self, request: DeletionRequest) -> str:
        return request.customer.partner.name

    @display(description="Customer")
    def customer_shown(self, request: DeletionRequest) -> str:
        return page.customer(request)

    @display(description="Asked")
    def asked(self, request: DeletionRequest) -> str:
        return at(request.asked_at)

    @display(description="Due")
    def due(self, request: DeletionRequest) -> str:
        return at(request.due_at)

    @display(description="Done")
    def done(self, request: DeletionRequest) -> str:
        return at(request.done_at)
