"""Who works here, what they did, and the jobs.

The queue's own tables and the keys of second factors are no page: those are signed pickles, these are secrets.
"""

from django.contrib import admin
from django.contrib.auth.models import Group, User
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_q.models import Failure, OrmQ, Schedule, Success

for table in (Failure, OrmQ, Schedule, Success, User, Group, StaticDevice, TOTPDevice):
    if admin.site.is_registered(table):
        admin.site.unregister(table)

from texture_portal.admin.acts import ActAdmin  # noqa: E402  # registers anew what was unregistered above
from texture_portal.admin.keys import KeysAdmin  # noqa: E402
from texture_portal.admin.looks import LookAdmin  # noqa: E402
from texture_portal.admin.people import StaffAdmin, TeamAdmin  # noqa: E402
from texture_portal.admin.workers import WorkersAdmin  # noqa: E402

__all__ = ["ActAdmin", "KeysAdmin", "LookAdmin", "StaffAdmin", "TeamAdmin", "WorkersAdmin"]
