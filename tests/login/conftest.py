"""Somebody with a password, who logs in by the form as people do."""

import time

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django_otp.oath import totp

from tests.admin.conftest import administrator, carry_out, said

__all__ = ["administrator", "carry_out", "said"]  # fixtures of the console's tests
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _passwords_cost_nothing(settings):
    """Dozens are tried here, at half a second each."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def rita(db):
    return User.objects.create_superuser("rita", password=PASSWORD)


@pytest.fixture
def log_in():
    """A client, and the answer to its log-in."""

    def by_form(name="rita", password=PASSWORD, client=None):
        client = client or Client()
        return client, client.post("/admin/login/?next=/admin/", {"username": name, "password": password})

    return by_form


def code_of(device):
    """What the authenticator shows."""
    return f"{totp(device.bin_key):06d}"


def wrong_code(device):
    shown = {totp(device.bin_key, drift=step) for step in (-2, -1, 0, 1, 2)}
    return next(f"{each:06d}" for each in range(7) if each not in shown)


@pytest.fixture
def wait_for_the_next_code():
    """A code is good once: the next step's is within the tolerance already."""
    return lambda device: f"{totp(device.bin_key, drift=device.last_t - int(time.time()) // 30 + 1):06d}"
