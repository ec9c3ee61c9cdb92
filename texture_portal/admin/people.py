"""Who works here: users and groups. What they may do, and a change of it, is on record."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from texture_portal.console.verbs import Verb, VerbsMixin
from texture_portal.login import lock_out, open_sessions, second_factor, standing
from texture_portal.models import StaffSession

CHANGE = "auth.change_user"


class StandingOnRecord:
    """What is granted and taken away by the page is an administrative act."""

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        request.standing_before = standing.of(obj) if change else {}
        super().save_model(request, obj, form, change)  # type: ignore[misc]

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)  # type: ignore[misc]
        standing.note_change(form.instance, before=request.standing_before, by=request.user)


def _lift(user: User, given: dict[str, Any], now: datetime, by: User) -> str:
    forgotten = lock_out.lift(user, reason=given["reason"], now=now, by=by)
    return f"{user} may try again." if forgotten else f"{user} was not locked out."


def _take_away(user: User, given: dict[str, Any], now: datetime, by: User) -> str:
    second_factor.take_away(user, reason=given["reason"], now=now, by=by)
    return f"{user} sets up a new second factor with the next log-in."


def _end_sessions(user: User, given: dict[str, Any], now: datetime, by: User) -> str:
    ended = open_sessions.end(user, StaffSession.objects.all(), now=now, by=by, reason=given["reason"])
    return f"{ended} sessions of {user} were ended." if ended else f"{user} was not logged in."


@admin.register(User)
class StaffAdmin(VerbsMixin, StandingOnRecord, UserAdmin, ModelAdmin):  # type: ignore[type-arg]  # not generic
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    change_form_outer_after_template = "console/verbs_below.html"
    verbs = (
        Verb("lift-lock", "Lift the lock-out", "After wrong passwords: it may try again at once.", CHANGE, _lift),
        Verb(
            "take-second-factor",
            "Take the second factor away",
            "For whoever lost the authenticator and the recovery codes. Make sure that it is they who ask.",
            CHANGE,
            _take_away,
            fits=lambda user: second_factor.authenticator_of(user) is not None,
            is_final=True,
        ),
        Verb(
            "end-sessions", "End all sessions", "Wherever it is logged in: it must log in anew.", CHANGE, _end_sessions
        ),
    )

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        """Whoever acted stays: the history names them. Deactivate instead."""
        return False

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        user = self.get_object(request, object_id)
        shown = {"verbs": self.buttons(request, user)} if user else {}
        kwargs["extra_context"] = {**(kwargs.get("extra_context") or {}), **shown}
        page: HttpResponse = super().change_view(request, object_id, *args, **kwargs)
        return page


@admin.register(Group)
class TeamAdmin(StandingOnRecord, GroupAdmin, ModelAdmin):
    def delete_model(self, request: HttpRequest, obj: Group) -> None:
        before = standing.of(obj)
        gone = Group(pk=obj.pk, name=obj.name)
        super().delete_model(request, obj)
        standing.note_change(gone, before=before, by=request.user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Group]) -> None:
        for group in queryset:
            self.delete_model(request, group)
