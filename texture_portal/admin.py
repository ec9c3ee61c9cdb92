"""Who works here: users and groups. The queue's own tables are no page: what is in them is signed pickles."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django_q.models import Failure, OrmQ, Schedule, Success
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

for table in (Failure, OrmQ, Schedule, Success, User, Group):
    if admin.site.is_registered(table):
        admin.site.unregister(table)


@admin.register(User)
class StaffAdmin(UserAdmin, ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        """Whoever acted stays: the history names them. Deactivate instead."""
        return False


@admin.register(Group)
class TeamAdmin(GroupAdmin, ModelAdmin):
    pass
