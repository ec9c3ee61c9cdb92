"""What a copy of the database gives whoever has it: no second factor, no way in."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from tests.login.conftest import code_of
from texture_portal import clock
from texture_portal.login import second_factor
from texture_portal.models import Authenticator

pytestmark = pytest.mark.django_db

PAGE = "/admin/second-factor/"


def everything() -> str:
    """All text and all bytes (in hex) that are in the tables of log-ins."""
    found = []
    with connection.cursor() as cursor:
        for table in ("texture_portal_authenticator", "otp_totp_totpdevice", "otp_static_statictoken"):
            cursor.execute(f"SELECT held::text FROM {table} held")
            found += [row[0] for row in cursor.fetchall()]
    return "\n".join(found)


def test_no_copy_of_the_database_is_a_second_factor(settings):
    settings.REQUIRE_SECOND_FACTOR = True
    client = Client()
    client.force_login(User.objects.create_superuser("rita"))
    client.get(PAGE)
    device = Authenticator.objects.get()
    codes = client.post(PAGE, {"code": code_of(device)}).context["codes"]
    kept = everything()
    assert str(device.pk) in kept
    assert device.bin_key.hex() not in kept
    assert StaticToken.objects.count() == len(codes) == 10
    for code in codes:
        assert code.replace("-", "") not in kept
    stolen = StaticToken.objects.first().token
    thief = Client()
    thief.force_login(device.user)
    assert "not the code" in thief.post(PAGE, {"code": stolen}).content.decode()
    assert StaticToken.objects.count() == 10


def test_who_had_a_second_factor_before_goes_on_with_it():
    user = User.objects.create_superuser("rita")
    TOTPDevice.objects.create(user=user, key="ab" * 20, confirmed=True, last_t=7)
    StaticToken.objects.create(device=StaticDevice.objects.create(user=user), token="abcdefgh23456723")
    import_module("texture_portal.migrations.0025_seal_authenticators").seal(apps, None)
    device = Authenticator.objects.get()
    assert (device.user, device.confirmed, device.last_t, device.bin_key) == (user, True, 7, b"\xab" * 20)
    assert not TOTPDevice.objects.exists()
    request = Client().get("/admin/login/").wsgi_request
    request.user = user
    assert second_factor.prove(request, user, code="abcdefgh-23456723", now=clock.now())
    assert not StaticToken.objects.exists()
