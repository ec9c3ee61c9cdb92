"""Uploading files of enrollments for a partner without an API: the template, the dry run, the run, the result."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from enrollments.admin import import_page as page
from enrollments.imports import keeping, results, running, sheets, templates
from enrollments.imports.columns import COLUMNS
from enrollments.imports.keeping import AlreadyUploadedError
from enrollments.models import EnrollmentFile, FileRow
from partners.models import Partner
from texture_portal import clock
from texture_portal.console.marks import at
from texture_portal.console.pages import DetailAdmin
from texture_portal.console.search import BigTable, as_uuid
from texture_portal.console.verbs import Verb
from texture_portal.refusals import Refusal

RUN = "enrollments.run_enrollmentfile"
HEAD = 4096  # bytes that are looked at before a file is kept
ERASE = "enrollments.erase_enrollmentfile"
Status = EnrollmentFile.Status


class UploadForm(forms.Form):
    partner = forms.ModelChoiceField(
        queryset=Partner.objects.filter(status=Partner.Status.ACTIVE), widget=UnfoldAdminSelectWidget
    )
    file = forms.FileField(
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.xlsx"}),
        help_text="CSV in UTF-8, or Excel (.xlsx). Nothing is enrolled yet: it is checked first.",
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        head = file.read(HEAD)
        file.seek(0)
        if not sheets.is_what_its_name_says(file.name, head):
            raise forms.ValidationError("The file is not what its name says. Remedy: save it as .xlsx or “CSV UTF-8”.")
        return file


def _start(file: EnrollmentFile, given: dict[str, Any], now: datetime, user: User) -> str:
    running.start(file, reason=given["reason"], now=now, user=user)
    return "The rows that are ready are being enrolled."


def _stop(file: EnrollmentFile, given: dict[str, Any], now: datetime, user: User) -> str:
    running.stop(file, reason=given["reason"], user=user)
    return "Stopped. What is enrolled stays; the rest waits."


def _erase(file: EnrollmentFile, given: dict[str, Any], now: datetime, user: User) -> str:
    keeping.erase(file, reason=given["reason"], now=now, user=user)
    return "What was in the file is erased. What became of each row stays."


VERBS = (
    Verb(
        "start",
        "Enroll the rows that are ready",
        "Faulty ones are left out. It goes on in the background, also when you leave this page.",
        RUN,
        _start,
        fits=lambda file: file.status == Status.CHECKED and file.erased_at is None,
    ),
    Verb(
        "stop",
        "Stop",
        "What is enrolled stays; the rest waits.",
        RUN,
        _stop,
        fits=lambda file: file.status == Status.RUNNING,
    ),
    Verb(
        "erase",
        "Erase what was in the file",
        "For good. What became of each row, and the enrollments, stay.",
        ERASE,
        _erase,
        fits=lambda file: file.status not in keeping.BUSY and file.erased_at is None,
        is_final=True,
    ),
)


@admin.register(EnrollmentFile)
class EnrollmentFileAdmin(BigTable, DetailAdmin):
    detail_template = "admin/enrollments/enrollmentfile/detail.html"
    list_display = ("name", "partner", "status_mark", "uploaded_by", "uploaded")
    list_filter = (("status", ChoicesDropdownFilter), ("partner", RelatedDropdownFilter))
    list_select_related = ("partner", "uploaded_by")
    search_help_text = "Whole name or id of a file, its digest, or the id of a row"
    ordering = ("-id",)
    sortable_by = ()
    verbs = VERBS

    def named(self, term: str) -> Q:
        wanted, identifier = Q(name=term), as_uuid(term)
        if identifier is not None:
            rows = FileRow.objects.filter(pk=identifier).values_list("file_id", flat=True)
            wanted |= Q(pk=identifier) | Q(pk__in=list(rows))
        if len(term) == 64 and all(each in "0123456789abcdef" for each in term):
            wanted |= Q(digest=bytes.fromhex(term))
        return wanted

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("template.<str:kind>", view(self.template_view), name="enrollments_enrollmentfile_template"),
            path("<uuid:file_id>/result.csv", view(self.result_view), name="enrollments_enrollmentfile_result"),
            *super().get_urls(),
        ]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("enrollments.add_enrollmentfile")

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
        if getattr(request, "upload_was_too_large", False):
            form.add_error(None, f"The file is larger than {keeping.largest() // 1024**2} MiB. Remedy: split it.")
        elif form.is_valid() and (answer := self._uploaded(request, form)):
            return answer
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "media": self.media,
            "title": "Upload a file of enrollments",
            "form": form,
            "columns": COLUMNS,
        }
        return TemplateResponse(request, "admin/enrollments/enrollmentfile/upload.html", context)

    def _uploaded(self, request: HttpRequest, form: UploadForm) -> HttpResponse | None:
        given, user = form.cleaned_data, request.user
        try:
            file = keeping.upload(
                given["file"].chunks(),
                name=given["file"].name,
                partner=given["partner"],
                now=clock.now(),
                user=user,  # type: ignore[arg-type]
            )
        except AlreadyUploadedError as known:
            messages.warning(request, known.detail)
            return redirect(self._page(known.file))
        except Refusal as refusal:
            form.add_error(None, refusal.detail)
            return None
        messages.success(request, "The file is kept, and being checked.")
        return redirect(self._page(file))

    def template_view(self, request: HttpRequest, kind: str) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        made = {"csv": (templates.as_csv, templates.CSV_TYPE), "xlsx": (templates.as_xlsx, templates.XLSX_TYPE)}
        if kind not in made:
            raise Http404
        make, content_type = made[kind]
        answer = HttpResponse(make(), content_type=content_type)
        answer["Content-Disposition"] = f'attachment; filename="enrollments.{kind}"'
        return answer

    def result_view(self, request: HttpRequest, file_id: Any) -> StreamingHttpResponse:
        file = self.get_object(request, str(file_id))
        if not self.has_view_permission(request, file):
            raise PermissionDenied
        if file is None:
            raise Http404
        answer = StreamingHttpResponse(results.lines(file), content_type=templates.CSV_TYPE)
        answer["Content-Disposition"] = f'attachment; filename="result-{file.pk}.csv"'
        answer["Cache-Control"] = "no-store"
        return answer

    def detail_context(self, request: HttpRequest, subject: EnrollmentFile) -> dict[str, Any]:
        result = reverse("admin:enrollments_enrollmentfile_result", args=(subject.pk,))
        return page.context(subject) | {"result_url": result}

    @display(description="Status", label=page.MARKS)
    def status_mark(self, file: EnrollmentFile) -> tuple[str, str]:
        return file.status, file.get_status_display()

    @display(description="Uploaded")
    def uploaded(self, file: EnrollmentFile) -> str:
        return at(file.uploaded_at)
