"""Where program engineers write a cloud's connector document and try it, against an answer pasted or fetched."""

import json
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from devices.connectors import registry
from devices.connectors.pull import shipped
from devices.connectors.pull.faults import DocumentError, Fault
from devices.connectors.pull.trying import Trial, attempt
from devices.models import ConnectorDocument
from devices.polling import documents
from texture_portal import actors, clock
from texture_portal.console.marks import at, badge
from texture_portal.console.pages import ReadOnlyAdmin
from texture_portal.refusals import Refusal

WRITE = "devices.write_connectordocument"
CODE = {"rows": 24, "spellcheck": "false", "style": "font-family: monospace; font-size: 13px"}
ANSWER = {**CODE, "rows": 10}


class DocumentForm(forms.Form):
    document = forms.CharField(widget=UnfoldAdminTextareaWidget(attrs=CODE), max_length=200_000)
    call = forms.CharField(
        required=False, widget=UnfoldAdminTextInputWidget(), help_text="Whose answer this is: a name among `calls`."
    )
    answer = forms.CharField(
        required=False, widget=UnfoldAdminTextareaWidget(attrs=ANSWER), max_length=1_000_000,
        help_text="Pasted; or leave it to “Fetch and try”.",
    )  # fmt: skip
    names = forms.CharField(
        required=False, widget=UnfoldAdminTextInputWidget(), initial="{}",
        help_text='What was kept before, as JSON: {"device": "…", "site": "…"}.',
    )  # fmt: skip
    reason = forms.CharField(required=False, widget=UnfoldAdminTextInputWidget(), help_text="Goes into the history.")


class StartForm(forms.Form):
    start = forms.ChoiceField(label="Begin with", required=False, widget=UnfoldAdminSelectWidget())

    def __init__(self, cloud: ConnectorDocument) -> None:
        super().__init__()
        folder = registry.PATTERNS[cloud.connector].shipped
        names = shipped.names(folder) if folder else []
        self.fields["start"].choices = [("", "the present document"), *((name, name) for name in names)]  # type: ignore[attr-defined]


@admin.register(ConnectorDocument)
class ConnectorDocumentAdmin(ReadOnlyAdmin):
    list_display = ("name", "partner", "oem", "health", "changed")
    list_filter = (("partner", RelatedDropdownFilter),)
    list_select_related = ("partner", "standing")
    search_fields = ("name",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(connector__in=registry.WITH_A_DOCUMENT)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.post_view)
        return [path("<path:object_id>/write/", view, name="devices_connectordocument_write"), *super().get_urls()]

    @display(description="OEM")
    def oem(self, cloud: ConnectorDocument) -> str:
        return str(cloud.document.get("name", "")) or "no document yet"

    @display(description="Answers")
    def health(self, cloud: ConnectorDocument) -> str:
        standing = getattr(cloud, "standing", None)
        if standing is None:
            return "not asked yet"
        return badge("fails", "danger") if standing.failures else badge("well", "success")

    @display(description="Changed")
    def changed(self, cloud: ConnectorDocument) -> str:
        return at(cloud.updated_at)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        cloud = self._cloud(request, object_id)
        start = request.GET.get("start", "")
        folder = registry.PATTERNS[cloud.connector].shipped
        raw = shipped.document(start, folder) if folder and start in shipped.names(folder) else cloud.document
        text = json.dumps(raw, indent=2, ensure_ascii=False) if raw else ""
        return self._page(request, cloud, DocumentForm(initial={"document": text, "names": "{}"}))

    def post_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        cloud = self._cloud(request, object_id)
        if request.method != "POST" or not request.user.has_perm(WRITE):
            raise PermissionDenied
        form = DocumentForm(request.POST)
        if not form.is_valid():
            return self._page(request, cloud, form)
        try:
            if "save" in request.POST:
                return self._save(request, cloud, form.cleaned_data)
            return self._try(request, cloud, form, is_fetched="fetch" in request.POST)
        except DocumentError as wrong:
            return self._page(request, cloud, form, faults=wrong.faults)
        except Refusal as refusal:
            messages.error(request, f"{refusal.detail} Nothing was changed.")
            return self._page(request, cloud, form)

    def _save(self, request: HttpRequest, cloud: ConnectorDocument, given: dict[str, str]) -> HttpResponse:
        raw = documents.json_of(given["document"], what="document")
        by = actors.staff(user_id=cast(User, request.user).pk, name=request.user.get_username())
        documents.read(cloud, given["document"])  # all its faults are shown, where the verb would tell the first
        happened = documents.put_into_force(cloud, raw, reason=given["reason"], now=clock.now(), by=by)
        messages.success(request, happened)
        return redirect(reverse("admin:devices_connectordocument_change", args=(cloud.pk,)))

    def _try(
        self, request: HttpRequest, cloud: ConnectorDocument, form: DocumentForm, *, is_fetched: bool
    ) -> HttpResponse:
        given, now = form.cleaned_data, clock.now()
        document = documents.read(cloud, given["document"])
        names = documents.json_of(given["names"] or "{}", what="list of names")
        if given["call"] not in document.calls or not isinstance(names, dict):
            raise Refusal("validation_failed", f"Say which call: one of {', '.join(document.calls)}.")
        if is_fetched:
            answer = documents.fetch(cloud, document, given["call"], names=names, now=now)
            text = json.dumps(answer, indent=2, ensure_ascii=False)
            form = DocumentForm({**given, "answer": text})
        else:
            answer = documents.json_of(given["answer"], what="answer")
        trial = attempt(document, given["call"], answer, kept=names, now=now)
        return self._page(request, cloud, form, trial=trial, faults=trial.faults)

    def _cloud(self, request: HttpRequest, object_id: str) -> ConnectorDocument:
        cloud = self.get_object(request, object_id)
        if cloud is None or not self.has_view_permission(request, cloud):
            raise PermissionDenied
        found: ConnectorDocument = cloud
        return found

    def _page(
        self, request: HttpRequest, cloud: ConnectorDocument, form: DocumentForm, *,
        trial: Trial | None = None, faults: list[Fault] | None = None,
    ) -> HttpResponse:  # fmt: skip
        context = {
            **self.admin_site.each_context(request),
            "title": "Connector document",
            "subtitle": str(cloud),
            "opts": self.opts,
            "original": cloud,
            "form": form,
            "start": StartForm(cloud),
            "trial": trial,
            "faults": faults,
            "may_write": request.user.has_perm(WRITE),
            "media": self.media,
        }
        answer = TemplateResponse(request, "admin/devices/connectordocument/detail.html", context)
        answer["Cache-Control"] = "no-store"
        return answer
