"""The form of a utility's account numbers: the one thing of a utility that people declare."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from tests.factories import UtilityFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def page():
    utility = UtilityFactory()
    return utility, reverse("admin:territories_utility_change", args=[utility.pk])


TERRITORIES = {"territories-TOTAL_FORMS": 0, "territories-INITIAL_FORMS": 0}


def test_an_administrator_declares_it(client, page):
    client.force_login(User.objects.create_superuser("root"))
    utility, url = page
    answer = client.post(url, {"account_number_form": r"\d{10}", "name": "Other", **TERRITORIES})
    assert answer.status_code == 302
    before = utility.name
    utility.refresh_from_db()
    assert (utility.account_number_form, utility.name) == (r"\d{10}", before)


def test_one_that_could_keep_a_process_busy_is_refused_with_what_would_do(client, page):
    client.force_login(User.objects.create_superuser("root"))
    utility, url = page
    answer = client.post(url, {"account_number_form": "(a+)+", **TERRITORIES})
    assert "Use letters, digits" in answer.content.decode()
    utility.refresh_from_db()
    assert utility.account_number_form == ""


def test_who_may_only_look_declares_nothing(client, page):
    user = User.objects.create_user("viewer", is_staff=True)
    client.force_login(user)
    utility, url = page
    assert client.post(url, {"account_number_form": r"\d{10}", **TERRITORIES}).status_code == 403
    utility.refresh_from_db()
    assert utility.account_number_form == ""
