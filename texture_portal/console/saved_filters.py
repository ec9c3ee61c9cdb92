"""Filters that a user keeps for a list, and calls up again by one click."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict
from django.shortcuts import redirect
from django.urls import reverse

from texture_portal.models import SavedFilter

MOST = 30  # of one user, for one list
NOT_KEPT = ("q", "p", "csrfmiddlewaretoken")  # what is searched for is often a person


def kept_query(given: QueryDict) -> str:
    query = given.copy()
    for name in list(query):
        if name in NOT_KEPT or not query[name]:
            query.pop(name)
    return query.urlencode()


def shown(request: HttpRequest, label: str, page: str) -> dict[str, Any]:
    """For the template of a list: those that are kept, and what would be kept now."""
    user: Any = request.user
    now = kept_query(request.GET)
    rows = SavedFilter.objects.filter(user=user, table=label)
    kept = [(each, f"{page}?{each.query}", each.query == now) for each in rows]
    return {"saved": kept, "to_save": now, "table": label}


def save_view(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    user: Any = request.user
    label, name = request.POST.get("table", ""), request.POST.get("name", "").strip()[:60]
    page, query = _list_of(label), kept_query(QueryDict(request.POST.get("query", "")))
    if not name or not query or len(query) > 2000:
        messages.error(request, "Name it, and choose filters first. Nothing was kept.")
        return redirect(page)
    _keep(user, label, name, query)
    messages.success(request, f"“{name}” is kept for you.")
    return redirect(f"{page}?{query}")


def forget_view(request: HttpRequest, kept_id: int) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    user: Any = request.user
    kept = SavedFilter.objects.filter(user=user, pk=kept_id).first()
    if kept is None:
        raise Http404
    page = _list_of(kept.table)
    kept.delete()
    messages.success(request, f"“{kept.name}” is forgotten.")
    return redirect(page)


def _keep(user: User, label: str, name: str, query: str) -> None:
    SavedFilter.objects.update_or_create(user=user, table=label, name=name, defaults={"query": query})
    beyond = SavedFilter.objects.filter(user=user, table=label).order_by("-pk").values_list("pk", flat=True)[MOST:]
    SavedFilter.objects.filter(pk__in=list(beyond)).delete()


def _list_of(label: str) -> str:
    """Of a model that the console has."""
    for model in admin.site._registry:
        if model._meta.label_lower == label:
            return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    raise Http404
